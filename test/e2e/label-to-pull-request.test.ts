import { afterEach, expect, test } from 'vitest';
import { z } from 'zod';
import { createWorld, MAINTAINER, OWNER, REPOSITORY, untilFinished, type World } from '../helpers/world.ts';

let world: World | null = null;
afterEach(async () => {
  await world?.close();
  world = null;
});

const PullRequests = z.array(
  z.object({
    number: z.number(),
    title: z.string(),
    body: z.string(),
    draft: z.boolean(),
    head: z.object({ ref: z.string(), sha: z.string() }),
    base: z.object({ ref: z.string() }),
    user: z.object({ login: z.string() }),
  }),
);
const api = `/repos/${OWNER}/${REPOSITORY}`;

test('a labelled issue becomes a proven pull request', async () => {
  world = await createWorld();
  const { forge } = world;
  const server = await world.start();
  const runId = await world.label(await world.openIssue());
  const state = await untilFinished(server, runId);
  expect(state.status).toBe('succeeded');

  const [pullRequest] = PullRequests.parse((await forge.as(MAINTAINER, 'GET', `${api}/pulls`)).body);
  expect(pullRequest).toMatchObject({
    title: 'Show a whole hour as 1h',
    draft: false,
    head: { ref: 'ptc/1-a-whole-hour-is-shown-as-60m' },
    base: { ref: 'main' },
    user: { login: world.app.botLogin },
  });
  expect(pullRequest?.body).toContain('Closes #1.');
  expect(pullRequest?.body).toContain('a whole hour | ❌ failed | ✅ passed | yes');

  const commit = await forge.as(MAINTAINER, 'GET', `${api}/commits/${pullRequest?.head.sha}`);
  expect(commit.body).toMatchObject({ commit: { verification: { verified: true } } });
  expect(JSON.stringify(commit.body)).toContain(`Co-authored-by: ${MAINTAINER} <`);

  const checks = await forge.as(MAINTAINER, 'GET', `${api}/commits/${pullRequest?.head.sha}/check-runs`);
  expect(checks.body).toMatchObject({
    total_count: 1,
    check_runs: [{ conclusion: 'success', external_id: runId }],
  });
  const comments = await forge.as(MAINTAINER, 'GET', `${api}/issues/1/comments`);
  expect(comments.body).toEqual([expect.objectContaining({ body: expect.stringContaining('Done: #2') })]);
  const reactions = forge.requests.filter(({ operationId }) => operationId?.startsWith('reactions/'));
  expect(reactions.map(({ body }) => body)).toEqual([{ content: 'eyes' }]);

  const writes = forge.requests.filter(({ method, auth }) => method !== 'GET' && auth === 'installation');
  expect(writes.length).toBeLessThanOrEqual(10);
  expect(forge.violations).toEqual([]);
});
