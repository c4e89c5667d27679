import { afterAll, beforeAll, describe, test } from 'vitest';
import * as z from 'zod';
import {
  COMMAND_LINGERS,
  endAt,
  LINGERING_COMMAND,
  MODEL_ASKED,
  watchModel,
} from '../../helpers/crash-moments.ts';
import { CALCULATOR, creating } from '../../helpers/new-files.ts';
import { postgresAvailable, startPostgres, type TestPostgres } from '../../helpers/postgres.ts';
import { describeWith } from '../../helpers/required-tool.ts';
import { type ScriptedTurn } from '../../helpers/scripted-model.ts';
import { type ServerProcess } from '../../helpers/server-process.ts';
import { createWorld, until } from '../../helpers/world.ts';
import { execute, planFor } from './executions.ts';

/** Several starts of a server, each a few seconds where nothing else runs. */
const TIMEOUT_MS = 300_000;

const PATCH = { name: 'apply_patch', input: { diff: creating(CALCULATOR) } };
const FINISH = { name: 'finish', input: { title: 'Add a calculator', body: 'With tests.' } };
const LINGER = { name: 'run_command', input: { command: LINGERING_COMMAND } };
const TURNS: readonly ScriptedTurn[] = [{ tools: [PATCH] }, { tools: [LINGER] }, { tools: [FINISH] }];

const Stats = z.object({
  running_executions: z.number(),
  waiting_executions: z.number(),
  successful_executions: z.number(),
});

describe('on PGlite', () => {
  killed(async () => ({}));
});

describeWith('postgres', postgresAvailable(), 'on Postgres', () => {
  let postgres: TestPostgres;
  beforeAll(async () => {
    postgres = await startPostgres();
  });
  afterAll(() => postgres.stop());
  killed(async () => ({ DATABASE_URL: await postgres.createDatabase() }));
});

function killed(newDatabase: () => Promise<Readonly<Record<string, string>>>): void {
  test(
    'an app killed at every moment of an execution gives its one result to the client that asks again',
    {
      timeout: TIMEOUT_MS,
    },
    async ({ expect }) => {
      const world = await createWorld({ turns: TURNS });
      try {
        const model = watchModel(world.model);
        const env = await newDatabase();
        const plan = planFor('killed-everywhere');
        let server = await world.start(env);
        for (const moment of [MODEL_ASKED, COMMAND_LINGERS]) {
          const armed = await moment.arm(world, model);
          const answer = execute(server.apiUrl, plan).then(
            () => 'answered',
            () => 'cut',
          );
          await endAt(moment, armed, server, 'SIGKILL');
          expect(await answer).toBe('cut');
          server = await world.start(env);
        }
        // A client that does not hear the answer, for it has gone before.
        const gone = new AbortController();
        const unheard = execute(server.apiUrl, plan, { signal: gone.signal }).catch(() => 'unheard');
        gone.abort();
        expect(await unheard).toBe('unheard');
        await stands(server, ({ successful_executions: successes }) => successes === 1);
        await server.end('SIGKILL');
        server = await world.start(env);

        const result = await execute(server.apiUrl, plan);
        expect(result).toMatchObject({
          status: 'SUCCESS',
          test_results: { tests_passed: 3, tests_failed: 0 },
        });
        expect(result.artifacts.map(({ file_path: file }) => file)).toEqual(Object.keys(CALCULATOR));
        // Only the question whose answer was lost on its way was asked twice, and each answer is billed once.
        expect(model.asked).toEqual([2, 1, 1, 0]);
        expect(result.llm_usage).toMatchObject([
          { provider: 'claude', api_calls: 3, total_tokens: 3 * 1350 },
        ]);
        expect(await execute(server.apiUrl, plan)).toEqual(result);
        expect(model.asked).toEqual([2, 1, 1, 0]);
      } finally {
        await world.close();
      }
    },
  );

  test(
    'an app killed with an execution at work and one in the queue does both',
    {
      timeout: TIMEOUT_MS,
    },
    async ({ expect }) => {
      const world = await createWorld({ turns: [{ tools: [PATCH, FINISH] }] });
      try {
        const model = watchModel(world.model);
        const env = { ...(await newDatabase()), PTC_MAX_RUNS: '1', PTC_MAX_RUNS_PER_WORKER: '1' };
        const plans = [planFor('at-work'), planFor('in-the-queue', { cache_strategy: 'never' })];
        let server = await world.start(env);
        const { isAsked, release } = model.hold(0);
        const cut = [];
        for (const plan of plans) {
          cut.push(execute(server.apiUrl, plan).catch(() => 'cut'));
          await until('the first to be at work', isAsked);
        }
        await stands(server, ({ waiting_executions: waiting }) => waiting === 1);
        await server.end('SIGKILL');
        release();
        expect(await Promise.all(cut)).toEqual(['cut', 'cut']);

        server = await world.start(env);
        const { apiUrl } = server;
        const results = await Promise.all(plans.map((plan) => execute(apiUrl, plan)));
        expect(results.map(({ status, execution_id: id }) => [id, status])).toEqual([
          ['at-work', 'SUCCESS'],
          ['in-the-queue', 'SUCCESS'],
        ]);
        expect(results.map(({ llm_usage: usage }) => usage.map(({ api_calls: calls }) => calls))).toEqual([
          [1],
          [1],
        ]);
        expect(model.asked[0]).toBe(3);
      } finally {
        await world.close();
      }
    },
  );
}

/** Waits until the server counts its executions so. */
const stands = (server: ServerProcess, fits: (stats: z.infer<typeof Stats>) => boolean) =>
  until(
    'the executions to stand so',
    async () => fits(Stats.parse(await (await fetch(`${server.apiUrl}/stats`)).json())),
    150_000,
  ).catch((error: unknown) => {
    throw new Error(server.log.slice(-40).join('\n'), { cause: error });
  });
