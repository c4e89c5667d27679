import { afterEach, expect, test } from 'vitest';
import { leftBehind, leftByOneRun } from '../helpers/left-behind.ts';
import {
  createWorld,
  MAINTAINER,
  OWNER,
  PROVIDER_KEY,
  REPOSITORY,
  until,
  untilFinished,
  type World,
} from '../helpers/world.ts';
import { type DaytonaServer } from '../helpers/daytona/index.ts';

let world: World | null = null;
afterEach(async () => {
  await world?.close();
  world = null;
});

const createDaytonaWorld = async (): Promise<{ world: World; daytona: DaytonaServer }> => {
  world = await createWorld({ workspaces: 'daytona' });
  if (world.daytona === null) throw new Error('a world without Daytona');
  return { world, daytona: world.daytona };
};

/** What was asked of Daytona, without the looks at files and states that come as often as they come. */
const milestones = ({ requests }: DaytonaServer): string[] => {
  const routes = requests
    .map(({ route }) => route)
    .filter((route) => !route.startsWith('GET ') && route !== 'POST /toolbox/process/execute');
  return routes.filter((route, index) => route !== routes[index - 1]);
};

test('a labelled issue becomes a proven pull request in a Daytona workspace, and nothing is left of it', async () => {
  const { world, daytona } = await createDaytonaWorld();
  const server = await world.start();
  const issue = await world.openIssue();
  const runId = await world.label(issue);
  expect((await untilFinished(server, runId)).status).toBe('succeeded');
  expect(await leftBehind(world, issue)).toEqual(leftByOneRun(world, runId));
  expect(milestones(daytona)).toEqual([
    'POST /sandbox',
    'POST /toolbox/files/bulk-upload',
    'POST /toolbox/process/session',
    'POST /toolbox/process/session/{id}/exec',
    'WS /toolbox/process/session/{id}/command/{id}/logs',
    'POST /toolbox/files/bulk-upload',
    'DELETE /sandbox/{id}',
  ]);
  const told = JSON.stringify([daytona.requests, server.log]);
  for (const secret of [PROVIDER_KEY, daytona.apiKey, 'ghs_']) expect(told).not.toContain(secret);
});

test('a run for which there is no room waits, says so, and goes on when there is', async () => {
  const { world, daytona } = await createDaytonaWorld();
  daytona.setQuota(0);
  const server = await world.start();
  const runId = await world.label(await world.openIssue());
  const comments = `/repos/${OWNER}/${REPOSITORY}/issues/1/comments`;
  await until('the comment to tell of the wait', async () =>
    JSON.stringify((await world.forge.as(MAINTAINER, 'GET', comments)).body).includes(
      'Waiting for a workspace',
    ),
  );
  daytona.setQuota(1);
  expect((await untilFinished(server, runId)).status).toBe('succeeded');
});

test('a run that waits for room can be cancelled', async () => {
  const { world, daytona } = await createDaytonaWorld();
  daytona.setQuota(0);
  const server = await world.start();
  const issue = await world.openIssue();
  const runId = await world.label(issue);
  await until('the run to wait', () => server.log.some((line) => line.includes('waits for a workspace')));
  await world.comment(issue, '/ptc cancel');
  expect((await untilFinished(server, runId)).status).toBe('cancelled');
});
