import { sql } from 'kysely';
import { type OutgoingWebhook } from '../run/ports.ts';
import { type Database } from './database.ts';
import { toJson, toText } from './json.ts';
import { whenReachable } from './transient.ts';

/** One stored event that its claimer is about to send; `attempts` counts this one too. */
interface ClaimedRow {
  readonly event: OutgoingWebhook;
  readonly createdAt: Date;
  readonly attempts: number;
}

/** The table behind the outbox of result webhooks; what its methods promise stands in webhook/outbox.ts. */
interface OutboxTable {
  insertIfAbsent(event: OutgoingWebhook, now: Date): Promise<void>;
  claimDue(now: Date, limit: number, leaseUntil: Date): Promise<readonly ClaimedRow[]>;
  markDelivered(id: string, now: Date): Promise<void>;
  markFailed(id: string, error: string, nextAttemptAt: Date | null, now: Date): Promise<void>;
}

export function createOutboxRows({ kysely }: Database): OutboxTable {
  return {
    insertIfAbsent: ({ id, runId, type, payload }, now) =>
      whenReachable(async () => {
        await kysely
          .insertInto('webhook_outbox')
          .values({
            id,
            run_id: runId,
            type,
            payload: toJson(payload),
            created_at: now,
            next_attempt_at: now,
          })
          .onConflict((conflict) => conflict.column('id').doNothing())
          .execute();
      }),
    claimDue: (now, limit, leaseUntil) => whenReachable(() => claimDue(kysely, { now, limit, leaseUntil })),
    markDelivered: (id, now) =>
      whenReachable(async () => {
        await kysely
          .updateTable('webhook_outbox')
          .set({ delivered_at: now, last_error: null })
          .where('id', '=', id)
          .execute();
      }),
    markFailed: (id, error, nextAttemptAt, now) =>
      whenReachable(async () => {
        const when = nextAttemptAt ? { next_attempt_at: nextAttemptAt } : { dead_at: now };
        await kysely
          .updateTable('webhook_outbox')
          .set({ last_error: toText(error), ...when })
          .where('id', '=', id)
          .where('delivered_at', 'is', null)
          .execute();
      }),
  };
}

interface ClaimRequest {
  readonly now: Date;
  readonly limit: number;
  readonly leaseUntil: Date;
}

/** One statement: rows that another worker is claiming are skipped, not waited for. */
async function claimDue(
  kysely: Database['kysely'],
  { now, limit, leaseUntil }: ClaimRequest,
): Promise<readonly ClaimedRow[]> {
  const rows = await kysely
    .with('due', (db) =>
      db
        .selectFrom('webhook_outbox as candidate')
        .select('candidate.id')
        .where('candidate.delivered_at', 'is', null)
        .where('candidate.dead_at', 'is', null)
        .where('candidate.next_attempt_at', '<=', now)
        .where((eb) =>
          eb.not(
            eb.exists(
              eb
                .selectFrom('webhook_outbox as older')
                .select(sql`1`.as('found'))
                .whereRef('older.run_id', '=', 'candidate.run_id')
                .whereRef('older.ordinal', '<', 'candidate.ordinal')
                .where('older.delivered_at', 'is', null)
                .where('older.dead_at', 'is', null),
            ),
          ),
        )
        .orderBy('candidate.ordinal')
        .limit(limit)
        .forUpdate()
        .skipLocked(),
    )
    .updateTable('webhook_outbox')
    .from('due')
    .whereRef('webhook_outbox.id', '=', 'due.id')
    .set((eb) => ({ attempts: eb('attempts', '+', 1), next_attempt_at: leaseUntil }))
    .returningAll('webhook_outbox')
    .execute();
  return rows
    .toSorted((a, b) => Number(a.ordinal) - Number(b.ordinal))
    .map((row) => ({
      event: { id: row.id, runId: row.run_id, type: row.type, payload: row.payload },
      createdAt: row.created_at,
      attempts: row.attempts,
    }));
}
