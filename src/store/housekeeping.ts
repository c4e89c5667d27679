import { setTimeout as sleep } from 'node:timers/promises';
import { type Log } from '../run/ports.ts';
import { withLock } from './advisory-lock.ts';
import { type Database } from './database.ts';

const RUNS_A_BATCH = 50;
const FIRST_AFTER_MS = 60_000;
const EVERY_MS = 6 * 60 * 60 * 1000;

export interface HousekeepingSettings {
  readonly database: Database;
  /** Age, counted from their end, at which runs lose their details. */
  readonly retentionMs: number;
  readonly log: Log;
}

/** Tidies up a minute from now and every six hours after that, until the returned function is called. */
export function startHousekeeping({ database, retentionMs, log }: HousekeepingSettings): () => Promise<void> {
  const stopping = new AbortController();
  const { signal } = stopping;
  const keep = async (): Promise<void> => {
    for (let pauseMs = FIRST_AFTER_MS; ; pauseMs = EVERY_MS) {
      await sleep(pauseMs, undefined, { signal, ref: false });
      await tidyUp(database, new Date(Date.now() - retentionMs), signal).catch((error: unknown) => {
        log.warn({ reason: String(error) }, 'housekeeping failed and is tried again later');
      });
    }
  };
  const kept = keep().catch(() => {});
  return async () => {
    stopping.abort();
    await kept;
  };
}

/**
 * Deletes jobs, events, results, model calls and sent webhooks of runs that finished before the moment, and executions
 * that were settled before it; the run and its outcome stay. PGlite has nothing that frees what was deleted, so its
 * files are vacuumed too.
 */
export async function tidyUp(database: Database, finishedBefore: Date, signal: AbortSignal): Promise<void> {
  await withLock(database, 'housekeeping', signal, async () => {
    while ((await stripRuns(database, finishedBefore)) === RUNS_A_BATCH) signal.throwIfAborted();
    await database.kysely
      .deleteFrom('webhook_outbox')
      .where((eb) => eb.or([eb('delivered_at', '<', finishedBefore), eb('dead_at', '<', finishedBefore)]))
      .execute();
    await database.kysely
      .deleteFrom('executions')
      .where((eb) =>
        eb.or([
          eb('settled_at', '<', finishedBefore),
          eb.and([eb('source_id', 'is not', null), eb('created_at', '<', finishedBefore)]),
        ]),
      )
      .execute();
    await database.kysely.deleteFrom('takeovers').where('taken_at', '<', finishedBefore).execute();
  });
  if (database.kind === 'pglite') await database.pool.query('vacuum');
}

/** One batch; returns how many runs it had. */
async function stripRuns({ kysely }: Database, finishedBefore: Date): Promise<number> {
  return kysely.transaction().execute(async (transaction) => {
    const rows = await transaction
      .updateTable('runs')
      .set({ stripped_at: new Date(), job: null })
      .where('id', 'in', (eb) =>
        eb
          .selectFrom('runs')
          .select('id')
          .where('finished_at', '<', finishedBefore)
          .where('stripped_at', 'is', null)
          .limit(RUNS_A_BATCH),
      )
      .returning('id')
      .execute();
    const ids = rows.map((row) => row.id);
    if (ids.length === 0) return 0;
    for (const table of ['run_events', 'run_results', 'model_calls', 'standalone_runs'] as const) {
      await transaction.deleteFrom(table).where('run_id', 'in', ids).execute();
    }
    return ids.length;
  });
}
