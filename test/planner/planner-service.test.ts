import { describe, expect, test } from 'vitest';
import { toProblem } from '../../src/domain/errors.ts';
import { createPlannerService } from '../../src/planner/planner-service.ts';
import { planned, type PlannerAnswer, startPlanner } from './planner-server.ts';

const LIMITS = { timeoutMs: 300, attempts: 3, firstPauseMs: 1, maxBytes: 10_000 };
const TOKEN = 'canary-of-the-planner';
const QUESTION = { goal: 'Make it faster', context: null };
const SUBTASKS = [
  { goal: 'Measure', task_type: 'THINK' },
  { goal: 'Mend', task_type: 'CODE_INTERPRET' },
];
const GOOD = planned({ subtasks: SUBTASKS, dependencies_graph: { '1': ['0'] }, more: true });

const ask = (url: string, timeoutMs = LIMITS.timeoutMs) =>
  createPlannerService({ url, token: TOKEN, limits: { ...LIMITS, timeoutMs } }).plan(
    QUESTION,
    new AbortController().signal,
  );
const problemOf = (plan: Promise<unknown>) => plan.then(() => null, toProblem);

describe('a planner that is somebody else’s', () => {
  test('is asked for the goal, with the operator’s token, and its plan is used', async () => {
    const planner = await startPlanner(GOOD);
    const plan = await ask(planner.url, 20_000);

    expect(plan).toEqual({ subtasks: SUBTASKS, after: [[], [0]] });
    expect(JSON.parse(planner.requests[0]?.body ?? '')).toEqual(QUESTION);
    expect(planner.requests[0]?.headers).toMatchObject({
      'content-type': 'application/json',
      authorization: `Bearer ${TOKEN}`,
    });
  });

  test('gets no authorization without a token', async () => {
    const planner = await startPlanner(GOOD);
    const service = createPlannerService({ url: planner.url, token: null });
    await service.plan(QUESTION, new AbortController().signal);

    expect(planner.requests[0]?.headers).not.toHaveProperty('authorization');
  });

  test('is asked again while it fails, and once more when it was silent', async () => {
    const planner = await startPlanner({ status: 503, body: 'busy' }, 'silence', GOOD);

    expect((await ask(planner.url, 1000)).subtasks).toHaveLength(2);
    expect(planner.requests).toHaveLength(3);
  });

  test.each<[string, PlannerAnswer, string, number]>([
    ['an error each time', { status: 500, body: 'oops' }, 'planner-unavailable', 3],
    ['too many requests each time', { status: 429, body: '' }, 'planner-unavailable', 3],
    ['nothing at all', 'silence', 'planner-unavailable', 3],
    ['a refusal', { status: 401, body: '' }, 'planner-refused', 1],
    ['a redirect', { status: 307, body: '', location: 'http://127.0.0.1:1/' }, 'planner-refused', 1],
    ['no JSON', { status: 200, body: '<html>' }, 'planner-answer-invalid', 1],
    ['too much', { status: 200, body: ' '.repeat(10_001) }, 'planner-answer-invalid', 1],
    ['no plan', planned({ tasks: [] }), 'plan-invalid', 1],
    [
      'a subtask that is not there',
      planned({ subtasks: SUBTASKS, dependencies_graph: { '1': ['7'] } }),
      'plan-invalid',
      1,
    ],
    [
      'a cycle',
      planned({ subtasks: SUBTASKS, dependencies_graph: { '0': ['1'], '1': ['0'] } }),
      'plan-cyclic',
      1,
    ],
    [
      'an image',
      planned({ subtasks: [{ goal: 'Draw', task_type: 'IMAGE_GENERATION' }] }),
      'plan-unsupported',
      1,
    ],
  ])('that answers %s is a typed error', async (_what, answer, code, requests) => {
    const planner = await startPlanner(answer);
    const problem = await problemOf(ask(planner.url));

    expect(problem?.code).toBe(code);
    expect(planner.requests).toHaveLength(requests);
    expect(JSON.stringify(problem)).not.toContain(TOKEN);
  });

  test('that is not there is a typed error', async () => {
    expect((await problemOf(ask('http://127.0.0.1:1/plan')))?.code).toBe('planner-unavailable');
  });

  test('is left when the server is to end', async () => {
    const planner = await startPlanner('silence');
    const stopping = new AbortController();
    const plan = createPlannerService({
      url: planner.url,
      token: null,
      limits: { ...LIMITS, timeoutMs: 60_000 },
    }).plan(QUESTION, stopping.signal);
    await expect.poll(() => planner.requests.length).toBe(1);
    stopping.abort(new Error('the end'));

    await expect(plan).rejects.toThrow('the end');
    expect(planner.requests).toHaveLength(1);
  });
});
