import { type CallbackRules, faultOfCallbackUrl } from '../domain/callback-url.ts';
import { PtcError } from '../domain/errors.ts';

/** How the operator lets callbacks be used; null where none can be signed, so that there are none. */
export type CallbackPolicy = CallbackRules | null;

/**
 * The address of a callback, if it may be tried.
 * @param field where it stands in the request
 * @throws PtcError `callback-refused`
 */
export function callbackUrlOf(url: string, field: string, callbacks: CallbackPolicy): string {
  if (callbacks === null) {
    throw refused(
      `${field} cannot be used: this server signs no webhooks.`,
      `Leave ${field} out, or let the operator set PTC_WEBHOOK_SECRET.`,
    );
  }
  const fault = faultOfCallbackUrl(url, callbacks);
  if (fault === null) return new URL(url).href;
  throw refused(
    `${field} ${fault}.`,
    'Send an https address without user name and password that others can reach.',
  );
}

const refused = (message: string, remedy: string): PtcError =>
  new PtcError({ code: 'callback-refused', message, remedy, retryable: false });
