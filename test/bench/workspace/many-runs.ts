import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod';
import { PROTOCOL_VERSION } from '../../../src/protocol/version.ts';
import { RUNNER_FILE } from '../../../src/run-settings.ts';
import { openDatabase } from '../../../src/store/database.ts';
import { readRunner } from '../../../src/workspace/daytona/template.ts';
import { createWorld, MAINTAINER, OWNER, until, type World } from '../../helpers/world.ts';
import { memoryMb } from '../overhead/process-memory.ts';
import { type LoopDelay, loopDelayOf, startIdleProcess, WITH_LOOP_DELAY } from './loop-probe.ts';
import { startSimulation } from './simulation.ts';

const MODEL_CALLS = 12;
const PAUSE_MS = 2_500;
const RUNS_A_REPOSITORY = 5;
const TIMEOUT_MS = 600_000;
const SAMPLE_EVERY_MS = 200;
/** The collector gives memory back only while there is nothing else to do. */
const SETTLE_MS = 5_000;

export interface ManyRuns {
  readonly runs: number;
  /** Sandboxes at once, at most. */
  readonly mostAtOnce: number;
  readonly pullRequests: number;
  readonly lost: number;
  /** Until no runner was at work any more, and until the end. */
  readonly workedS: number;
  readonly tookS: number;
  readonly events: number;
  readonly requests: number;
  /** From the first trigger until no runner is at work any more, and of the publishing after that. */
  readonly loop: LoopDelay;
  readonly publishingLoop: LoopDelay;
  /** Of a process beside it that does nothing. */
  readonly idleLoop: LoopDelay;
  readonly beforeMb: number;
  readonly peakMb: number;
  readonly afterMb: number;
}

/** So many runs at once by one app on Postgres, in workspaces that are simulated. */
export async function manyRuns(runs: number, databaseUrl: string): Promise<ManyRuns> {
  const { sha256 } = await readRunner(RUNNER_FILE);
  const manifest = JSON.stringify({ protocolVersion: PROTOCOL_VERSION, runnerSha256: sha256 });
  const simulation = await startSimulation(manifest);
  const world = await createWorld();
  const idle = startIdleProcess();
  try {
    const server = await world.start({
      ...WITH_LOOP_DELAY,
      LOG_LEVEL: 'info',
      DATABASE_URL: databaseUrl,
      ANTHROPIC_BASE_URL: simulation.modelUrl,
      PTC_WORKSPACES: 'daytona',
      DAYTONA_API_KEY: 'simulated',
      DAYTONA_API_URL: simulation.daytonaUrl,
      PTC_DAYTONA_SNAPSHOT: 'simulated',
      PTC_MAX_RUNS: String(runs),
      PTC_MAX_RUNS_PER_WORKER: String(runs),
    });
    const removed = (): number => server.log.filter((line) => line.includes('workspace removed')).length;
    const heldMb = (): number => memoryMb(server.pid).heldMb;
    // One run before, so that what is loaded once is there.
    const repositories = await addRepositories(world, Math.ceil(runs / RUNS_A_REPOSITORY));
    simulation.setTask({ modelCalls: 2, pauseMs: 100, atOnce: 1 });
    await labelAll(world, await openIssues(world, repositories, 1));
    await until('the run before', () => removed() === 1, TIMEOUT_MS);
    const issues = await openIssues(world, repositories, runs);
    await sleep(SETTLE_MS);
    const beforeMb = heldMb();
    simulation.setTask({ modelCalls: MODEL_CALLS, pauseMs: PAUSE_MS, atOnce: runs });
    await Promise.all([loopDelayOf(server.pid, server.log), idle.loopDelay()]);
    const requestsBefore = simulation.counts().requests;

    const startedAt = performance.now();
    let peakMb = 0;
    /** Resolves when all runs have come so far. */
    const all = (what: string, come: () => number): Promise<unknown> =>
      until(
        what,
        async () => {
          peakMb = Math.max(peakMb, heldMb());
          await sleep(SAMPLE_EVERY_MS);
          return come() === runs + 1;
        },
        TIMEOUT_MS,
      );
    const labelled = labelAll(world, issues);
    await all('the work of all runners', () => simulation.counts().finished);
    const [loop, idleLoop] = await Promise.all([loopDelayOf(server.pid, server.log), idle.loopDelay()]);
    const workedS = (performance.now() - startedAt) / 1000;
    await all('the end of all runs', removed);
    const publishingLoop = await loopDelayOf(server.pid, server.log);
    const tookS = (performance.now() - startedAt) / 1000;
    await labelled;
    await sleep(SETTLE_MS);
    const afterMb = heldMb();
    const outcomes = await outcomesOf(databaseUrl, world.dataDir);
    const pullRequests = await countPullRequests(world, repositories);
    const { requests, mostSandboxes } = simulation.counts();
    return {
      runs,
      mostAtOnce: mostSandboxes,
      pullRequests: pullRequests - 1,
      lost: runs + 1 - outcomes.published,
      workedS,
      tookS,
      events: outcomes.events,
      requests: requests - requestsBefore,
      loop,
      publishingLoop,
      idleLoop,
      beforeMb,
      peakMb,
      afterMb,
    };
  } finally {
    idle.end();
    await world.close();
    simulation.close();
  }
}

