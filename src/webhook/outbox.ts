import { type OutgoingWebhook, type WebhookOutbox } from '../run/ports.ts';

/** One stored event that is about to be sent. */
export interface ClaimedWebhook {
  readonly event: OutgoingWebhook;
  readonly createdAt: Date;
  /** Attempts begun so far, this one included. */
  readonly attempts: number;
}

/** The table of outgoing events. Each method is one transaction and safe with several workers at once. */
export interface OutboxRows {
  /** Stores the event, due at once; an id that is there already changes nothing. */
  insertIfAbsent(event: OutgoingWebhook, now: Date): Promise<void>;
  /**
   * At most `limit` events that are due, the oldest first, for the caller alone until `leaseUntil`: after that
   * they are due again, so that a worker that died loses nothing. Counts the attempt. Of each run only the
   * oldest event that is neither delivered nor dead can be due, which keeps their order.
   */
  claimDue(now: Date, limit: number, leaseUntil: Date): Promise<readonly ClaimedWebhook[]>;
  markDelivered(id: string, now: Date): Promise<void>;
  /** Notes the error and when to try again; without a `nextAttemptAt` the event is dead as of `now`. */
  markFailed(id: string, error: string, nextAttemptAt: Date | null, now: Date): Promise<void>;
}

/** The outbox of a server. Without a receiver nobody would ever fetch the events, so none are stored. */
export function createOutbox(
  rows: OutboxRows,
  hasReceiver: boolean,
  now: () => Date = () => new Date(),
): WebhookOutbox {
  return {
    enqueue: async (event) => {
      if (hasReceiver) await rows.insertIfAbsent(event, now());
    },
  };
}
