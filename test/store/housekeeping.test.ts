import { expect, it } from 'vitest';
import { createOutboxRows } from '../../src/store/outbox-rows.ts';
import { startHousekeeping, tidyUp } from '../../src/store/housekeeping.ts';
import { createRunStore } from '../../src/store/runs.ts';
import { jobFor } from '../helpers/scripted-mailbox.ts';
import { onEveryDatabase } from './every-database.ts';
import { noteEvent, received, sampleCall, sampleOutcome, sampleResult, sampleRun } from './samples.ts';

const { signal } = new AbortController();
const quiet = { info: () => {}, warn: () => {}, error: () => {} };

onEveryDatabase('housekeeping', (database) => {
  const withDetails = async (finished: boolean): Promise<string> => {
    const store = createRunStore(database());
    const run = sampleRun();
    await store.create(run);
    await store.appendEvents(run.id, received(noteEvent(1)));
    await store.saveJob(run.id, jobFor({ cloneUrl: 'file:///x', baseSha: '0'.repeat(40) }));
    await store.saveResult(run.id, sampleResult(run.id));
    await store.saveModelCall(run.id, sampleCall('main/1'));
    if (finished) await store.finish(run.id, sampleOutcome);
    return run.id;
  };
  const details = async (runId: string) => {
    const store = createRunStore(database());
    const [events, result, calls] = await Promise.all([
      store.events(runId, 0),
      store.result(runId),
      store.modelCalls(runId),
    ]);
    return { events: events.length, results: result ? 1 : 0, calls: calls.length };
  };

  it('strips runs that finished long ago and leaves the run itself', async () => {
    const ids = await Promise.all(Array.from({ length: 60 }, () => withDetails(true)));
    await tidyUp(database(), new Date(Date.now() + 60_000), signal);
    const left = await Promise.all(ids.map((id) => details(id)));
    expect(new Set(left.map((each) => JSON.stringify(each)))).toEqual(
      new Set([JSON.stringify({ events: 0, results: 0, calls: 0 })]),
    );
    const store = createRunStore(database());
    expect((await store.get(ids[0] ?? ''))?.outcome).toEqual(sampleOutcome);
    expect(await store.job(ids[0] ?? '')).toBeNull();
  });

  it('touches neither young runs nor unfinished ones', async () => {
    const young = await withDetails(true);
    const unfinished = await withDetails(false);
    await tidyUp(database(), new Date(Date.now() - 60_000), signal);
    expect(await details(young)).toEqual({ events: 1, results: 1, calls: 1 });
    expect(await createRunStore(database()).job(young)).not.toBeNull();
    await tidyUp(database(), new Date(Date.now() + 60_000), signal);
    expect(await details(unfinished)).toEqual({ events: 1, results: 1, calls: 1 });
  });

  it('deletes old webhooks that are settled, never one that is still to be sent', async () => {
    const rows = createOutboxRows(database());
    const now = new Date();
    const ids = ['delivered', 'dead', 'waiting'];
    for (const id of ids) {
      await rows.insertIfAbsent({ id, runId: id, type: 'run.failed', payload: {} }, '1', now);
    }
    await rows.markDelivered({ id: 'delivered', endpoint: '1' }, now);
    await rows.markFailed({ id: 'dead', endpoint: '1' }, 'HTTP 410', null, now);
    await tidyUp(database(), new Date(now.getTime() + 60_000), signal);
    const left = await database().kysely.selectFrom('webhook_outbox').select('id').execute();
    expect(left).toEqual([{ id: 'waiting' }]);
  });

  it('stops at once when it is told to', async () => {
    const stop = startHousekeeping({ database: database(), retentionMs: 1, log: quiet });
    await expect(stop()).resolves.toBeUndefined();
  });
});
