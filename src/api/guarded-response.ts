import {
  type IncomingMessage,
  type OutgoingHttpHeader,
  type OutgoingHttpHeaders,
  ServerResponse,
} from 'node:http';
import { STYLE_SOURCE } from './pages/style.ts';

const ON_ALL: Readonly<Record<string, string>> = {
  'x-content-type-options': 'nosniff',
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'no-store',
};

/** Run pages show what strangers wrote: nothing in them may load, run, frame or submit anything. */
const ON_ALL_BUT_JSON: Readonly<Record<string, string>> = {
  ...ON_ALL,
  'content-security-policy': `default-src 'none'; style-src ${STYLE_SOURCE}; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
};

/**
 * An answer of the API listener. Its head gets what every answer must say of itself as it is written, over what a route
 * has said: so none goes without, be it one that no route made, and none is copied for it.
 */
export class GuardedResponse<Request extends IncomingMessage> extends ServerResponse<Request> {
  override writeHead(
    status: number,
    ...given: readonly (string | OutgoingHttpHeaders | OutgoingHttpHeader[] | undefined)[]
  ): this {
    const headers = given.find((each) => typeof each === 'object');
    if (Array.isArray(headers)) throw new TypeError('Headers are given by name.');
    return super.writeHead(status, guarded(headers ?? {}));
  }
}

function guarded(headers: OutgoingHttpHeaders): OutgoingHttpHeaders {
  const ours =
    (headers['Content-Type'] ?? headers['content-type']) === 'application/json' ? ON_ALL : ON_ALL_BUT_JSON;
  const all: OutgoingHttpHeaders = { ...ours };
  for (const name in headers) if (!Object.hasOwn(ours, name.toLowerCase())) all[name] = headers[name];
  return all;
}
