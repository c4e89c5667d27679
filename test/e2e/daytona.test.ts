import { afterEach, expect, test } from 'vitest';
import { type DaytonaServer } from '../helpers/daytona/index.ts';
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

let world: World | null = null;
afterEach(async () => {
  await world?.close();
  world = null;
});

/** What was asked of Daytona, without the looks at files and states that come as often as they come. */
const milestones = ({ requests }: DaytonaServer): string[] => {
  const routes = requests
    .map(({ route }) => route)
    .filter((route) => !route.startsWith('GET ') && route !== 'POST /toolbox/process/execute');
  return routes.filter((route, index) => route !== routes[index - 1]);
};

const isWaiting = async ({ forge }: World, issue: number): Promise<boolean> => {
  const { body } = await forge.as(
    MAINTAINER,
    'GET',
    `/repos/${OWNER}/${REPOSITORY}/issues/${issue}/comments`,
  );
  return JSON.stringify(body).includes('Waiting for a workspace');
};

test('a labelled issue waits for room, becomes a proven pull request in a Daytona workspace, and leaves none', async () => {
  const made = (world = await createWorld({ workspaces: 'daytona' }));
  const { daytona } = made;
  if (daytona === null) throw new Error('a world without Daytona');
  const server = await made.start();
  const issue = await made.openIssue();
  daytona.setQuota(0);
  const runId = await made.label(issue);
  await until('the comment to tell of the wait', () => isWaiting(made, issue));
  daytona.setQuota(1);

  expect((await untilFinished(server, runId)).status).toBe('succeeded');
  expect(await leftBehind(made, issue)).toEqual(leftByOneRun(made, runId));
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
