import { type DeadWebhook } from '../protocol/dead-webhooks.ts';
import { type DeadWebhooks, type OutgoingWebhook, type WebhookOutbox } from '../run/ports.ts';
import { endpointsFor, shownEndpoint } from './endpoint.ts';

/** One event for one receiver. */
export interface DeliveryKey {
  readonly id: string;
  /** See endpoint.ts. */
  readonly endpoint: string;
}

/** One stored event that is about to be sent. */
export interface ClaimedWebhook {
  readonly event: OutgoingWebhook;
  readonly endpoint: string;
  readonly createdAt: Date;
  /** Attempts begun so far, this one included. */
  readonly attempts: number;
}

/** The table of outgoing events. Each method is one transaction and safe with several workers at once. */
export interface OutboxRows {
  /**
   * Stores the event for the receiver, due at once, or dead when that receiver wants no more of the run; one that
   * is there already is not changed.
   */
  insertIfAbsent(event: OutgoingWebhook, endpoint: string, now: Date): Promise<void>;
  /**
   * At most `limit` events that are due, the oldest first, for the caller alone until `leaseUntil`: after that
   * they are due again, so that a worker that died loses nothing. Counts the attempt. Of a run's events for a
   * receiver only the oldest that is neither delivered nor dead can be due, which keeps their order.
   */
  claimDue(now: Date, limit: number, leaseUntil: Date): Promise<readonly ClaimedWebhook[]>;
  markDelivered(key: DeliveryKey, now: Date): Promise<void>;
  /** Notes the error and when to try again; without a `nextAttemptAt` the event is dead as of `now`. */
  markFailed(key: DeliveryKey, error: string, nextAttemptAt: Date | null, now: Date): Promise<void>;
  /** The receiver wants no more of the run of this event: what waits for it is dead, what comes is born dead. */
  markGone(key: DeliveryKey, error: string, now: Date): Promise<void>;
  /** The latest first. */
  listDead(limit: number): Promise<readonly DeadWebhook[]>;
  /** Makes the event due, with all its attempts, where it is dead; resolves to for how many receivers. */
  revive(id: string, now: Date): Promise<number>;
}

export interface Receivers {
  /** How many the operator named. */
  readonly ofOperator: number;
  /** False where nothing can be signed. */
  readonly callbacks: boolean;
}

/** The outbox of a server. What nobody would ever fetch is not stored. */
export function createOutbox(
  rows: Pick<OutboxRows, 'insertIfAbsent'>,
  { ofOperator, callbacks }: Receivers,
  now: () => Date = () => new Date(),
): WebhookOutbox {
  return {
    enqueue: async (event, callbackUrl) => {
      for (const endpoint of endpointsFor(ofOperator, callbacks ? callbackUrl : null))
        await rows.insertIfAbsent(event, endpoint, now());
    },
  };
}

/** What no receiver took, for the operator to look at. The address of a callback may hold a secret. */
export const createDeadWebhooks = (
  rows: Pick<OutboxRows, 'listDead' | 'revive'>,
  now: () => Date = () => new Date(),
): DeadWebhooks => ({
  list: async (limit) =>
    (await rows.listDead(limit)).map((dead) => ({ ...dead, endpoint: shownEndpoint(dead.endpoint) })),
  resend: (id) => rows.revive(id, now()),
});
