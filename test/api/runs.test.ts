import { beforeEach, describe, expect, test } from 'vitest';
import * as z from 'zod';
import { type Outcome } from '../../src/domain/run.ts';
import { RunDocument, RunList, RunReceipt } from '../../src/protocol/runs-api.ts';
import { planEvents, planOfSix, planResult, seedPlanRun, STEPS_OF_SIX } from './plan-seed.ts';
import { openRunsApi, REQUEST } from './runs-bed.ts';
import { DIFF, makeRun, seedRun } from './seed.ts';

let bed: ReturnType<typeof openRunsApi>;
beforeEach(() => {
  bed = openRunsApi();
});

const accepted = async (response: Response): Promise<RunReceipt> => {
  expect(response.status).toBe(202);
  return RunReceipt.parse(await response.json());
};
const Answer = z.object({ error: z.record(z.string(), z.unknown()) });
const problem = async (response: Response) => ({
  status: response.status,
  ...Answer.parse(await response.json()),
});
const over = (status: Outcome['status']): Outcome => ({ status, problem: null, publication: null });
const shown = async (id: string) => RunDocument.parse(await (await bed.get(`/${id}`)).json());

describe('POST /api/v1/runs', () => {
  test('takes a run, says where it is, and shows it', async () => {
    const response = await bed.post('', { ...REQUEST, goal: 'Make sum add\n\nsum(1, 2) gives -1.\n' });
    const { id, url, status } = await accepted(response);

    expect(status).toBe('queued');
    expect(url).toBe(`http://localhost/api/v1/runs/${id}`);
    expect(response.headers.get('location')).toBe(`/api/v1/runs/${id}`);
    expect(await shown(id)).toMatchObject({
      id,
      status: 'queued',
      repository: 'octo/calculator',
      subject: null,
      requested_by: null,
      title: 'Make sum add',
      goal: 'Make sum add\n\nsum(1, 2) gives -1.',
      base: 'main',
      branch: `ptc/make-sum-add-sum-1-2-gives-1-${id.replaceAll('-', '').slice(-8)}`,
      plan: null,
      pull_request: null,
      links: { events: `${url}/events`, page: `http://localhost/runs/${id}` },
    });
  });

  test('keeps what was asked for', async () => {
    const { id } = await accepted(
      await bed.post('', {
        ...REQUEST,
        base: 'next',
        plan: {
          subtasks: [
            { goal: 'Look', task_type: 'RETRIEVE', dependencies: [], result: null },
            { goal: 'Mend', task_type: 'CODE_INTERPRET', dependencies: ['0'] },
          ],
          dependencies_graph: { '1': ['0'] },
        },
        options: {
          budget_usd: 1.5,
          allow: ['.npmrc'],
          attempts: 2,
          timeout_seconds: 600,
          models: ['anthropic:sonnet'],
        },
        callback_url: 'https://roma.example/hook?secret=canary',
      }),
    );
    const run = (await bed.store.get(id))?.run;

    expect(run).toMatchObject({
      options: {
        acceptance: 'proof',
        budgetUsd: 1.5,
        attempts: 2,
        timeoutMs: 600_000,
        models: ['anthropic:sonnet'],
        planned: true,
      },
      allow: ['.npmrc'],
      callbackUrl: 'https://roma.example/hook?secret=canary',
      target: { mode: 'new-pull-request', baseBranch: 'next' },
    });
    expect(await shown(id)).toMatchObject({
      plan: {
        subtasks: [
          { goal: 'Look', state: 'waiting' },
          { goal: 'Mend', state: 'waiting' },
        ],
        dependencies_graph: { '1': ['0'] },
      },
    });
    for (const path of [`/${id}`, '']) expect(await (await bed.get(path)).text()).not.toContain('canary');
  });

  const subtask = (n: number) => ({ goal: `Do ${n}`, task_type: 'WRITE' });
  const withPlan = (count: number, graph: Readonly<Record<string, readonly string[]>>) => ({
    ...REQUEST,
    plan: { subtasks: Array.from({ length: count }, (_, n) => subtask(n)), dependencies_graph: graph },
  });

  test.each<[string, unknown, string]>([
    ['no repository', { goal: 'x' }, 'repository'],
    ['what is no repository', { ...REQUEST, repository: 'octo/../x' }, 'repository'],
    ['a repository of a path', { ...REQUEST, repository: 'octo/..' }, 'repository'],
    ['no goal', { ...REQUEST, goal: ' \n ' }, 'goal'],
    ['a goal without end', { ...REQUEST, goal: 'x'.repeat(65_537) }, 'goal'],
    ['a goal that is no text', { ...REQUEST, goal: 'a\0b' }, 'goal'],
    ['a branch that git forbids', { ...REQUEST, base: 'a..b' }, 'base'],
    ['a branch with U+0000', { ...REQUEST, base: 'a\0b' }, 'base'],
    [
      'a subtask without a goal',
      { ...REQUEST, plan: { subtasks: [{ task_type: 'WRITE' }] } },
      'plan.subtasks.0.goal',
    ],
    [
      'a kind of work that is none',
      { ...REQUEST, plan: { subtasks: [{ goal: 'x', task_type: 'DANCE' }] } },
      'plan.subtasks.0.task_type',
    ],
    ['no subtasks', { ...REQUEST, plan: { subtasks: [] } }, 'plan.subtasks'],
    ['a budget below nothing', { ...REQUEST, options: { budget_usd: -1 } }, 'options.budget_usd'],
    ['attempts without end', { ...REQUEST, options: { attempts: 1000 } }, 'options.attempts'],
    ['a field of its own', { ...REQUEST, gaol: 'x' }, ''],
  ])('refuses %s and names the field', async (_what, body, path) => {
    const { status, error } = await problem(await bed.post('', body));

    expect(status).toBe(422);
    expect(error).toMatchObject({ code: 'request-invalid', fields: [{ path }] });
  });

  test.each<[string, unknown, string, string]>([
    ['a plan that waits for itself', withPlan(2, { '0': ['1'], '1': ['0'] }), 'plan-cyclic', '0 → 1 → 0'],
    ['a plan with a subtask that is not there', withPlan(2, { '1': ['2'] }), 'plan-invalid', '"2"'],
    ['a plan of 200 subtasks', withPlan(200, {}), 'plan-too-large', '200'],
    [
      'an image',
      { ...REQUEST, plan: { subtasks: [{ goal: 'x', task_type: 'IMAGE_GENERATION' }] } },
      'plan-unsupported',
      'subtask 0',
    ],
    [
      'a repository we are not on',
      { ...REQUEST, repository: 'octo/other' },
      'repository-unknown',
      'octo/other',
    ],
    ['a branch that is not there', { ...REQUEST, base: 'gone' }, 'base-branch-missing', 'gone'],
    [
      'a model that is not offered',
      { ...REQUEST, options: { models: ['openai'] } },
      'model-not-offered',
      'openai',
    ],
    [
      'a callback without TLS',
      { ...REQUEST, callback_url: 'http://roma.example' },
      'callback-refused',
      'not https',
    ],
    [
      'a callback with a password',
      { ...REQUEST, callback_url: 'https://a:b@roma.example' },
      'callback-refused',
      'password',
    ],
    ['a callback that is no address', { ...REQUEST, callback_url: 'roma' }, 'callback-refused', 'no URL'],
  ])('refuses %s and says so', async (_what, body, code, words) => {
    const { status, error } = await problem(await bed.post('', body));

    expect(status).toBe(422);
    expect(error).toMatchObject({ code, message: expect.stringContaining(words) });
    expect(await bed.store.list(10)).toEqual([]);
  });

  test('refuses a callback where nothing can be signed', async () => {
    bed = openRunsApi(null);
    const { status, error } = await problem(
      await bed.post('', { ...REQUEST, callback_url: 'https://roma.example' }),
    );

    expect(status).toBe(422);
    expect(error).toMatchObject({
      code: 'callback-refused',
      remedy: expect.stringContaining('PTC_WEBHOOK_SECRET'),
    });
  });

  test('a title of great length is cut, and the goal is kept', async () => {
    const goal = `${'word '.repeat(100)}end`;
    const document = await shown((await accepted(await bed.post('', { ...REQUEST, goal }))).id);

    expect(document.title).toHaveLength(200);
    expect(document.goal).toContain(goal);
  });
});

