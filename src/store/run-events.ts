import { sql } from 'kysely';
import { type ReceivedEvent, type RunStore } from '../run/ports.ts';
import { type Database } from './database.ts';
import { toJson } from './json.ts';
import { whenReachable } from './transient.ts';

/** Keeps one statement far below the protocol's 65,535 parameters. */
const ROWS_A_STATEMENT = 1000;

/** What a run's runner said, and how far it has been read. */
export function runEventStore({
  kysely,
}: Database): Pick<RunStore, 'appendEvents' | 'position' | 'readFromStart' | 'events'> {
  return {
    appendEvents: (runId, received) =>
      whenReachable(async () => {
        if (received.length <= ROWS_A_STATEMENT) return appendAtOnce(kysely, runId, received);
        await kysely.transaction().execute(async (transaction) => {
          for (let start = 0; start < received.length; start += ROWS_A_STATEMENT)
            await appendAtOnce(transaction, runId, received.slice(start, start + ROWS_A_STATEMENT));
        });
      }),
    position: (runId) =>
      whenReachable(async () => {
        const row = await kysely
          .selectFrom('runs')
          .select(['event_seq', 'event_offset'])
          .where('id', '=', runId)
          .executeTakeFirst();
        return { seq: row?.event_seq ?? 0, offset: Number(row?.event_offset ?? 0) };
      }),
    readFromStart: (runId) =>
      whenReachable(async () => {
        await kysely.updateTable('runs').set({ event_offset: 0 }).where('id', '=', runId).execute();
      }),
    events: (runId, afterSeq) =>
      whenReachable(async () => {
        const rows = await kysely
          .selectFrom('run_events')
          .select('event')
          .where('run_id', '=', runId)
          // The parameter is compared as a bigint: callers may pass any safe integer.
          .where('seq', '>', sql<number>`${afterSeq}::bigint`)
          .orderBy('seq')
          .execute();
        return rows.map(({ event }) => event);
      }),
  };
}

/** Events and position in one statement: all of it or nothing is stored, with one way to the server and back. */
async function appendAtOnce(
  database: Database['kysely'],
  runId: string,
  received: readonly ReceivedEvent[],
): Promise<void> {
  const last = received.at(-1);
  if (last === undefined) return;
  const { seq, offset } = last.position;
  const rows = received.map(({ event }) => ({ run_id: runId, seq: event.seq, event: toJson(event) }));
  await database
    .with('added', (added) =>
      added
        .insertInto('run_events')
        .values(rows)
        .onConflict((conflict) => conflict.doNothing()),
    )
    .updateTable('runs')
    .set({ event_seq: seq, event_offset: offset })
    .where('id', '=', runId)
    .where('event_seq', '<', seq)
    .execute();
}
