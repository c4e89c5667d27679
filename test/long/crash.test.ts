import { afterAll, beforeAll, describe, test } from 'vitest';
import { endAt, LINGERING_TURNS, MOMENTS, watchModel } from '../helpers/crash-moments.ts';
import { leftBehind, leftByOneRun } from '../helpers/left-behind.ts';
import { postgresAvailable, startPostgres, type TestPostgres } from '../helpers/postgres.ts';
import { describeWith } from '../helpers/required-tool.ts';
import { createWorld, untilFinished, type World } from '../helpers/world.ts';

/** About twenty starts of a server, each a few seconds where nothing else runs. */
const TIMEOUT_MS = 600_000;
type Signal = 'SIGKILL' | 'SIGTERM';
/** Each takes most of a minute: PTC_TEST_CRASH=all tries both signals on both databases. */
const BOTH = process.env['PTC_TEST_CRASH'] === 'all';

describe('on PGlite', () => {
  endingEverywhere(BOTH ? ['SIGKILL', 'SIGTERM'] : ['SIGKILL'], async () => ({}));
});

describeWith('postgres', postgresAvailable(), 'on Postgres', () => {
  let postgres: TestPostgres;
  beforeAll(async () => {
    postgres = await startPostgres();
  });
  afterAll(() => postgres.stop());
  endingEverywhere(BOTH ? ['SIGKILL', 'SIGTERM'] : ['SIGTERM'], async () => ({
    DATABASE_URL: await postgres.createDatabase(),
  }));
});

function endingEverywhere(
  signals: readonly Signal[],
  newDatabase: () => Promise<Readonly<Record<string, string>>>,
): void {
  test.concurrent.for(signals)(
    'a run whose server gets %s at every moment in turn does everything once',
    { timeout: TIMEOUT_MS },
    async (signal, { expect }) => {
      const world = await createWorld({ turns: LINGERING_TURNS });
      try {
        const { runId, issue, asked, status } = await endedEverywhere(world, signal, await newDatabase());
        expect(status).toBe('succeeded');
        expect(await leftBehind(world, issue)).toEqual(leftByOneRun(world, runId));
        // Who is killed loses the answer that was on its way; who is told to end waits for it.
        expect(asked).toEqual([signal === 'SIGKILL' ? 2 : 1, 1, 1, 1, 1]);
      } finally {
        await world.close();
      }
    },
  );
}

/** One run, its server ended at each of the moments and started anew. */
async function endedEverywhere(world: World, signal: Signal, env: Readonly<Record<string, string>>) {
  const model = watchModel(world.model);
  let server = await world.start(env);
  const issue = await world.openIssue();
  let runId = '';
  for (const moment of MOMENTS) {
    // Armed while no server is there, so that the run cannot be past it already.
    const armed = await moment.arm(world, model);
    if (runId === '') runId = await world.label(issue);
    else server = await world.start(env);
    await endAt(moment, armed, server, signal);
  }
  server = await world.start(env);
  const { status } = await untilFinished(server, runId);
  return { runId, issue, asked: model.asked, status };
}
