import { describe, expect, test } from 'vitest';
import { type ArtifactRun, DEFAULT_OPTIONS, type RunOptions } from '../../src/domain/run.ts';
import { createPlannerService } from '../../src/planner/planner-service.ts';
import { type RunnerJob } from '../../src/protocol/runner-job.ts';
import { type Planner, type Ports } from '../../src/run/ports.ts';
import { type Provision, provision } from '../../src/run/steps/provision.ts';
import { memoryRunStore } from '../helpers/memory-run-store.ts';
import { planned, type PlannerAnswer, startPlanner } from '../planner/planner-server.ts';
import { noteEvent, received, sampleArtifactRun } from '../store/samples.ts';

const LIMITS = { timeoutMs: 500, attempts: 2, firstPauseMs: 1, maxBytes: 10_000 };
const SUBTASK = { goal: 'Mend', task_type: 'CODE_INTERPRET' } as const;
const GOOD = { subtasks: [SUBTASK, SUBTASK], dependencies_graph: { '1': ['0'] } };
const PLAN = { subtasks: [SUBTASK, SUBTASK], after: [[], [0]] };
const runWith = (options: Partial<RunOptions>, change: Partial<ArtifactRun> = {}): ArtifactRun => ({
  ...sampleArtifactRun(),
  options: { ...DEFAULT_OPTIONS, ...options },
  ...change,
});

/** What the runner is told of a run from nothing, and what is said of the run; nothing of it is really started. */
async function provisioned(
  run: ArtifactRun,
  planner: Planner | null,
  store = memoryRunStore(),
  lost: Provision | null = null,
) {
  await store.create(run);
  const jobs: RunnerJob[] = [];
  const workspace = {
    runId: run.id,
    runnerState: async () => 'not-started',
    startRunner: async (job: RunnerJob) => void jobs.push(job),
  };
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the rest of the ports is never reached
  const ports = {
    store,
    planner,
    models: { choose: () => [{ provider: 'anthropic', model: 'any' }] },
    workspaces: { kind: 'local', ensure: async () => workspace },
    policy: {
      budgetUsd: 5,
      job: { mode: 'run', limits: { attempts: 3, jobTimeoutMs: 3_600_000 }, isolation: {} },
    },
    log: { info: () => undefined, warn: () => undefined, error: () => undefined },
    stopping: new AbortController().signal,
  } as unknown as Ports;
  const terms = await provision(ports, run, lost);
  return { terms, job: jobs[0], warnings: (await store.get(run.id))?.warnings };
}

async function plannedBy(answer: PlannerAnswer) {
  const { url, requests } = await startPlanner(answer);
  return { requests, service: createPlannerService({ url, token: null, limits: LIMITS }) };
}

describe('the plan of a run', () => {
  test('is that of the operator’s planner, which is asked for the whole task', async () => {
    const { service, requests } = await plannedBy(planned(GOOD));
    const { job, warnings } = await provisioned(runWith({}), service);

    expect(job?.plan).toEqual(PLAN);
    expect(warnings).toEqual([]);
    expect(JSON.parse(requests[0]?.body ?? '')).toEqual({ goal: 'A calculator', context: 'It adds.' });
  });

  test.each<[string, PlannerAnswer]>([
    ['no plan', planned({ subtasks: [] })],
    ['a cyclic plan', planned({ subtasks: [SUBTASK], dependencies_graph: { '0': ['0'] } })],
    ['an error', { status: 500, body: '' }],
    ['a redirect', { status: 302, body: '', location: 'http://127.0.0.1:1/' }],
    ['nothing', 'silence'],
  ])('is made by the runner when the planner answers %s, which is said', async (_what, answer) => {
    const { service } = await plannedBy(answer);
    const { job, warnings } = await provisioned(runWith({}), service);

    expect(job).toMatchObject({ plan: null, mode: 'run' });
    expect(warnings).toEqual([expect.stringContaining('The planner gave no plan, so one was made here')]);
  });

  test('is waited for no longer once the run is cancelled', async () => {
    const store = memoryRunStore();
    const run = runWith({});
    const planner: Planner = {
      plan: async (_question, signal) => {
        await store.requestCancel(run.id, 'ada');
        await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
        throw signal.reason;
      },
    };

    await expect(provisioned(run, planner, store)).rejects.toMatchObject({ code: 'cancelled' });
    expect((await store.get(run.id))?.warnings).toEqual([]);
  });

  test('whose planner says too much is warned of in few words', async () => {
    const { service } = await plannedBy(
      planned({ subtasks: [SUBTASK], dependencies_graph: { ['x'.repeat(9000)]: ['0'] } }),
    );
    const { warnings } = await provisioned(runWith({}), service);

    expect(warnings?.join('').length).toBeLessThan(1200);
  });

  test('that came with the request is kept, and a task that is to have none gets none', async () => {
    const { service, requests } = await plannedBy(planned(GOOD));
    const given = { subtasks: [SUBTASK], after: [[]] };

    expect((await provisioned(runWith({}, { plan: given }), service)).job?.plan).toEqual(given);
    expect((await provisioned(runWith({ planned: false }), service)).job).toMatchObject({
      plan: null,
      mode: 'atomic',
    });
    expect(requests).toEqual([]);
  });
});

describe('after a workspace was lost', () => {
  test('before it had said a word, the plan is still the one that came with the request', async () => {
    const store = memoryRunStore();
    const given = { subtasks: [SUBTASK], after: [[]] };
    const run = runWith({ planned: false }, { plan: given });
    const { terms } = await provisioned(run, null, store);
    const { job } = await provisioned(run, null, store, terms);

    expect(job).toMatchObject({ plan: given, resume: { life: 1, worked: [] } });
  });

  test('the plan of the operator’s planner is not asked for again', async () => {
    const { service, requests } = await plannedBy(planned(GOOD));
    const store = memoryRunStore();
    const run = runWith({});
    const { terms } = await provisioned(run, service, store);
    const { job } = await provisioned(run, service, store, terms);

    expect(job?.plan).toEqual(PLAN);
    expect(requests).toHaveLength(1);
  });

  test('the time that was asked for is not given anew', async () => {
    const store = memoryRunStore();
    const run = runWith({ timeoutMs: 1_800_000 });
    const { terms } = await provisioned(run, null, store);
    const at = new Date(Date.now() - 1_200_000).toISOString();
    await store.appendEvents(run.id, received({ ...noteEvent(1), at }));
    const { job } = await provisioned(run, null, store, terms);

    expect(job?.limits.jobTimeoutMs).toBeLessThanOrEqual(600_000);
    expect(job?.resume?.firstSeq).toBe(2);
  });
});

test('what was asked for holds within the limits of the operator', async () => {
  const asked = { budgetUsd: 2, attempts: 7, timeoutMs: 7_200_000, dependencies: ['express'] };
  const { terms, job } = await provisioned(runWith(asked), null);
  const greedy = await provisioned(runWith({ budgetUsd: 100, timeoutMs: 100 }), null);

  expect(terms.budgetUsd).toBe(2);
  expect(job).toMatchObject({ limits: { attempts: 7, jobTimeoutMs: 3_600_000 }, dependencies: ['express'] });
  expect(greedy.terms.budgetUsd).toBe(5);
  expect(greedy.job?.limits.jobTimeoutMs).toBe(100);
});
