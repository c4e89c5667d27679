import path from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { z } from 'zod';
import { killProcess } from '../../src/runner/command/kill-process.ts';
import { inARow, SHOPS, TOWN, townConversations } from '../helpers/town.ts';
import { processesWith } from '../runner/command/command-bed.ts';
import {
  createWorld,
  MAINTAINER,
  OWNER,
  REPOSITORY,
  type RunState,
  untilFinished,
  untilState,
  type World,
} from '../helpers/world.ts';

let world: World | null = null;
afterEach(async () => {
  await world?.close();
  world = null;
});

const ISSUE = { title: 'Open the town', body: 'All six shops are closed. Open them.' };
/** Two layers: the last two wait for two of the first four each. */
const GRAPH = { '4': ['0', '1'], '5': ['2', '3'] };
/** Six agents want more of a small machine than one. */
const TIMEOUT_MS = 180_000;
const api = `/repos/${OWNER}/${REPOSITORY}`;
const PullRequests = z.array(
  z.object({
    title: z.string(),
    body: z.string(),
    draft: z.boolean(),
    head: z.object({ sha: z.string() }),
  }),
);

async function pullRequests({ forge }: World) {
  return PullRequests.parse((await forge.as(MAINTAINER, 'GET', `${api}/pulls`)).body);
}

const workedOut = ({ events }: RunState): readonly number[] =>
  events.filter((event) => event.type === 'subtask.worked').map(({ subtask }) => subtask);

test(
  'a plan of six subtasks in two layers becomes one pull request',
  async () => {
    world = await createWorld({ files: TOWN, turns: { conversations: townConversations(SHOPS, GRAPH) } });
    const server = await world.start();
    const runId = await world.label(await world.openIssue(ISSUE));
    expect((await untilFinished(server, runId)).status).toBe('succeeded');

    const all = await pullRequests(world);
    expect(all).toMatchObject([{ title: 'Open the town', draft: false }]);
    const [pullRequest] = all;
    for (const shop of SHOPS) expect(pullRequest?.body).toContain(`${shop}.js`);
    const { body: commit } = await world.forge.as(
      MAINTAINER,
      'GET',
      `${api}/commits/${pullRequest?.head.sha}`,
    );
    const said = JSON.stringify(commit);
    for (const shop of SHOPS) expect(said).toContain(`Open src/${shop}.js`);
    expect(world.forge.violations).toEqual([]);
  },
  TIMEOUT_MS,
);

test(
  'a run whose runner is killed goes on in another workspace, and does nothing twice',
  async () => {
    const shops = SHOPS.slice(0, 4);
    world = await createWorld({
      files: TOWN,
      turns: { conversations: townConversations(shops, inARow(shops)) },
      modelLatencyMs: 50,
    });
    const server = await world.start();
    const runId = await world.label(await world.openIssue(ISSUE));
    await untilState(server, runId, (state) => workedOut(state).length >= 3);
    for (const pid of await processesWith(path.join(world.dataDir, 'workspaces'))) killProcess(pid);

    const state = await untilFinished(server, runId);
    expect(state.status).toBe('succeeded');
    expect(state.events.filter(({ type }) => type === 'runner.started')).toHaveLength(2);
    expect(state.events.map(({ seq }) => seq)).toEqual(state.events.map((_, index) => index + 1));
    const worked = workedOut(state);
    expect(worked).toEqual([0, 1, 2, 3]);
    const asked = state.events.flatMap((event) => (event.type === 'model.request' ? [event.requestId] : []));
    expect(new Set(asked).size).toBe(asked.length);
    expect(asked.filter((id) => id.includes('life-2')).join()).not.toMatch(/subtask-[012]-/);
    expect(await pullRequests(world)).toHaveLength(1);
  },
  TIMEOUT_MS,
);
