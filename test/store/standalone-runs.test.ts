import { expect, test } from 'vitest';
import { type WorkspaceNews } from '../../src/domain/workspace-news.ts';
import { tidyUp } from '../../src/store/housekeeping.ts';
import { createRunStore } from '../../src/store/runs.ts';
import { createStandaloneRuns } from '../../src/store/standalone-runs.ts';
import { onEveryDatabase } from './every-database.ts';
import { AWKWARD_TEXT, sampleRun } from './samples.ts';

const newsOf = (news: Partial<WorkspaceNews>): WorkspaceNews => ({
  type: 'task.progress',
  taskId: '',
  workspaceId: '',
  branchName: '',
  prUrl: '',
  status: 'running',
  error: '',
  message: '',
  ...news,
});

onEveryDatabase('runs that stand alone', (database) => {
  test('keep what was heard of them, whatever stands in it and however much comes at once', async () => {
    const run = sampleRun();
    const runs = createStandaloneRuns(database());
    await createRunStore(database()).create(run);
    expect(await runs.state(run.id)).toBeNull();
    await runs.expect(run.id, 'first');
    await runs.expect(run.id, 'second');
    expect(await runs.secretHash(run.id)).toBe('second');
    const messages = [AWKWARD_TEXT, 'b', 'c', 'd', 'e'];
    await Promise.all(messages.map((message) => runs.hear(run.id, newsOf({ message }))));
    await runs.hear(run.id, newsOf({ type: 'task.failed', error: AWKWARD_TEXT }));
    const state = await runs.state(run.id);
    expect(state?.messages.toSorted()).toEqual(messages.toSorted());
    expect(state?.end).toEqual({ status: 'failed', error: AWKWARD_TEXT });
  });

  test('are nobody’s when they are unknown', async () => {
    const runs = createStandaloneRuns(database());
    await runs.hear('run-nobody', newsOf({ message: 'a' }));
    expect(await runs.secretHash('run-nobody')).toBeNull();
    expect(await runs.secretHash('\0\uD800')).toBeNull();
  });

  test('are forgotten with the details of their runs', async () => {
    const run = sampleRun();
    const [store, runs] = [createRunStore(database()), createStandaloneRuns(database())];
    await store.create(run);
    await runs.expect(run.id, 'hash');
    await store.finish(run.id, { status: 'cancelled', problem: null, publication: null });
    await tidyUp(database(), new Date(Date.now() + 60_000), new AbortController().signal);
    expect(await runs.secretHash(run.id)).toBeNull();
  });
});
