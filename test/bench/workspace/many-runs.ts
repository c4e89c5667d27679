import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod';
import { PROTOCOL_VERSION } from '../../../src/protocol/version.ts';
import { RUNNER_FILE } from '../../../src/run-settings.ts';
import { openDatabase } from '../../../src/store/database.ts';
import { readRunner } from '../../../src/workspace/daytona/template.ts';
import { type ScriptedTurn } from '../../helpers/scripted-model.ts';
import { createWorld, MAINTAINER, OWNER, until, type World } from '../../helpers/world.ts';
import { memoryMb } from '../overhead/process-memory.ts';
import { type LoopDelay, loopDelayOf, startIdleProcess, WITH_LOOP_DELAY } from './loop-probe.ts';
import { startSimulatedDaytona } from './simulated-daytona.ts';
import { type RunnerScript } from './simulated-runner.ts';

const MODEL_CALLS = 12;
/** Between two pieces of an answer, of which one has about fifty. */
const MODEL_LATENCY_MS = 30;
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
  readonly tookS: number;
  readonly events: number;
  readonly requests: number;
  readonly loop: LoopDelay;
  /** Of a process beside it that does nothing. */
  readonly idleLoop: LoopDelay;
  readonly beforeMb: number;
  readonly peakMb: number;
  readonly afterMb: number;
}

/** So many runs at once by one app on Postgres, in workspaces that are simulated. */
export async function manyRuns(runs: number, databaseUrl: string): Promise<ManyRuns> {
  const begun = Promise.withResolvers<void>();
  const { sha256 } = await readRunner(RUNNER_FILE);
  const manifest = JSON.stringify({ protocolVersion: PROTOCOL_VERSION, runnerSha256: sha256 });
  let script: RunnerScript = { modelCalls: 2, pauseMs: 100, beforeEnd: async () => {} };
  const daytona = await startSimulatedDaytona(manifest, () => script);
  const world = await createWorld({ turns: TURNS, modelLatencyMs: MODEL_LATENCY_MS });
  const idle = startIdleProcess();
  try {
    const server = await world.start({
      ...WITH_LOOP_DELAY,
      LOG_LEVEL: 'info',
      DATABASE_URL: databaseUrl,
      PTC_WORKSPACES: 'daytona',
      DAYTONA_API_KEY: 'simulated',
      DAYTONA_API_URL: daytona.url,
      PTC_DAYTONA_SNAPSHOT: 'simulated',
      PTC_MAX_RUNS: String(runs),
      PTC_MAX_RUNS_PER_WORKER: String(runs),
    });
    const removed = (): number => server.log.filter((line) => line.includes('workspace removed')).length;
    // One run before, so that what is loaded once is there.
    const repositories = await addRepositories(world, Math.ceil(runs / RUNS_A_REPOSITORY));
    await labelAll(world, await openIssues(world, repositories, 1));
    await until('the run before', () => removed() === 1, TIMEOUT_MS);
    const issues = await openIssues(world, repositories, runs);
    await sleep(SETTLE_MS);
    const beforeMb = memoryMb(server.pid).heldMb;
    script = { modelCalls: MODEL_CALLS, pauseMs: PAUSE_MS, beforeEnd: () => begun.promise };
    await Promise.all([loopDelayOf(server.pid, server.log), idle.loopDelay()]);
    const requestsBefore = daytona.requests();

    const startedAt = performance.now();
    let peakMb = 0;
    const labelled = labelAll(world, issues);
    await until(
      'all runs',
      async () => {
        peakMb = Math.max(peakMb, memoryMb(server.pid).heldMb);
        if (daytona.mostSandboxes() >= runs) begun.resolve();
        await sleep(SAMPLE_EVERY_MS);
        // Each child process of the forge costs what this one holds: nothing is kept that nobody asks for.
        world.model.server.clearRequests();
        return removed() === runs + 1;
      },
      TIMEOUT_MS,
    );
    const tookS = (performance.now() - startedAt) / 1000;
    await labelled;
    const [loop, idleLoop] = await Promise.all([loopDelayOf(server.pid, server.log), idle.loopDelay()]);
    await sleep(SETTLE_MS);
    const afterMb = memoryMb(server.pid).heldMb;
    const outcomes = await outcomesOf(databaseUrl, world.dataDir);
    const pullRequests = await countPullRequests(world, repositories);
    return {
      runs,
      mostAtOnce: daytona.mostSandboxes(),
      pullRequests: pullRequests - 1,
      lost: runs + 1 - outcomes.published,
      tookS,
      events: outcomes.events,
      requests: daytona.requests() - requestsBefore,
      loop,
      idleLoop,
      beforeMb,
      peakMb,
      afterMb,
    };
  } finally {
    idle.end();
    await world.close();
    await daytona.close();
  }
}

const TURNS: readonly ScriptedTurn[] = Array.from({ length: MODEL_CALLS }, (_, index) => ({
  text: `Turn ${index + 1} of a simulated agent. ${'It says what it looks at and why. '.repeat(20)}`,
  tools: [{ name: 'finish', input: { title: 'Take a note', body: 'x'.repeat(400) } }],
}));

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
