/**
 * What workspaces in Daytona cost beside the work: from the trigger to the runner's first event, a question of the
 * runner and its answer, and so many runs in one app at once. Real runners, on the tests' local Daytona server, for the
 * first two; of the many, workspaces and runners are simulated in one process, the model's answers come from there too,
 * and everything else is real: server, Postgres, webhooks, pull requests.
 * Usage: npm run bench:workspace [-- --json] [-- --runs 200] [-- --repeats 5]; `npm run build` comes first.
 */
import { parseArgs } from 'node:util';
import * as z from 'zod';
import { postgresAvailable, startPostgres } from '../helpers/postgres.ts';
import { runnerStartMs } from './overhead/runner-start.ts';
import { median } from './overhead/timeline.ts';
import { type LoopDelay } from './workspace/loop-probe.ts';
import { type ManyRuns, manyRuns } from './workspace/many-runs.ts';
import { type FirstEvent, firstEvents, type RoundTrips, roundTrips } from './workspace/real-runs.ts';

/** Of each answer of the local Daytona server. */
const API_LATENCY_MS = 50;

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    runs: { type: 'string', default: '200' },
    repeats: { type: 'string', default: '5' },
  },
});
const positive = z.coerce.number().int().min(1);
const [runs, repeats] = [positive.parse(values.runs), positive.parse(values.repeats)];
const say = (line: string): void => void process.stdout.write(`${line}\n`);
const row = (name: string, value: string): void => say(`${name.padEnd(46)}${value}`);
const ms = (value: number): string => `${value.toFixed(0)} ms`;
const round = (value: number, digits = 0): number => Number(value.toFixed(digits));

async function starts(): Promise<number> {
  const each: number[] = [];
  for (let run = 0; run <= repeats; run += 1) each.push(await runnerStartMs());
  return median(each.slice(1));
}

function showFirstEvent(first: FirstEvent, startMs: number): void {
  say(`\nTrigger to first event, median of ${repeats}; each answer of the API takes ${API_LATENCY_MS} ms`);
  row('whole', ms(first.wholeMs));
  row(`the API (${first.apiCalls} calls)`, ms(first.apiMs));
  row('runner alone, from its start to its first event', ms(startMs));
  row('runner by the launcher in the workspace', ms(first.startMs));
  row('ours: whole − API − runner alone', ms(first.oursMs));
}

function showRoundTrips(trips: RoundTrips): void {
  say(`\nQuestion to answer in the runner, median of ${trips.calls} in one conversation`);
  row('whole', ms(trips.wholeMs));
  row(`the API (${trips.apiCalls} calls)`, ms(trips.apiMs));
  row('the model', ms(trips.modelMs));
  row('ours, the runner’s part included', ms(trips.oursMs));
  row('times that each byte of the events was sent', trips.timesSent.toFixed(3));
}

const delays = ({ p50Ms, p99Ms, maxMs }: LoopDelay): string => `${ms(p50Ms)}, ${ms(p99Ms)}, ${ms(maxMs)}`;

const mbPerRun = ({ peakMb, beforeMb, runs: count }: ManyRuns): number => (peakMb - beforeMb) / count;

function showMany(many: ManyRuns): void {
  say(`\n${many.runs} runs at once on Postgres, workspaces and runners simulated`);
  row('workspaces at once, at most', String(many.mostAtOnce));
  row('ended with their pull request, lost', `${many.pullRequests}, ${many.lost}`);
  row('time: runners, whole', `${many.workedS.toFixed(0)} s, ${many.tookS.toFixed(0)} s`);
  row('events, API requests', `${many.events}, ${many.requests}`);
  row('event loop, every 10 ms: p50, p99, max', delays(many.loop));
  row('the same while the last are published', delays(many.publishingLoop));
  row('the same in a process beside it doing nothing', delays(many.idleLoop));
  row(
    'app before, at most, 5 s after',
    [many.beforeMb, many.peakMb, many.afterMb].map((mb) => `${mb.toFixed(0)} MB`).join(', '),
  );
  row('memory a run', `${mbPerRun(many).toFixed(2)} MB`);
}

async function main(): Promise<void> {
  if (!postgresAvailable())
    throw new Error('PostgreSQL is not installed, and without it nothing is measured.');
  const postgres = await startPostgres();
  try {
    const startMs = await starts();
    const options = { runs: repeats, latencyMs: API_LATENCY_MS, runnerStartMs: startMs };
    const first = await firstEvents(await postgres.createDatabase(), options);
    showFirstEvent(first, startMs);
    const trips = await roundTrips(await postgres.createDatabase(), API_LATENCY_MS);
    showRoundTrips(trips);
    const many = await manyRuns(runs, await postgres.createDatabase());
    showMany(many);
    const figures = {
      first_event_ms: round(first.oursMs),
      round_trip_ms: round(trips.oursMs),
      loop_p99_ms: round(Math.max(many.loop.p99Ms, many.publishingLoop.p99Ms), 1),
      mb_per_run: round(mbPerRun(many), 2),
      times_sent: round(trips.timesSent, 3),
      idle_loop_p99_ms: round(many.idleLoop.p99Ms, 1),
      runner_start_ms: round(startMs),
      runs: many.runs,
      lost: many.lost,
    };
    if (values.json) say(`\n${JSON.stringify(figures)}`);
  } finally {
    await postgres.stop();
  }
}

await main();