describe('an Idempotency-Key', () => {
  const send = (body: unknown, key = 'one') => bed.post('', body, { 'idempotency-key': key });

  test('makes the same request the same run, also of many at once', async () => {
    const all = await Promise.all(Array.from({ length: 20 }, async () => accepted(await send(REQUEST))));
    const named = await accepted(await send({ ...REQUEST, repository: 'Octo/Calculator', base: 'main' }));

    expect(new Set([...all, named].map(({ id }) => id)).size).toBe(1);
    expect(await bed.store.list(10)).toHaveLength(1);
  });

  test('stands for its run when that is over, and another key for another run', async () => {
    const { id } = await accepted(await send(REQUEST));
    await bed.store.finish(id, over('succeeded'));

    expect(await accepted(await send(REQUEST))).toMatchObject({ id, status: 'succeeded' });
    expect((await accepted(await send(REQUEST, 'two'))).id).not.toBe(id);
  });

  test.each([
    ['goal', { goal: 'Something else' }],
    ['base', { base: 'next' }],
    ['options', { options: { attempts: 1 } }],
    ['allowed paths', { options: { allow: ['x'] } }],
    ['callback', { callback_url: 'https://roma.example' }],
    ['plan', { plan: { subtasks: [{ goal: 'x', task_type: 'WRITE' }] } }],
  ])('with another %s is a conflict', async (_what, change) => {
    await send(REQUEST);
    const { status, error } = await problem(await send({ ...REQUEST, ...change }));

    expect(status).toBe(409);
    expect(error['code']).toBe('idempotency-conflict');
  });
});

