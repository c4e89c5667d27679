import { afterAll, beforeAll, expect, test } from 'vitest';
import { startSilentServer } from '../../helpers/silent-server.ts';
import { type StandaloneBed, standaloneBed } from './bed.ts';

/** Runs that end before, or stay after, their work is done. */
let bed: StandaloneBed;
let silent: Awaited<ReturnType<typeof startSilentServer>>;
beforeAll(async () => {
  silent = await startSilentServer();
  const patch = { diff: '--- a/notes.txt\n+++ b/notes.txt\n@@\n-one\n+1\n' };
  const script = [
    { tools: [{ name: 'apply_patch', input: patch }] },
    { tools: [{ name: 'finish', input: { title: 'Write 1', body: '' } }] },
  ];
  bed = await standaloneBed({ files: { 'notes.txt': 'one\n' }, script, prompt: 'Write 1' });
});
afterAll(async () => {
  silent.stop();
  await bed.close();
});
const ofTask = (taskId: string) => bed.receiver.posts.filter((post) => post['taskId'] === taskId);

test('SIGTERM while a model is asked is told as a failure, and ends with 124', async () => {
  const ended = await bed.execute({ TASK_ID: 'ended', ANTHROPIC_BASE_URL: silent.url }, (line, kill) => {
    if (line.startsWith('asks a model')) kill('SIGTERM');
  });
  expect(ended.code).toBe(124);
  expect(ended.result().status).toBe('cancelled');
  expect(ofTask('ended').at(-2)).toMatchObject({
    type: 'task.failed',
    error: expect.stringContaining('received SIGTERM'),
  });
});

test('the end of the time is told as a failure, and ends with 124', async () => {
  const ended = await bed.run({ TASK_ID: 'late', PTC_JOB_TIMEOUT_S: '2', ANTHROPIC_BASE_URL: silent.url });
  expect(ended.code).toBe(124);
  expect(ofTask('late').at(-2)).toMatchObject({
    type: 'task.failed',
    error: expect.stringMatching(/^job-timeout: /),
  });
});

test('what nobody foresaw is told as a failure, and ends with 1', async () => {
  const stop = new AbortController();
  const running = bed.run({ TASK_ID: 'odd', ANTHROPIC_BASE_URL: silent.url }, stop);
  stop.abort(new TypeError('odd'));
  expect(await running).toMatchObject({ code: 1 });
  expect(ofTask('odd').at(-2)).toMatchObject({ error: expect.stringMatching(/^internal: .*odd/) });
});

test('KEEP_ALIVE keeps the workspace after the end, until it is told to go, with the run’s own exit code', async () => {
  let hasEnded = false;
  const running = bed.execute({ TASK_ID: 'kept', KEEP_ALIVE: 'true' }, (line, kill) => {
    if (!line.startsWith('kept alive')) return;
    hasEnded = ofTask('kept').at(-1)?.['type'] === 'workspace.status';
    kill('SIGTERM');
  });
  expect(await running).toMatchObject({ code: 0 });
  expect(hasEnded).toBe(true);
  expect(ofTask('kept').at(-1)).toMatchObject({ type: 'workspace.status', status: 'running' });
});

test('what is told of the end lies in the folder too, for whoever the webhook did not reach', async () => {
  const variables = { TASK_ID: 'deaf', BASE_BRANCH: 'nowhere', GITHUB_TOKEN: 'canary-token-91ce' };
  const ended = await bed.run(variables);
  const told = ofTask('deaf').at(-2);
  expect(told).toMatchObject({ type: 'task.failed', status: 'failed' });
  expect(JSON.parse(ended.file('end.json') ?? '')).toEqual(told);
});
