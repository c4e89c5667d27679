/**
 * What PTC Bot costs over the work itself: whole runs, from the label to finished, through the real server with a
 * model of no latency, against a shell script that does the same work by hand on the same forge. Their commands
 * run bare, ours isolated. Usage: npm run bench:overhead [-- --json] [-- --runs N]; `npm run build` comes first.
 */
import { parseArgs } from 'node:util';
import * as z from 'zod';
import { MAINTAINER, OWNER } from '../helpers/world.ts';
import { postgresAvailable, startPostgres } from '../helpers/postgres.ts';
import { SAMPLE_ISSUE } from '../helpers/sample-project.ts';
import { workByHand } from './overhead/by-hand.ts';
import { runnerStartMs } from './overhead/runner-start.ts';
import { makeSampleFiles, SAMPLE_DESCRIPTION } from './overhead/sample.ts';
import { type ServerFigures, type ServerSide, startServerSide } from './overhead/server-side.ts';
import { median, timeTable, type Timeline, totalMs } from './overhead/timeline.ts';

const { values } = parseArgs({
  options: { json: { type: 'boolean', default: false }, runs: { type: 'string', default: '5' } },
});
const runs = z.coerce.number().int().min(1).parse(values.runs);
const say = (line: string): void => void process.stdout.write(`${line}\n`);

/** Prepares work by hand beside a server's world; each call is one piece of it. */
async function prepareByHand({ world }: ServerSide, files: Awaited<ReturnType<typeof makeSampleFiles>>) {
  const { forge } = world;
  // An App of its own without an address for webhooks, so that the server hears of nothing.
  const app = forge.addApp({ webhookSecret: 'never-used-by-anybody', slug: 'by-hand' });
  const installation = forge.install(app, OWNER);
  const name = 'by-hand';
  await forge.addRepository({ owner: OWNER, name, files, collaborators: { [MAINTAINER]: 'write' } });
  const repository = `${OWNER}/${name}`;
  return async (): Promise<Timeline> => {
    const { body } = await forge.as(MAINTAINER, 'POST', `/repos/${repository}/issues`, SAMPLE_ISSUE);
    const { number: issue } = z.object({ number: z.number() }).parse(body);
    return workByHand({ forge, app, installation, repository, issue });
  };
}

const measured = <T>(all: readonly T[]): readonly T[] => all.slice(1);
const round = (value: number, digits = 0): number => Number(value.toFixed(digits));

function compare(hand: readonly Timeline[], ours: readonly Timeline[]) {
  const [handMs, oursMs] = [median(hand.map(totalMs)), median(ours.map(totalMs))];
  return { ratio: round(oursMs / handMs, 3), overheadS: round((oursMs - handMs) / 1000, 2) };
}

async function starts(): Promise<readonly number[]> {
  const each: number[] = [];
  for (let run = 0; run <= runs; run += 1) each.push(await runnerStartMs());
  return measured(each);
}

function report(hand: readonly Timeline[], embedded: ServerFigures, server: ServerFigures | null): void {
  const [ours, onPostgres] = [measured(embedded.timelines), server && measured(server.timelines)];
  say('');
  say(timeTable({ 'by hand': hand, ours, ...(onPostgres && { postgres: onPostgres }) }));
  say(
    '\nby hand: installs, tests and requests one after the other, bare. Ours: on PGlite; the agent works while',
  );
  say(
    'the base is installed and tested, so that its time is not seen. follow: from the last event to its storing.\nMemory: rss after the runs, peak since the start, which makes the database.',
  );
}

function figuresOf(hand: readonly Timeline[], embedded: ServerFigures, server: ServerFigures | null) {
  const compared = compare(hand, measured(embedded.timelines));
  const comparedPostgres = server && compare(hand, measured(server.timelines));
  return {
    ratio: compared.ratio,
    overhead_s: compared.overheadS,
    ratio_postgres: comparedPostgres?.ratio ?? null,
    overhead_postgres_s: comparedPostgres?.overheadS ?? null,
    by_hand_s: round(median(hand.map(totalMs)) / 1000, 2),
    writes: Math.max(...embedded.writes, ...(server?.writes ?? [])),
    runner_rss_mb: round(Math.max(embedded.runnerMb, server?.runnerMb ?? 0)),
    app_rss_mb: server && round(server.appMb),
    app_peak_mb: server && round(server.appPeakMb),
    app_rss_pglite_mb: round(embedded.appMb),
    app_peak_pglite_mb: round(embedded.appPeakMb),
    isolation: embedded.isolation,
    runs,
  };
}

async function main(): Promise<void> {
  const files = await makeSampleFiles();
  say(`Project: ${SAMPLE_DESCRIPTION}.\nEach side in turn, one warm-up, then the median of ${runs}.`);
  const postgres = postgresAvailable() ? await startPostgres() : null;
  if (postgres === null) say('PostgreSQL is not installed: PGlite alone is measured.');
  const sides: ServerSide[] = [];
  try {
    const embedded = await startServerSide(files);
    sides.push(embedded);
    const server = postgres && (await startServerSide(files, await postgres.createDatabase()));
    if (server) sides.push(server);
    const byHand = await prepareByHand(embedded, files);
    const allByHand: Timeline[] = [];
    for (let run = 0; run <= runs; run += 1) {
      allByHand.push(await byHand());
      for (const side of sides) await side.run();
    }
    const hand = measured(allByHand);
    const [onPglite, onPostgres] = [await embedded.end(), server && (await server.end())];
    report(hand, onPglite, onPostgres);
    const figures = {
      ...figuresOf(hand, onPglite, onPostgres),
      runner_start_ms: round(median(await starts())),
    };
    say('');
    if (values.json) say(JSON.stringify(figures));
    else for (const [name, value] of Object.entries(figures)) say(`${name.padEnd(22)}${value}`);
  } finally {
    for (const { world } of sides) await world.close();
    await postgres?.stop();
  }
}

await main();
