import { lookup } from 'node:dns/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { type CallbackRules } from '../domain/callback-url.ts';
import { type Log } from '../run/ports.ts';
import { destinationOf, shownEndpoint } from './endpoint.ts';
import { type ClaimedWebhook, type OutboxRows } from './outbox.ts';
import { type Answer, post, type Resolve } from './post.ts';
import { assertReceiverUrl, createSigner } from './request.ts';
import { nextAttemptAt } from './schedule.ts';

export interface DeliverySettings {
  readonly rows: Pick<OutboxRows, 'claimDue' | 'markDelivered' | 'markFailed' | 'markGone'>;
  /** Shared secret in the form of Standard Webhooks: `whsec_` and base64. */
  readonly secret: string;
  /** Where the operator wants the events. */
  readonly receivers: readonly string[];
  /** What the callbacks of runs may be. */
  readonly callbacks: CallbackRules;
  readonly log: Log;
  /** The system's resolver unless given. */
  readonly resolve?: Resolve;
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

/** Events sent at once: a run's own go to a receiver one after the other. */
const AT_ONCE = 8;
/** Time to note the outcome of a request that took as long as it may. */
const LEASE_MARGIN_MS = 60_000;
const GONE = 410;

/**
 * Delivery at least once, in order within a run for each receiver, each event under the same id on every attempt.
 * 2xx is delivered; 410 ends the deliveries of the run to that receiver; anything else is tried again by the
 * schedule. Throws `webhook-misconfigured` for receivers that can never work.
 */
export function createDelivery(settings: DeliverySettings): Delivery {
  const { rows, log, timeoutMs = 15_000, pollMs = 1_000, now = () => new Date() } = settings;
  const sign = createSigner(settings.secret);
  for (const url of settings.receivers) assertReceiverUrl(url);
  const terms = { callbacks: settings.callbacks, resolve: settings.resolve ?? resolveBySystem, timeoutMs };

  const attempt = async (claimed: ClaimedWebhook, signal: AbortSignal): Promise<Answer> => {
    const destination = destinationOf(claimed.endpoint, settings.receivers);
    if (destination === null)
      return { error: 'the receiver is not in PTC_WEBHOOK_URL any more', forever: true };
    return post(destination, sign(claimed.event, claimed.createdAt, now()), terms, signal);
  };

  const settle = (claimed: ClaimedWebhook, answer: Answer): Promise<void> => {
    const { event, endpoint, attempts } = claimed;
    const key = { id: event.id, endpoint };
    const failure = failureIn(answer);
    if (failure === null) return rows.markDelivered(key, now());
    const { error, step } = failure;
    const next = step === 'retry' ? nextAttemptAt(attempts, now()) : null;
    const fields = { webhookId: event.id, endpoint: shownEndpoint(endpoint), attempts, error, next };
    log.warn(fields, next === null ? 'webhook given up' : 'webhook not delivered');
    return step === 'gone' ? rows.markGone(key, error, now()) : rows.markFailed(key, error, next, now());
  };

  const deliver = async (claimed: ClaimedWebhook, signal: AbortSignal): Promise<void> => {
    const answer = await attempt(claimed, signal).catch((error: unknown) => {
      // It stays claimed: when its lease ends, it is due again.
      if (signal.aborted) return null;
      throw error;
    });
    if (answer !== null) await settle(claimed, answer);
  };

  const claim = (limit: number): Promise<readonly ClaimedWebhook[]> =>
    rows.claimDue(now(), limit, new Date(now().getTime() + timeoutMs + LEASE_MARGIN_MS));

  const logged = (error: unknown): readonly never[] => {
    log.error({ error: String(error) }, 'the outbox of webhooks cannot be read or written');
    return [];
  };

  return {
    deliverDue: async (signal) => {
      const claimed = await claim(AT_ONCE);
      await Promise.all(claimed.map((one) => deliver(one, signal)));
      return claimed.length;
    },
    run: async (signal) => {
      // A receiver that hangs takes one place until it has failed; it does not hold the others up.
      const underWay = new Set<Promise<unknown>>();
      while (!signal.aborted) {
        const free = AT_ONCE - underWay.size;
        const claimed = free === 0 ? [] : await claim(free).catch(logged);
        for (const one of claimed) {
          const delivered = deliver(one, signal)
            .catch(logged)
            .finally(() => underWay.delete(delivered));
          underWay.add(delivered);
        }
        if (claimed.length === 0) await sleep(pollMs, undefined, { signal }).catch(() => undefined);
      }
      await Promise.all(underWay);
    },
  };
}

interface Failure {
  readonly error: string;
  /** `gone`: the receiver wants no more of the run. */
  readonly step: 'retry' | 'give-up' | 'gone';
}

/** Null when the event was taken. */
function failureIn(answer: Answer): Failure | null {
  if ('error' in answer) return { error: answer.error, step: answer.forever ? 'give-up' : 'retry' };
  const { status } = answer;
  if (status >= 200 && status < 300) return null;
  return { error: `HTTP ${status}`, step: status === GONE ? 'gone' : 'retry' };
}

const resolveBySystem: Resolve = async (host) =>
  (await lookup(host, { all: true })).map(({ address }) => address);
