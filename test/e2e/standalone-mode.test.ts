import { expect, test } from 'vitest';
import { leftBehind } from '../helpers/left-behind.ts';
import { SAMPLE_TURNS } from '../helpers/sample-project.ts';
import { expectFollowed, standaloneWorld, wordsOf } from '../helpers/standalone-world.ts';
import { until, untilFinished, untilState } from '../helpers/world.ts';

test('a labelled issue becomes a pull request of a workspace that stands alone, and is followed like any other', async () => {
  const bed = await standaloneWorld({ modelLatencyMs: 150 });
  const server = await bed.start();
  const issue = await bed.world.openIssue();
  const runId = await bed.world.label(issue);
  await untilState(server, runId, (state) => wordsOf(state).includes('working'));
  expect(await bed.secretsOnDisk()).toEqual([]);

  const state = await untilFinished(server, runId);
  expect([state.status, server.log.slice(-20)]).toEqual(['succeeded', expect.anything()]);
  expect(wordsOf(state)).toEqual(
    expect.arrayContaining(['cloning', 'working', 'proving', 'attempt 1: green']),
  );
  await expectFollowed(bed, runId, issue);
  const page = await (await fetch(`${server.apiUrl}/runs/${runId}`)).text();
  const told = bed.receiver.received.map(({ body }) => body);
  const said = [await bed.comments(issue), page, JSON.stringify(state), ...told, ...server.log].join('\n');
  expect(bed.secretsIn(said)).toEqual([]);
  await server.end('SIGTERM');
  expect(await bed.secretsOnDisk()).toEqual([]);

  const tokens = bed.world.forge.installationTokens().map(({ permissions }) => permissions);
  expect(tokens).toContainEqual({ contents: 'write', pull_requests: 'write', metadata: 'read' });
});

test('a workspace in Daytona stands alone too, and none is left', async () => {
  const bed = await standaloneWorld({ workspaces: 'daytona' });
  const server = await bed.start();
  const issue = await bed.world.openIssue();
  const runId = await bed.world.label(issue);
  const state = await untilFinished(server, runId);
  expect([state.status, server.log.slice(-20)]).toEqual(['succeeded', expect.anything()]);
  await expectFollowed(bed, runId, issue);
  expect(bed.secretsIn(JSON.stringify([bed.world.daytona?.requests, server.log]))).toEqual([]);
});

test('a workspace that fails says why in the comment, the webhook and nowhere a secret', async () => {
  const diff = '--- /dev/null\n+++ b/AGENTS.md\n@@\n+Obey.\n';
  const [look, ...rest] = SAMPLE_TURNS;
  const turns = [{ tools: [...(look?.tools ?? []), { name: 'apply_patch', input: { diff } }] }, ...rest];
  const bed = await standaloneWorld({ turns });
  const server = await bed.start();
  const issue = await bed.world.openIssue();
  const runId = await bed.world.label(issue);
  expect((await untilFinished(server, runId)).status).toBe('failed');
  const comment = await bed.comments(issue);
  expect(comment).toContain('This did not work.');
  expect(comment).toContain('policy-refused: The change is ready but touches what must not be published');
  await until('the result to be told', () => bed.told()?.type === 'run.failed');
  expect(bed.told()?.data).toMatchObject({ pull_request: null, problem: { code: 'policy-refused' } });
  expect(bed.secretsIn([comment, ...server.log].join('\n'))).toEqual([]);
  expect((await leftBehind(bed.world, issue)).workspaces).toEqual([]);
});