/** An issue, by the path of the forge's API. */
async function openIssues(
  world: World,
  repositories: readonly string[],
  count: number,
): Promise<readonly string[]> {
  const issues: string[] = [];
  for (let index = 0; index < count; index += 1) {
    const path = `/repos/${repositories[index % repositories.length] ?? ''}/issues`;
    const issue = { title: `Take note ${index}`, body: 'Write it down.' };
    const { number } = Numbered.parse((await world.forge.as(MAINTAINER, 'POST', path, issue)).body);
    issues.push(`${path}/${number}`);
  }
  await world.forge.settled();
  return issues;
}

const Numbered = z.object({ number: z.number() });

/** Several, since the forge of the tests looks after all pull requests of a repository whenever one changes. */
async function addRepositories({ forge }: World, count: number): Promise<readonly string[]> {
  const names: string[] = [];
  for (let index = 0; index < count; index += 1) {
    const name = `notes-${index}`;
    const collaborators = { [MAINTAINER]: 'write' } as const;
    await forge.addRepository({ owner: OWNER, name, files: { 'README.md': '# Notes\n' }, collaborators });
    names.push(`${OWNER}/${name}`);
  }
  return names;
}

const labelAll = (world: World, issues: readonly string[]): Promise<unknown> =>
  Promise.all(
    issues.map((issue) => world.forge.as(MAINTAINER, 'POST', `${issue}/labels`, { labels: ['ptc:build'] })),
  );

async function countPullRequests(world: World, repositories: readonly string[]): Promise<number> {
  let count = 0;
  for (const repository of repositories) {
    const { body } = await world.forge.as(
      MAINTAINER,
      'GET',
      `/repos/${repository}/pulls?state=open&per_page=100`,
    );
    count += z.array(z.unknown()).parse(body).length;
  }
  return count;
}

const OUTCOMES = `select
  (select count(*)::int from runs
    where finished_at is not null and outcome->'publication'->>'pullRequestUrl' is not null) as published,
  (select count(*)::int from run_events) as events`;

/** Runs that have ended with their pull request, and what was stored of all. */
async function outcomesOf(
  databaseUrl: string,
  dataFolder: string,
): Promise<{ readonly published: number; readonly events: number }> {
  const database = await openDatabase({ databaseUrl, dataFolder });
  try {
    const { rows } = await database.pool.query<{ published: number; events: number }>(OUTCOMES);
    return rows[0] ?? { published: 0, events: 0 };
  } finally {
    await database.close();
  }
}