describe('GET /api/v1/runs', () => {
  const listed = async (query = '') => RunList.parse(await (await bed.get(query)).json());

  test('lists the runs of the forge too, page by page', async () => {
    await seedRun(bed.store, 'run-a');
    await seedRun(bed.store, 'run-b', { active: true, number: 8 });
    const { id } = await accepted(await bed.post('', REQUEST));
    const first = await listed('?limit=2');
    const second = await listed(`?limit=2&before=${first.next}`);

    expect(first.runs.map((run) => run.id)).toEqual([id, 'run-b']);
    expect(second).toMatchObject({ runs: [{ id: 'run-a' }], next: null });
    expect(second.runs[0]).toMatchObject({
      status: 'succeeded',
      repository: 'octo/calculator',
      requested_by: 'ada',
      subject: { kind: 'issue', number: 7 },
      pull_request: { number: 8, draft: true },
      problem: { code: 'code' },
    });
    expect((await listed('?status=running')).runs.map((run) => run.id)).toEqual(['run-b']);
    expect((await listed('?status=queued')).runs.map((run) => run.id)).toEqual([id]);
    expect((await listed('?before=nobody')).runs).toEqual([]);
  });

  test.each([
    'limit=0',
    'limit=201',
    'limit=x',
    `limit=${'9'.repeat(400)}`,
    'limit=1&limit=2',
    'status=all',
    `before=${'x'.repeat(513)}`,
  ])('refuses %s', async (query) => {
    expect((await bed.get(`?${query}`)).status).toBe(422);
  });
});

describe('GET /api/v1/runs/{id}', () => {
  test('tells how a run ended, what it cost, and how it was proven', async () => {
    await seedRun(bed.store, 'run-a');
    await bed.store.addWarning('run-a', 'The planner gave no plan.');

    expect(await shown('run-a')).toMatchObject({
      status: 'succeeded',
      phase: 'finished',
      base: 'main',
      branch: 'ptc/7-sum-subtracts',
      goal: expect.stringMatching(/^Sum subtracts[^]*\n\nand add a test$/),
      proof: { verdict: 'green', reasons: ['a reason'] },
      warnings: ['The planner gave no plan.'],
      cancel_requested_by: 'grace',
      spending: {
        cost_usd: 0.0334,
        requests: 2,
        models: [{ name: 'anthropic:claude-sonnet-4-5', requests: 2 }],
      },
    });
  });

  test('tells of each subtask how it stands', async () => {
    await seedPlanRun(
      bed.store,
      'run-a',
      planEvents(planOfSix(), STEPS_OF_SIX),
      planResult('run-a', planOfSix()),
    );
    const { plan } = await shown('run-a');

    expect(plan?.subtasks).toHaveLength(6);
    expect(new Set(plan?.subtasks.map(({ state }) => state)).size).toBeGreaterThan(1);
    expect(Object.keys(plan?.dependencies_graph ?? {}).length).toBeGreaterThan(0);
  });

  test.each(['', '/events', '/patch'])('of a run that nobody knows is a 404: %s', async (path) => {
    for (const id of ['nobody', '%00', '%F0%28', 'x'.repeat(3000), '..%2f..', '%ED%A0%80']) {
      const { status, error } = await problem(await bed.get(`/${id}${path}`));
      expect(status).toBe(404);
      expect(error['code']).toBe('run-unknown');
    }
  });
});

