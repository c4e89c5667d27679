/**
 * What the code service costs beside the work: answers a second of `/health` and of `/execute` out of the cache beside
 * bare hono, a hundred executions at once, and the memory of a request that waits. The real server as a process of its
 * own, on Postgres; whoever asks for rates is one more process.
 * Usage: npm run bench:service [-- --json] [-- --rounds 5] [-- --seconds 2]; `npm run build` comes first.
 */
import { parseArgs } from 'node:util';
import * as z from 'zod';
import { postgresAvailable, startPostgres } from '../helpers/postgres.ts';
import { createWorld, type World } from '../helpers/world.ts';
import { type Concurrency, concurrency } from './service/concurrency.ts';
import { type Rate, type Rates, rates } from './service/rates.ts';
import { ONE_ANSWER } from './service/small-plan.ts';
import { type Waiting, waiting } from './service/waiting.ts';

const CONNECTIONS = 50;
const AT_ONCE = { requests: 100, workers: 20, latencyMs: 1_000 };
const WAITING_REQUESTS = 300;

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '2' },
  },
});
const positive = z.coerce.number().int().min(1);
const [rounds, seconds] = [positive.parse(values.rounds), positive.parse(values.seconds)];
const say = (line: string): void => void process.stdout.write(`${line}\n`);
const row = (name: string, value: string): void => say(`${name.padEnd(46)}${value}`);
const round = (value: number, digits: number): number => Number(value.toFixed(digits));

const rateRow = (name: string, { perSecond, p50Ms, p99Ms, serverShare, cpuShare }: Rate): void =>
  say(
    [
      name.padEnd(30),
      perSecond.toFixed(0).padStart(12),
      p50Ms.toFixed(2).padStart(10),
      p99Ms.toFixed(2).padStart(10),
      serverShare.toFixed(2).padStart(10),
      cpuShare.toFixed(2).padStart(10),
    ].join(''),
  );

function showRates({ health, cacheHit }: Rates): void {
  say(
    `\n${CONNECTIONS} connections, medians of ${rounds} rounds of ${seconds} s, bare hono and ours in turn`,
  );
  say('                                answers/s    p50 ms    p99 ms server CPU  load CPU');
  rateRow('/health, bare hono', health.bare);
  rateRow('/health, ours', health.ours);
  rateRow('/execute, bare hono', cacheHit.bare);
  rateRow('/execute out of the cache, ours', cacheHit.ours);
}

function showConcurrency(many: Concurrency): void {
  const { requests, workers, latencyMs } = AT_ONCE;
  say(
    `\n${requests} executions at once, ${workers} workers, one answer each after ${latencyMs} ms, no tests`,
  );
  row('time, and what the model alone takes', `${many.tookS.toFixed(2)} s, ${many.boundS.toFixed(2)} s`);
  for (const [who, ms] of Object.entries(many.cpuMs))
    row(`processor time an execution, ${who}`, `${ms.toFixed(0)} ms`);
}

function showWaiting(waits: Waiting): void {
  say(`\n${waits.requests} requests in the queue`);
  row(
    'resident memory a request',
    `${waits.kb.toFixed(0)} KB (${waits.kbWithGarbage.toFixed(0)} KB with garbage)`,
  );
}

async function inWorld<T>(work: (world: World) => Promise<T>): Promise<T> {
  const world = await createWorld({ turns: ONE_ANSWER });
  try {
    return await work(world);
  } finally {
    await world.close();
  }
}

async function main(): Promise<void> {
  if (!postgresAvailable())
    throw new Error('PostgreSQL is not installed, and without it nothing is measured.');
  const postgres = await startPostgres();
  try {
    const database = (): Promise<string> => postgres.createDatabase();
    const options = { rounds, seconds, connections: CONNECTIONS };
    const measured = await inWorld(async (world) => rates(world, await database(), options));
    showRates(measured);
    const many = await inWorld(async (world) => concurrency(world, await database(), AT_ONCE));
    showConcurrency(many);
    const waits = await inWorld(async (world) => waiting(world, await database(), WAITING_REQUESTS));
    showWaiting(waits);
    const figures = {
      health_ratio: round(measured.health.ratio, 3),
      cache_hit_ratio: round(measured.cacheHit.ratio, 3),
      waiting_kb: round(waits.kb, 0),
      concurrency_ratio: round(many.tookS / many.boundS, 3),
    };
    say('');
    if (values.json) say(JSON.stringify(figures));
    else for (const [name, value] of Object.entries(figures)) row(name, String(value));
  } finally {
    await postgres.stop();
  }
}

await main();
