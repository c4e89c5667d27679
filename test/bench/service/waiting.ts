import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import * as z from 'zod';
import { type ServerProcess } from '../../helpers/server-process.ts';
import { until, type World } from '../../helpers/world.ts';
import { execute } from '../../long/service/executions.ts';
import { memoryMb } from '../overhead/process-memory.ts';
import { delayAnswers, smallPlan } from './small-plan.ts';

const PRELOAD = fileURLToPath(import.meta.resolve('./collect-garbage.ts'));
/** The collector gives memory back to the system a little later. */
const SETTLE_MS = 2_000;
const TIMEOUT_MS = 120_000;

const Stats = z.object({ waiting_executions: z.number() });
const RunnerProcess = z.object({ pid: z.number() });

export interface Waiting {
  readonly requests: number;
  /** Resident memory of the server in KB for each request that waits: after garbage is collected, and as it came. */
  readonly kb: number;
  readonly kbWithGarbage: number;
}

/** What requests cost that wait in the queue, while one is at work and the model does not answer it. */
export async function waiting(world: World, databaseUrl: string, requests: number): Promise<Waiting> {
  const letGo = Promise.withResolvers<void>();
  let asked = 0;
  // The first is what is loaded once; the second keeps all others waiting.
  delayAnswers(world.model, () => ((asked += 1) === 1 ? Promise.resolve() : letGo.promise));
  const server = await world.start({
    DATABASE_URL: databaseUrl,
    PTC_MAX_RUNS: '1',
    PTC_MAX_RUNS_PER_WORKER: '1',
    NODE_OPTIONS: `--import ${PRELOAD}`,
  });
  const gone = new AbortController();
  const ask = (name: string) =>
    execute(server.apiUrl, smallPlan(name, 'never'), { signal: gone.signal }).catch(() => undefined);
  try {
    await ask('before');
    void ask('at-work');
    await until('the model to be asked', () => asked === 2, TIMEOUT_MS);
    await collectGarbage(server);
    const before = memoryMb(server.pid).heldMb;
    for (let index = 0; index < requests; index += 1) void ask(`waiting-${index}`);
    await until('all to wait', async () => (await stats(server)).waiting_executions === requests, TIMEOUT_MS);
    const withGarbage = memoryMb(server.pid).heldMb;
    await collectGarbage(server);
    const perRequest = (mb: number): number => ((mb - before) * 1024) / requests;
    return { requests, kb: perRequest(memoryMb(server.pid).heldMb), kbWithGarbage: perRequest(withGarbage) };
  } finally {
    gone.abort();
    await server.end('SIGKILL');
    await endRunners(world);
    letGo.resolve();
  }
}

const stats = async ({ apiUrl }: ServerProcess): Promise<z.infer<typeof Stats>> =>
  Stats.parse(await (await fetch(`${apiUrl}/stats`)).json());

async function collectGarbage({ pid, log }: ServerProcess): Promise<void> {
  const lines = log.length;
  process.kill(pid, 'SIGUSR2');
  await until('garbage to be collected', () =>
    log.slice(lines).some((line) => line.includes('garbage-collected')),
  );
  await sleep(SETTLE_MS);
}

/** Runners outlive a server, which finds them again when it is back. */
async function endRunners({ dataDir }: World): Promise<void> {
  const folder = path.join(dataDir, 'workspaces');
  for (const name of await readdir(folder)) {
    const record = await readFile(path.join(folder, name, 'runner-process.json'), 'utf8').catch(() => null);
    if (record !== null) end(RunnerProcess.parse(JSON.parse(record)).pid);
  }
}

function end(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended by itself, or with another workspace: several may have the same.
  }
}
