import { once } from 'node:events';
import http from 'node:http';
import https from 'node:https';
import { isIP } from 'node:net';
import { type CallbackRules, faultOfCallbackAddresses, faultOfCallbackUrl } from '../domain/callback-url.ts';
import { type Destination } from './endpoint.ts';
import { type WebhookRequest } from './request.ts';

/** All addresses of a name. */
export type Resolve = (host: string) => Promise<readonly string[]>;

export interface PostTerms {
  readonly callbacks: CallbackRules;
  readonly resolve: Resolve;
  readonly timeoutMs: number;
}

/** `forever`: no later attempt can go better. */
export type Answer = { readonly status: number } | { readonly error: string; readonly forever: boolean };

/**
 * One attempt: the name is looked up once, what is found is judged, and the connection goes there and nowhere
 * else. Redirects are not followed and of the answer only the status is read. Rejects only when `signal` aborts.
 */
export async function post(
  destination: Destination,
  request: WebhookRequest,
  terms: PostTerms,
  signal: AbortSignal,
): Promise<Answer> {
  const { timeoutMs, callbacks } = terms;
  const fault = destination.trusted ? null : faultOfCallbackUrl(destination.url, callbacks);
  if (fault !== null) return { error: `the callback’s address ${fault}`, forever: true };
  const timeout = AbortSignal.timeout(timeoutMs);
  const either = AbortSignal.any([signal, timeout]);
  try {
    const url = new URL(destination.url);
    const addresses = await addressesOf(url, terms.resolve, either);
    const leadsTo = destination.trusted ? null : faultOfCallbackAddresses(url, addresses, callbacks);
    if (leadsTo !== null) return { error: `the callback’s address ${leadsTo}`, forever: false };
    return { status: await statusOf(url, addresses, request, either) };
  } catch (error) {
    signal.throwIfAborted();
    if (timeout.aborted) return { error: `no answer within ${timeoutMs} ms`, forever: false };
    return { error: `no connection (${codeOf(error)})`, forever: false };
  }
}

async function addressesOf(url: URL, resolve: Resolve, signal: AbortSignal): Promise<readonly string[]> {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  if (isIP(host) !== 0) return [host];
  const aborted = once(signal, 'abort').then(() => {
    throw signal.reason;
  });
  return Promise.race([resolve(host), aborted]);
}

function statusOf(
  url: URL,
  addresses: readonly string[],
  { headers, body }: WebhookRequest,
  signal: AbortSignal,
): Promise<number> {
  const { request } = url.protocol === 'https:' ? https : http;
  const found = addresses.map((address) => ({ address, family: isIP(address) }));
  return new Promise((resolve, reject) => {
    const asked = request(url, {
      method: 'POST',
      headers,
      // A connection of its own: one kept open would have been judged by another event's rules.
      agent: false,
      lookup: (_host, _options, answer) => answer(null, found),
      signal,
    });
    asked.on('error', reject);
    asked.once('response', ({ statusCode = 0 }) => {
      resolve(statusCode);
      asked.destroy();
    });
    asked.end(body);
  });
}

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
