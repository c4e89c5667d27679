import { afterNews, NOTHING_HEARD } from '../domain/workspace-news.ts';
import { type StandaloneRuns } from '../run/ports.ts';
import { type Database } from './database.ts';
import { toJson, toText } from './json.ts';
import { whenReachable } from './transient.ts';

export function createStandaloneRuns({ kysely }: Database): StandaloneRuns {
  return {
    expect: (runId, secretHash) =>
      whenReachable(async () => {
        const fresh = { secret_hash: secretHash, state: toJson(NOTHING_HEARD), updated_at: new Date() };
        await kysely
          .insertInto('standalone_runs')
          .values({ run_id: runId, ...fresh })
          .onConflict((conflict) => conflict.column('run_id').doUpdateSet(fresh))
          .execute();
      }),
    secretHash: (runId) =>
      whenReachable(async () => {
        const row = await kysely
          .selectFrom('standalone_runs')
          .select('secret_hash')
          // Whatever stood in an address.
          .where('run_id', '=', toText(runId))
          .executeTakeFirst();
        return row?.secret_hash ?? null;
      }),
    state: (runId) =>
      whenReachable(async () => {
        const row = await kysely
          .selectFrom('standalone_runs')
          .select('state')
          .where('run_id', '=', runId)
          .executeTakeFirst();
        return row?.state ?? null;
      }),
    hear: (runId, news) =>
      whenReachable(() =>
        kysely.transaction().execute(async (transaction) => {
          const row = await transaction
            .selectFrom('standalone_runs')
            .select('state')
            .where('run_id', '=', runId)
            .forUpdate()
            .executeTakeFirst();
          if (row === undefined) return;
          const state = afterNews(row.state, news);
          if (state === row.state) return;
          await transaction
            .updateTable('standalone_runs')
            .set({ state: toJson(state), updated_at: new Date() })
            .where('run_id', '=', runId)
            .execute();
        }),
      ),
  };
}
