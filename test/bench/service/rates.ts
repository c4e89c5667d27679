import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type World } from '../../helpers/world.ts';
import { createKey, execute } from '../../long/service/executions.ts';
import { median } from '../overhead/timeline.ts';
import { cpuTime } from './cpu-time.ts';
import { type Load, Loaded, MARK } from './load-wire.ts';
import { smallPlan } from './small-plan.ts';

const run = promisify(execFile);
const LOAD = fileURLToPath(import.meta.resolve('./load.ts'));
const BARE_HONO = fileURLToPath(import.meta.resolve('./bare-hono.ts'));

export interface RatesOptions {
  readonly rounds: number;
  readonly seconds: number;
  readonly connections: number;
}

/** A route on one server: the median of its rounds. */
export interface Rate extends Loaded {
  /** Of one processor, used by the server's own process. */
  readonly serverShare: number;
}

export interface Rates {
  readonly health: { readonly ours: Rate; readonly bare: Rate; readonly ratio: number };
  readonly cacheHit: { readonly ours: Rate; readonly bare: Rate; readonly ratio: number };
}

/** Answers a second of the server and of bare hono, the same two routes in turn, round after round. */
export async function rates(world: World, databaseUrl: string, options: RatesOptions): Promise<Rates> {
  const folder = await mkdtemp(path.join(tmpdir(), 'ptc-rates-'));
  const server = await world.start({ DATABASE_URL: databaseUrl });
  const key = await createKey(world.dataDir, 'execute');
  const authorization = `Basic ${Buffer.from(`ptc:${key}`).toString('base64')}`;
  await execute(server.apiUrl, smallPlan('first', 'always'), { key });
  const hit = await execute(server.apiUrl, smallPlan('hit', 'always'), { key });
  if (hit.status !== 'CACHE_HIT') throw new Error(`expected a hit of the cache, got ${hit.status}`);
  const health: unknown = await (await fetch(`${server.apiUrl}/health`)).json();

  const files = { 'health.json': health, 'result.json': hit };
  for (const [name, value] of Object.entries(files))
    await writeFile(path.join(folder, name), JSON.stringify(value));
  const bare = await startBare(Object.keys(files).map((name) => path.join(folder, name)));
  try {
    const sides = {
      ours: { pid: server.pid, port: Number(new URL(server.apiUrl).port) },
      bare: { pid: bare.pid ?? 0, port: bare.port },
    };
    const routes = {
      health: { method: 'GET', path: '/health', headers: [], body: '' },
      cacheHit: {
        method: 'POST',
        path: '/execute',
        headers: ['content-type: application/json', `authorization: ${authorization}`],
        body: JSON.stringify(smallPlan(`hit-${MARK}`, 'always')),
      },
    } as const;
    const measure = async (route: keyof typeof routes) => {
      const ours: Rate[] = [];
      const others: Rate[] = [];
      for (let round = 0; round <= options.rounds; round += 1) {
        const load = { ...routes[route], ...options, round };
        others.push(await rateOf(sides.bare, load));
        ours.push(await rateOf(sides.ours, load));
      }
      // The first round of each warms up.
      const ratios = ours.map((each, round) => each.perSecond / (others[round]?.perSecond ?? 0)).slice(1);
      return { ours: middle(ours.slice(1)), bare: middle(others.slice(1)), ratio: median(ratios) };
    };
    return { health: await measure('health'), cacheHit: await measure('cacheHit') };
  } finally {
    bare.end();
    await server.end('SIGTERM');
    await rm(folder, { recursive: true, force: true });
  }
}

interface Side {
  readonly pid: number;
  readonly port: number;
}

async function rateOf({ pid, port }: Side, load: Omit<Load, 'port'>): Promise<Rate> {
  const before = cpuTime(pid).own;
  const { stdout } = await run(process.execPath, [LOAD, JSON.stringify({ ...load, port })]);
  return { ...Loaded.parse(JSON.parse(stdout)), serverShare: (cpuTime(pid).own - before) / load.seconds };
}

const middle = (all: readonly Rate[]): Rate => ({
  perSecond: median(all.map(({ perSecond }) => perSecond)),
  p50Ms: median(all.map(({ p50Ms }) => p50Ms)),
  p99Ms: median(all.map(({ p99Ms }) => p99Ms)),
  cpuShare: median(all.map(({ cpuShare }) => cpuShare)),
  serverShare: median(all.map(({ serverShare }) => serverShare)),
});

async function startBare(files: readonly string[]) {
  const child = spawn(process.execPath, [BARE_HONO, ...files], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const line: readonly unknown[] = await once(createInterface(child.stdout), 'line');
  return { pid: child.pid, port: Number(line[0]), end: () => void child.kill('SIGKILL') };
}
