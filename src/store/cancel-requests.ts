import { type RunStore } from '../run/ports.ts';
import { type Database } from './database.ts';
import { whenReachable } from './transient.ts';

/** Who asked for which run to be cancelled. */
export function cancelRequestStore({ kysely }: Database): Pick<RunStore, 'cancelRequestedBy'> {
  const ask = (): Promise<ReadonlyMap<string, string>> =>
    whenReachable(async () => {
      const rows = await kysely
        .selectFrom('runs')
        .select(['id', 'cancel_requested_by'])
        .where('finished_at', 'is', null)
        .where('cancel_requested_by', 'is not', null)
        .execute();
      return new Map(rows.map((row) => [row.id, row.cancel_requested_by ?? '']));
    });
  let asked: Promise<ReadonlyMap<string, string>> | null = null;
  return {
    // All runs that are followed ask at the same moment (see cancellation.ts), and one statement answers them.
    cancelRequestedBy: async (runId) => {
      asked ??= ask().finally(() => {
        asked = null;
      });
      return (await asked).get(runId) ?? null;
    },
  };
}
