import { expect, it } from 'vitest';
import { createRunStore } from '../../src/store/runs.ts';
import { onEveryDatabase } from './every-database.ts';
import { sampleOutcome, sampleRun } from './samples.ts';

onEveryDatabase('who cancels a run', (database) => {
  it('is known of that run alone, until it has ended', async () => {
    const store = createRunStore(database());
    const [cancelled, other] = [sampleRun(), sampleRun()];
    for (const run of [cancelled, other]) await store.create(run);
    const ask = () =>
      Promise.all([cancelled.id, other.id, 'nobody'].map((id) => store.cancelRequestedBy(id)));
    expect(await ask()).toEqual([null, null, null]);
    await store.requestCancel(cancelled.id, 'maria');
    expect(await ask()).toEqual(['maria', null, null]);
    await store.finish(cancelled.id, sampleOutcome);
    expect(await ask()).toEqual([null, null, null]);
  });

  it('is asked of the database once for all who ask at the same moment', async () => {
    const { kysely } = database();
    let statements = 0;
    const counting = kysely.withPlugin({
      transformQuery: ({ node }) => {
        statements += 1;
        return node;
      },
      transformResult: ({ result }) => Promise.resolve(result),
    });
    const store = createRunStore({ ...database(), kysely: counting });
    await Promise.all(Array.from({ length: 50 }, (_, index) => store.cancelRequestedBy(`run-${index}`)));
    expect(statements).toBe(1);
  });
});
