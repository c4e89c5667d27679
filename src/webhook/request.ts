import { Webhook } from 'standardwebhooks';
import { PtcError } from '../domain/errors.ts';
import { type OutgoingWebhook } from '../run/ports.ts';

export interface WebhookRequest {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** One event as a signed request. The body is the same on every attempt, the signature covers `sentAt` too. */
export type Sign = (event: OutgoingWebhook, createdAt: Date, sentAt: Date) => WebhookRequest;

/**
 * A signer by the rules of Standard Webhooks; `secret` is `whsec_` and base64. Throws `webhook-misconfigured` for
 * what can never work.
 */
export function createSigner(secret: string): Sign {
  const webhook = openSecret(secret);
  return (event, createdAt, sentAt) => {
    const body = JSON.stringify({
      type: event.type,
      timestamp: createdAt.toISOString(),
      data: event.payload,
    });
    return {
      body,
      headers: {
        'content-type': 'application/json',
        'content-length': String(Buffer.byteLength(body)),
        'user-agent': 'PTC-Bot',
        'webhook-id': event.id,
        'webhook-timestamp': String(Math.floor(sentAt.getTime() / 1000)),
        'webhook-signature': webhook.sign(event.id, sentAt, body),
      },
    };
  };
}

/** Throws `webhook-misconfigured` unless the operator's receiver has an address that events can be sent to. */
export function assertReceiverUrl(url: string): void {
  const parsed = URL.canParse(url) ? new URL(url) : null;
  if (
    parsed === null ||
    !/^https?:$/.test(parsed.protocol) ||
    parsed.username !== '' ||
    parsed.password !== ''
  ) {
    throw misconfigured('The address is no plain http(s) URL, or carries a user name or password');
  }
}

function openSecret(secret: string): Webhook {
  try {
    return new Webhook(secret);
  } catch {
    throw misconfigured('The secret is not base64');
  }
}

function misconfigured(what: string): PtcError {
  return new PtcError({
    code: 'webhook-misconfigured',
    message: `${what}: no webhook can be sent.`,
    remedy:
      'Set PTC_WEBHOOK_URL to http(s) addresses and PTC_WEBHOOK_SECRET to `whsec_` and the output of `openssl rand -base64 32`.',
    retryable: false,
  });
}
