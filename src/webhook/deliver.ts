import { setTimeout as sleep } from 'node:timers/promises';
import { type Log } from '../run/ports.ts';
import { type ClaimedWebhook, type OutboxRows } from './outbox.ts';
import { createSigner, type Sign, type WebhookReceiver } from './request.ts';
import { nextAttemptAt } from './schedule.ts';

export interface DeliverySettings {
  readonly rows: OutboxRows;
  readonly receiver: WebhookReceiver;
  readonly log: Log;
  /** A receiver that has not answered by then has failed. */
  readonly timeoutMs?: number;
  /** How often the table is looked at. */
  readonly pollMs?: number;
  readonly now?: () => Date;
}

export interface Delivery {
  /** Sends what is due, once, and resolves to how many events that were. */
  deliverDue(signal: AbortSignal): Promise<number>;
  /** Sends what becomes due until `signal` aborts; never rejects. */
  run(signal: AbortSignal): Promise<void>;
}

/** Events sent at once: of different runs, since a run's own go one after the other. */
const AT_ONCE = 8;
/** Time to note the outcome of a request that took as long as it may. */
const LEASE_MARGIN_MS = 60_000;

/**
 * Delivery at least once, in order within a run, each event under the same id on every attempt. 2xx is
 * delivered; 410 ends the attempts; anything else is tried again by the schedule.
 * Throws `webhook-misconfigured` for a receiver that can never work.
 */
export function createDelivery(settings: DeliverySettings): Delivery {
  const { rows, receiver, log, timeoutMs = 15_000, pollMs = 1_000, now = () => new Date() } = settings;
  const sign = createSigner(receiver);

  const deliver = async (claimed: ClaimedWebhook, signal: AbortSignal): Promise<void> => {
    const { event, attempts } = claimed;
    const outcome = await send(receiver.url, sign, claimed, now(), timeoutMs, signal);
    if (outcome === 'aborted') return;
    if (outcome === 'delivered') return rows.markDelivered(event.id, now());
    const next = outcome.final ? null : nextAttemptAt(attempts, now());
    const fields = { webhookId: event.id, runId: event.runId, attempts, error: outcome.error, next };
    log.warn(fields, next === null ? 'result webhook given up' : 'result webhook not delivered');
    return rows.markFailed(event.id, outcome.error, next, now());
  };

  const deliverDue = async (signal: AbortSignal): Promise<number> => {
    const leaseUntil = new Date(now().getTime() + timeoutMs + LEASE_MARGIN_MS);
    const claimed = await rows.claimDue(now(), AT_ONCE, leaseUntil);
    await Promise.all(claimed.map((one) => deliver(one, signal)));
    return claimed.length;
  };

  return {
    deliverDue,
    run: async (signal) => {
      while (!signal.aborted) {
        const sent = await deliverDue(signal).catch((error: unknown) => {
          log.error({ error: String(error) }, 'the outbox of result webhooks cannot be read or written');
          return 0;
        });
        if (sent === 0) await sleep(pollMs, undefined, { signal }).catch(() => undefined);
      }
    },
  };
}

/** `aborted` leaves the event claimed: it is due again when its lease ends. */
type SendOutcome = 'delivered' | 'aborted' | { readonly error: string; readonly final: boolean };

async function send(
  url: string,
  sign: Sign,
  claimed: ClaimedWebhook,
  sentAt: Date,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<SendOutcome> {
  const { headers, body } = sign(claimed.event, claimed.createdAt, sentAt);
  const timeout = AbortSignal.timeout(timeoutMs);
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers,
      body,
      // A redirect is a receiver that moved: the operator has to say where to.
      redirect: 'manual',
      signal: AbortSignal.any([signal, timeout]),
    });
    await response.body?.cancel();
    if (response.ok) return 'delivered';
    return { error: `HTTP ${response.status}`, final: response.status === 410 };
  } catch (error) {
    if (signal.aborted) return 'aborted';
    if (timeout.aborted) return { error: `no answer within ${timeoutMs} ms`, final: false };
    return { error: connectionError(error), final: false };
  }
}

function connectionError(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown';
  return `no connection (${code})`;
}