describe('GET /api/v1/runs/{id}/patch', () => {
  test('is the diff as it is', async () => {
    await seedRun(bed.store, 'run-a');
    const response = await bed.get('/run-a/patch');

    expect(response.headers.get('content-type')).toBe('text/x-diff; charset=utf-8');
    expect(await response.text()).toBe(DIFF);
  });

  test('is a 404 before there is one', async () => {
    await bed.store.create(makeRun('run-a'));
    expect(await problem(await bed.get('/run-a/patch'))).toMatchObject({
      status: 404,
      error: { code: 'patch-missing' },
    });
  });
});

describe('POST /api/v1/runs/{id}/cancel', () => {
  test('asks the run to end, once or several times', async () => {
    const { id } = await accepted(await bed.post('', REQUEST));
    await accepted(await bed.post(`/${id}/cancel`));
    await accepted(await bed.post(`/${id}/cancel`));
    expect((await shown(id)).cancel_requested_by).toBe('a client of the API');

    await bed.store.finish(id, over('cancelled'));
    expect(await accepted(await bed.post(`/${id}/cancel`))).toMatchObject({ id, status: 'cancelled' });
  });

  test('is a conflict once the run is over, and a 404 for one that is unknown', async () => {
    await seedRun(bed.store, 'run-a');

    expect(await problem(await bed.post('/run-a/cancel'))).toMatchObject({
      status: 409,
      error: { code: 'run-finished' },
    });
    expect((await bed.post('/nobody/cancel')).status).toBe(404);
  });
});

describe('POST /api/v1/runs/{id}/retry', () => {
  test('takes the same work as a new run, on a branch of its own', async () => {
    const body = { ...REQUEST, options: { attempts: 2 }, callback_url: 'https://roma.example' };
    const { id } = await accepted(await bed.post('', body));
    await bed.store.finish(id, over('failed'));
    const response = await bed.post(`/${id}/retry`);
    const again = await accepted(response);
    const [first, second] = await Promise.all([bed.store.get(id), bed.store.get(again.id)]);

    expect(again.id).not.toBe(id);
    expect(response.headers.get('location')).toBe(`/api/v1/runs/${again.id}`);
    expect(second?.run).toMatchObject({
      task: first?.run.task,
      options: first?.run.options,
      callbackUrl: first?.run.callbackUrl,
    });
    expect((await shown(again.id)).branch).not.toBe((await shown(id)).branch);
  });

  test('of a run of an issue keeps the issue and its branch', async () => {
    await seedRun(bed.store, 'run-a');
    const { id } = await accepted(await bed.post('/run-a/retry'));

    expect(await shown(id)).toMatchObject({
      status: 'queued',
      subject: { number: 7 },
      branch: 'ptc/7-sum-subtracts',
      requested_by: 'ada',
    });
  });

  test('is a conflict while the run or another of its issue is at work', async () => {
    await seedRun(bed.store, 'run-a');
    const { id } = await accepted(await bed.post('/run-a/retry'));

    expect(await problem(await bed.post(`/${id}/retry`))).toMatchObject({
      status: 409,
      error: { code: 'run-active' },
    });
    expect(await problem(await bed.post('/run-a/retry'))).toMatchObject({
      status: 409,
      error: { code: 'subject-busy' },
    });
    expect((await bed.post('/nobody/retry')).status).toBe(404);
  });
});
