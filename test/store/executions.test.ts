import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { type PTCExecutionPlan } from '../../src/protocol/roma.ts';
import { type ExecutionRequest, type ExecutionStore } from '../../src/run/executions/ports.ts';
import { createExecutionStore } from '../../src/store/executions.ts';
import { tidyUp } from '../../src/store/housekeeping.ts';
import { createRunStore } from '../../src/store/runs.ts';
import { artifactResult, samplePlan } from '../helpers/execution-plan.ts';
import { onEveryDatabase } from './every-database.ts';
import { AWKWARD_TEXT, sampleOutcome, sampleRun } from './samples.ts';

const NOW = new Date('2026-11-25T12:00:00Z');
const later = (seconds: number): Date => new Date(NOW.getTime() + seconds * 1000);

const requestOf = (plan: PTCExecutionPlan, cacheKey: string | null = randomUUID()): ExecutionRequest => ({
  plan,
  fingerprint: 'f',
  cacheKey,
  runId: `run-${randomUUID()}`,
});

onEveryDatabase('executions', (database) => {
  const store = (): ExecutionStore => createExecutionStore(database());
  const take = async (request: ExecutionRequest, now = NOW, max = 1000) => {
    const taken = await store().take(request, now, max);
    if (taken === null) throw new Error('there was no room');
    return taken;
  };
  /** An execution that came to this, and the key it is kept under. */
  const settled = async (
    change: Parameters<typeof artifactResult>[1] = {},
    planned: Parameters<typeof samplePlan>[0] = {},
  ) => {
    const request = requestOf(samplePlan(planned));
    const id = request.plan.execution_id;
    await take(request);
    await store().settle(id, artifactResult(id, change), NOW);
    return { id, cacheKey: request.cacheKey };
  };
  const isServed = async (
    cacheKey: string | null,
    planned: Parameters<typeof samplePlan>[0] = {},
    now = later(1),
  ): Promise<boolean> => {
    const { execution } = await take(requestOf(samplePlan(planned), cacheKey), now);
    return execution.work.kind === 'hit';
  };

  test('what is taken once is found from then on, with the run of the first time', async () => {
    const request = requestOf(samplePlan());
    const first = await take(request);
    const again = await take({ ...request, fingerprint: 'another', runId: 'run-another' }, later(60));

    expect(first).toEqual({
      isNew: true,
      execution: {
        id: request.plan.execution_id,
        fingerprint: 'f',
        cacheKey: request.cacheKey,
        createdAt: NOW.toISOString(),
        work: { kind: 'under-way', runId: request.runId },
      },
    });
    expect(again).toEqual({ ...first, isNew: false });
    expect(await store().get(request.plan.execution_id)).toEqual(first.execution);
    expect(await store().orderOf(request.plan.execution_id, request.runId)).toEqual({
      plan: request.plan,
      cacheKey: request.cacheKey,
    });
    expect(await store().orderOf(request.plan.execution_id, 'run-another')).toBeNull();
    expect(await store().get('exec-unknown')).toBeNull();
  });

  test('of many that come at once under one id, one is new', async () => {
    const plan = samplePlan();
    const taken = await Promise.all(Array.from({ length: 50 }, () => take(requestOf(plan, null))));

    expect(taken.filter(({ isNew }) => isNew)).toHaveLength(1);
    expect(new Set(taken.map(({ execution }) => JSON.stringify(execution.work))).size).toBe(1);
  });

  test('any text survives, and the first result stays', async () => {
    const id = `${AWKWARD_TEXT}.`;
    const request = requestOf(samplePlan({ execution_id: id, project_name: AWKWARD_TEXT }));
    await take(request);
    const result = artifactResult(id, { warnings: [AWKWARD_TEXT] });
    await store().settle(id, result, NOW);
    await store().settle(id, artifactResult(id, { status: 'FAILURE' }), later(1));

    expect((await store().get(id))?.work).toMatchObject({ result });
    expect((await store().orderOf(id, request.runId))?.plan.project_name).toBe(AWKWARD_TEXT);
  });

  test('a result is served under its key, and again under the id that it was served to', async () => {
    const { id, cacheKey } = await settled();
    const request = requestOf(samplePlan({ cache_ttl: 60 }), cacheKey);
    const { execution, isNew } = await take(request, later(30));

    expect(isNew).toBe(true);
    expect(execution.work).toEqual({ kind: 'hit', sourceId: id, result: artifactResult(id) });
    expect((await take(request, later(3000))).execution).toEqual(execution);
    expect((await store().get(request.plan.execution_id))?.work).toEqual(execution.work);
    expect(await isServed('another key')).toBe(false);
    expect(await isServed(null)).toBe(false);
  });

  test('what is not settled, and what was served itself, is served to nobody', async () => {
    const request = requestOf(samplePlan());
    await take(request);
    expect(await isServed(request.cacheKey)).toBe(false);

    const { cacheKey } = await settled();
    await take(requestOf(samplePlan(), cacheKey), later(1));
    const { execution } = await take(requestOf(samplePlan({ cache_ttl: 3 }), cacheKey), later(2));
    expect(execution.work).toMatchObject({ kind: 'hit' });
    expect(await isServed(cacheKey, { cache_ttl: 3 }, later(4))).toBe(false);
  });

  test('smart serves successes alone, and with tests where tests are wanted', async () => {
    const untested = await settled({ test_results: null });
    const partial = await settled({ status: 'PARTIAL_SUCCESS' });

    expect(await isServed(untested.cacheKey, { enable_testing: false })).toBe(true);
    expect(await isServed(untested.cacheKey)).toBe(false);
    expect(await isServed(partial.cacheKey)).toBe(false);
  });

  test('always serves whatever has files', async () => {
    const [partial, timeout] = [
      await settled({ status: 'PARTIAL_SUCCESS', test_results: null }),
      await settled({ status: 'TIMEOUT' }),
    ];
    const nothing = await settled({ status: 'PARTIAL_SUCCESS', artifacts: [] });
    // To ROMA's client a hit is a success.
    const failed = await settled({ status: 'FAILURE' });
    const always = { cache_strategy: 'always' };

    expect(await isServed(partial.cacheKey, always)).toBe(true);
    expect(await isServed(timeout.cacheKey, always)).toBe(true);
    expect(await isServed(nothing.cacheKey, always)).toBe(false);
    expect(await isServed(failed.cacheKey, always)).toBe(false);
  });

  test.each([
    ['as long as it wants', {}, { cache_ttl: 10 }],
    ['as long as the first one wanted', { cache_ttl: 10 }, {}],
    ['as long as both want', { cache_ttl: 20 }, { cache_ttl: 10 }],
  ])('a result is served %s', async (_, first, second) => {
    const { cacheKey } = await settled({}, first);

    expect(await isServed(cacheKey, second, later(9))).toBe(true);
    expect(await isServed(cacheKey, second, later(10))).toBe(false);
  });

  test('no lifetime is the usual hour, one beyond all bounds is fine, and 0 serves nothing', async () => {
    const { cacheKey } = await settled({}, { cache_ttl: null });
    const bounded = await settled({}, { cache_ttl: Number.MAX_SAFE_INTEGER });
    const years = later(9 * 365 * 24 * 3600);

    expect(await isServed(cacheKey, { cache_ttl: null }, later(3599))).toBe(true);
    expect(await isServed(cacheKey, { cache_ttl: null }, later(3600))).toBe(false);
    expect(await isServed(bounded.cacheKey, { cache_ttl: Number.MAX_SAFE_INTEGER }, years)).toBe(true);
    expect(await isServed(cacheKey, { cache_ttl: 0 }, NOW)).toBe(false);
  });

  test('past the bound nothing new is taken, but what is known or cached is answered', async () => {
    const runs = createRunStore(database());
    const open = async () => {
      const request = requestOf(samplePlan());
      await take(request);
      await runs.create(sampleRun({ id: request.runId }));
      return request;
    };
    const { waiting } = await store().counts();
    const { cacheKey } = await settled();
    const [first] = [await open(), await open()];
    const max = waiting + 2;

    expect((await store().counts()).waiting).toBe(max);
    expect(await store().take(requestOf(samplePlan()), later(1), 2)).toBeNull();
    expect((await take(first, later(1), 2)).isNew).toBe(false);
    expect((await take(requestOf(samplePlan(), cacheKey), later(1), 2)).execution.work.kind).toBe('hit');

    await runs.finish(first.runId, sampleOutcome);
    expect(await store().take(requestOf(samplePlan()), later(1), 2)).not.toBeNull();
  });

  test('what is known or cached takes no room from what comes at the same time', async () => {
    const { id, cacheKey } = await settled();
    const runs = createRunStore(database());
    const open = await Promise.all(
      (['queued', 'running'] as const).map((status) => runs.list(1000, { before: null, status })),
    );
    const many = Array.from({ length: 80 }, (_, index) =>
      requestOf(samplePlan(index % 2 === 0 ? { execution_id: id } : {}), cacheKey),
    );
    const asked = [...many, requestOf(samplePlan()), ...many, ...many, ...many];
    const several = store();
    const max = open.flat().length + 1;
    const taken = await Promise.all(asked.map((request) => several.take(request, later(1), max)));

    expect(taken).not.toContain(null);
  });

  test('a bound beyond all numbers of executions is none', async () => {
    expect(await store().take(requestOf(samplePlan()), NOW, Number.MAX_SAFE_INTEGER)).not.toBeNull();
  });

  test('an execution whose run was never stored is one to be started', async () => {
    const [lost, started] = [requestOf(samplePlan()), requestOf(samplePlan())];
    await take(lost);
    await take(started);
    await createRunStore(database()).create(sampleRun({ id: started.runId }));
    const ids = (await store().unstarted(1000)).map(({ runId }) => runId);

    expect(ids).toContain(lost.runId);
    expect(ids).not.toContain(started.runId);
  });

  test('executions are counted by how they ended', async () => {
    const before = await store().counts();
    const { cacheKey } = await settled();
    await settled({ status: 'TIMEOUT' });
    await isServed(cacheKey);
    await take(requestOf(samplePlan(), null));
    const running = requestOf(samplePlan());
    await take(running);
    await createRunStore(database()).create(sampleRun({ id: running.runId }));
    await createRunStore(database()).enterPhase(running.runId, 'running');
    const after = await store().counts();

    expect(after.byStatus.SUCCESS - before.byStatus.SUCCESS).toBe(1);
    expect(after.byStatus.TIMEOUT - before.byStatus.TIMEOUT).toBe(1);
    expect(after.hits - before.hits).toBe(1);
    expect(after.lookUps - before.lookUps).toBe(4);
    expect(after.waiting - before.waiting).toBe(1);
    expect(after.running - before.running).toBe(1);
  });

  test('housekeeping forgets old results and what was served of them, never what is open', async () => {
    const { id, cacheKey } = await settled();
    const hit = requestOf(samplePlan(), cacheKey);
    await take(hit, later(50));
    const open = requestOf(samplePlan());
    await take(open);
    const young = requestOf(samplePlan());
    await take(young);
    await store().settle(young.plan.execution_id, artifactResult(young.plan.execution_id), later(60));
    await tidyUp(database(), later(10), new AbortController().signal);

    expect(await store().get(id)).toBeNull();
    expect(await store().get(hit.plan.execution_id)).toBeNull();
    expect(await store().get(open.plan.execution_id)).not.toBeNull();
    expect(await store().get(young.plan.execution_id)).not.toBeNull();
  });
});
