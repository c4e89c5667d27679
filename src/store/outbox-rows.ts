import { type ExpressionBuilder, sql } from 'kysely';
import { type ClaimedWebhook, type OutboxRows } from '../webhook/outbox.ts';
import { type Database } from './database.ts';
import { toJson, toText } from './json.ts';
import { type Tables } from './tables.ts';
import { whenReachable } from './transient.ts';

/** The table behind the outbox of webhooks; what its methods promise stands in webhook/outbox.ts. */
export function createOutboxRows(database: Database): OutboxRows {
  return { ...sending(database), ...outcomes(database), ...deadOnes(database) };
}

function sending({ kysely }: Database): Pick<OutboxRows, 'insertIfAbsent' | 'claimDue'> {
  return {
    insertIfAbsent: ({ id, runId, type, payload }, endpoint, now) =>
      whenReachable(async () => {
        await kysely
          .insertInto('webhook_outbox')
          .values((eb) => {
            const gone = eb
              .selectFrom('webhook_outbox as earlier')
              .where('earlier.run_id', '=', runId)
              .where('earlier.endpoint', '=', toText(endpoint))
              .where('earlier.gone_at', 'is not', null)
              .orderBy('earlier.ordinal', 'desc')
              .limit(1);
            return {
              id,
              endpoint: toText(endpoint),
              run_id: runId,
              type,
              payload: toJson(payload),
              created_at: now,
              next_attempt_at: now,
              dead_at: gone.select('earlier.gone_at'),
              last_error: gone.select('earlier.last_error'),
            };
          })
          .onConflict((conflict) => conflict.columns(['id', 'endpoint']).doNothing())
          .execute();
      }),
    claimDue: (now, limit, leaseUntil) => whenReachable(() => claimDue(kysely, { now, limit, leaseUntil })),
  };
}

function outcomes({ kysely }: Database): Pick<OutboxRows, 'markDelivered' | 'markFailed' | 'markGone'> {
  return {
    markDelivered: ({ id, endpoint }, now) =>
      whenReachable(async () => {
        await kysely
          .updateTable('webhook_outbox')
          .set({ delivered_at: now, dead_at: null, last_error: null })
          .where('id', '=', id)
          .where('endpoint', '=', toText(endpoint))
          .execute();
      }),
    markFailed: ({ id, endpoint }, error, nextAttemptAt, now) =>
      whenReachable(async () => {
        const when = nextAttemptAt ? { next_attempt_at: nextAttemptAt } : { dead_at: now };
        await kysely
          .updateTable('webhook_outbox')
          .set({ last_error: toText(error), ...when })
          .where('id', '=', id)
          .where('endpoint', '=', toText(endpoint))
          .where('delivered_at', 'is', null)
          .execute();
      }),
    markGone: ({ id, endpoint }, error, now) =>
      whenReachable(async () => {
        await kysely
          .updateTable('webhook_outbox')
          .set({ dead_at: now, gone_at: now, last_error: toText(error) })
          .where('endpoint', '=', toText(endpoint))
          .where('run_id', '=', (eb) =>
            eb.selectFrom('webhook_outbox as one').select('one.run_id').where('one.id', '=', id).limit(1),
          )
          .where('delivered_at', 'is', null)
          .where('dead_at', 'is', null)
          .execute();
      }),
  };
}

function deadOnes({ kysely }: Database): Pick<OutboxRows, 'listDead' | 'revive'> {
  return {
    listDead: (limit) =>
      whenReachable(async () => {
        const rows = await kysely
          .selectFrom('webhook_outbox')
          .select(['id', 'run_id', 'type', 'endpoint', 'attempts', 'dead_at', 'last_error'])
          .where('dead_at', 'is not', null)
          .orderBy('dead_at', 'desc')
          .orderBy('ordinal', 'desc')
          .limit(limit)
          .$narrowType<{ dead_at: Date }>()
          .execute();
        return rows.map((row) => ({
          id: row.id,
          runId: row.run_id,
          type: row.type,
          endpoint: row.endpoint,
          attempts: row.attempts,
          deadAt: row.dead_at.toISOString(),
          lastError: row.last_error,
        }));
      }),
    revive: (id, now) =>
      whenReachable(async () => {
        const { numUpdatedRows } = await kysely
          .updateTable('webhook_outbox')
          .set({ dead_at: null, gone_at: null, attempts: 0, next_attempt_at: now })
          .where('id', '=', toText(id))
          .where('dead_at', 'is not', null)
          .executeTakeFirst();
        return Number(numUpdatedRows);
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
): Promise<readonly ClaimedWebhook[]> {
  const rows = await kysely
    .with('due', (db) =>
      db
        .selectFrom('webhook_outbox as candidate')
        .select(['candidate.id', 'candidate.endpoint'])
        .where('candidate.delivered_at', 'is', null)
        .where('candidate.dead_at', 'is', null)
        .where('candidate.next_attempt_at', '<=', now)
        .where((eb) => eb.not(eb.exists(olderOf(eb))))
        .orderBy('candidate.ordinal')
        .limit(limit)
        .forUpdate()
        .skipLocked(),
    )
    .updateTable('webhook_outbox')
    .from('due')
    .whereRef('webhook_outbox.id', '=', 'due.id')
    .whereRef('webhook_outbox.endpoint', '=', 'due.endpoint')
    .set((eb) => ({ attempts: eb('attempts', '+', 1), next_attempt_at: leaseUntil }))
    .returningAll('webhook_outbox')
    .execute();
  return rows
    .toSorted((a, b) => Number(a.ordinal) - Number(b.ordinal))
    .map((row) => ({
      event: { id: row.id, runId: row.run_id, type: row.type, payload: row.payload },
      endpoint: row.endpoint,
      createdAt: row.created_at,
      attempts: row.attempts,
    }));
}

/** What the same receiver has to be told of the same run before. */
const olderOf = (eb: ExpressionBuilder<Tables & { candidate: Tables['webhook_outbox'] }, 'candidate'>) =>
  eb
    .selectFrom('webhook_outbox as older')
    .select(sql`1`.as('found'))
    .whereRef('older.run_id', '=', 'candidate.run_id')
    .whereRef('older.endpoint', '=', 'candidate.endpoint')
    .whereRef('older.ordinal', '<', 'candidate.ordinal')
    .where('older.delivered_at', 'is', null)
    .where('older.dead_at', 'is', null);
