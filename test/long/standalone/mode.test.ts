import { expect, test } from 'vitest';
import { freePort } from '../../helpers/free-port.ts';
import { leftBehind, leftByOneRun } from '../../helpers/left-behind.ts';
import { expectFollowed, standaloneWorld, wordsOf } from '../../helpers/standalone-world.ts';
import { untilFinished, untilState } from '../../helpers/world.ts';

test('an app that dies meanwhile goes on waiting, and the run ends once', async () => {
  const bed = await standaloneWorld({ modelLatencyMs: 400 });
  const server = await bed.start();
  const issue = await bed.world.openIssue();
  const runId = await bed.world.label(issue);
  await untilState(server, runId, (state) => wordsOf(state).includes('working'));
  await server.end('SIGKILL');
  const next = await bed.start();
  expect((await untilFinished(next, runId)).status).toBe('succeeded');
  await expectFollowed(bed, runId, issue);
});

test('a workspace whose time is up is told of, and removed', async () => {
  const bed = await standaloneWorld({ modelLatencyMs: 60_000 });
  const server = await bed.start({ PTC_JOB_TIMEOUT_S: '5' });
  const issue = await bed.world.openIssue();
  const runId = await bed.world.label(issue);
  expect((await untilFinished(server, runId)).status).toBe('failed');
  expect(await bed.comments(issue)).toContain('job-timeout');
  expect((await leftBehind(bed.world, issue)).workspaces).toEqual([]);
});

test('a run that is cancelled leaves neither workspace nor branch', async () => {
  const bed = await standaloneWorld({ modelLatencyMs: 60_000 });
  const server = await bed.start();
  const issue = await bed.world.openIssue();
  const runId = await bed.world.label(issue);
  await untilState(server, runId, (state) => wordsOf(state).includes('cloning'));
  await bed.world.comment(issue, '/ptc cancel');
  expect((await untilFinished(server, runId)).status).toBe('cancelled');
  expect(await leftBehind(bed.world, issue)).toMatchObject({
    workspaces: [],
    branches: ['refs/heads/main'],
    pullRequests: [],
  });
});

test('a run whose webhooks are all lost ends as its workspace says in its folder', async () => {
  const bed = await standaloneWorld();
  const server = await bed.start({ PTC_PUBLIC_WEBHOOKS_URL: `http://127.0.0.1:${await freePort()}` });
  const issue = await bed.world.openIssue();
  const runId = await bed.world.label(issue);
  expect((await untilFinished(server, runId)).status).toBe('succeeded');
  expect(await leftBehind(bed.world, issue)).toEqual({
    ...leftByOneRun(bed.world, runId),
    checkRuns: [{ external_id: runId, conclusion: 'neutral' }],
  });
});
