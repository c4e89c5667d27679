import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { COMMIT_ON_BRANCH, endAt, MODEL_ASKED, watchModel } from '../helpers/crash-moments.ts';
import { leftBehind, leftByOneRun } from '../helpers/left-behind.ts';
import { postgresAvailable, startPostgres, type TestPostgres } from '../helpers/postgres.ts';
import { describeWith } from '../helpers/required-tool.ts';
import { createWorld, untilFinished, type World } from '../helpers/world.ts';

describeWith('postgres', postgresAvailable(), 'two workers on one Postgres and one data folder', () => {
  let postgres: TestPostgres;
  let world: World | null = null;
  beforeAll(async () => {
    postgres = await startPostgres();
  });
  afterEach(async () => {
    await world?.close();
    world = null;
  });
  afterAll(() => postgres.stop());

  test.each([
    { moment: MODEL_ASKED, asked: [2, 1, 1, 1] },
    { moment: COMMIT_ON_BRANCH, asked: [1, 1, 1, 1] },
  ])('a worker killed for good, $moment.name, has its run ended by the other', async ({ moment, asked }) => {
    world = await createWorld();
    const model = watchModel(world.model);
    const env = { DATABASE_URL: await postgres.createDatabase() };
    const first = await world.start({ ...env, PTC_WORKER_ID: 'a' });
    const issue = await world.openIssue();
    const armed = await moment.arm(world, model);
    // Alone when the run begins, so that it is its own.
    const runId = await world.label(issue);
    const second = await world.start({ ...env, PTC_WORKER_ID: 'b' });
    await endAt(moment, armed, first, 'SIGKILL');

    const { status } = await untilFinished(second, runId);
    expect(status).toBe('succeeded');
    expect(await leftBehind(world, issue)).toEqual(leftByOneRun(world, runId));
    expect(model.asked).toEqual(asked);
    expect(second.log.some((line) => line.includes('took over from a dead worker'))).toBe(true);
  });
});
