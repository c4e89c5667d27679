import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SNAPSHOT } from '../../helpers/daytona/index.ts';
import { sampleRun } from '../samples.ts';
import { createBed, type DaytonaBed } from './bed.ts';

describe('a Daytona workspace', () => {
  let bed: DaytonaBed;
  beforeEach(async () => {
    bed = await createBed({ patience: { createMs: 400, callMs: 2_000 } });
  });
  afterEach(() => bed.close());

  it('is made from the snapshot, named and labelled for its run, and stopped and deleted when nobody cares for it', async () => {
    await bed.ensure('run-1');
    const created = bed.daytona.requests.find(({ route }) => route === 'POST /sandbox');
    expect(created?.body).toMatchObject({
      name: expect.stringMatching(/^ptc-[0-9a-f]{32}$/),
      snapshot: SNAPSHOT,
      target: 'us',
      env: {},
      labels: { 'ptc-owner': 'ours', 'ptc-run': 'run-1', 'ptc-repository': 'octo/sample', 'ptc-issue': '3' },
      autoStopInterval: 30,
      autoDeleteInterval: 60,
    });
    expect(created?.body).not.toHaveProperty('domainAllowList');
    expect(created?.body).not.toHaveProperty('cpu');
  });

  it('gets labels of its own, though the SDK writes into what it is given', async () => {
    await Promise.all(['run-1', 'run-2'].map((runId) => bed.ensure(runId)));
    const labels = bed.daytona.sandboxes().map((sandbox) => sandbox.labels['ptc-run']);
    expect(new Set(labels)).toEqual(new Set(['run-1', 'run-2']));
  });

  it('may reach the forge and what the operator names, and nothing else', async () => {
    const provider = await bed.another({ domains: ['registry.npmjs.org'], networks: ['203.0.113.0/24'] });
    await provider.ensure(sampleRun('run-1'), bed.signal);
    expect(bed.daytona.sandboxes()).toMatchObject([
      { domainAllowList: 'example.test,registry.npmjs.org', networkAllowList: '203.0.113.0/24' },
    ]);
  });

  it.each([
    ['an unknown key', { apiKey: 'wrong' }, 'daytona-key-refused'],
    ['an unknown region', { target: 'mars' }, 'region-unknown'],
    ['an unknown snapshot', { snapshot: 'other' }, 'snapshot-missing'],
  ])('is refused for good with %s', async (_what, settings, code) => {
    const provider = await bed.another(settings);
    const refused = provider.ensure(sampleRun('run-1'), bed.signal);
    await expect(refused).rejects.toMatchObject({ code, retryable: false });
  });

  it('names the command that makes a snapshot when there is none', async () => {
    bed.daytona.setSnapshot(SNAPSHOT, null);
    const remedy = expect.stringContaining('`ptc template create`');
    await expect(bed.ensure('run-1')).rejects.toMatchObject({ code: 'snapshot-missing', remedy });
  });

  it.each([
    ['building', 'snapshot-building', true],
    ['error', 'snapshot-broken', false],
  ] as const)('waits for no snapshot that is %s', async (state, code, retryable) => {
    bed.daytona.setSnapshot(SNAPSHOT, state);
    await expect(bed.ensure('run-1')).rejects.toMatchObject({ code, retryable });
  });

  it('wakes a snapshot that was put to sleep', async () => {
    bed.daytona.setSnapshot(SNAPSHOT, 'inactive');
    await expect(bed.ensure('run-1')).rejects.toMatchObject({ code: 'snapshot-building', retryable: true });
    expect((await bed.ensure('run-1')).runId).toBe('run-1');
  });

  it('can be had later when the quota is used up', async () => {
    bed.daytona.setQuota(0);
    await expect(bed.ensure('run-1')).rejects.toMatchObject({ code: 'workspace-quota', retryable: true });
    bed.daytona.setQuota(1);
    expect((await bed.ensure('run-1')).runId).toBe('run-1');
  });

  it('can be had later when Daytona takes no more requests to create', async () => {
    bed.daytona.on('POST /sandbox', { status: 429, headers: { 'retry-after': '60' } }, { times: 1 });
    await expect(bed.ensure('run-1')).rejects.toMatchObject({ code: 'workspace-quota', retryable: true });
    expect((await bed.ensure('run-1')).runId).toBe('run-1');
  });

  it('is not waited for longer than a bound, by however wrong a clock Daytona asks to wait', async () => {
    const provider = await bed.another({ patience: { retryAfterMs: 10 } });
    const inAnHour = new Date(Date.now() + 3_600_000).toUTCString();
    for (const retryAfter of [inAnHour, '3600', 'soon']) {
      bed.daytona.on(
        'GET /sandbox/{id}',
        { status: 429, headers: { 'retry-after': retryAfter } },
        { times: 1 },
      );
    }
    expect((await provider.ensure(sampleRun('run-1'), bed.signal)).runId).toBe('run-1');
  });

  it('is one, though the answer to its making was lost', async () => {
    bed.daytona.on('POST /sandbox', 'lose-answer', { times: 1 });
    expect((await bed.ensure('run-1')).runId).toBe('run-1');
    expect(bed.daytona.sandboxes()).toHaveLength(1);
  });

  it('is asked for again when the first request hangs', async () => {
    bed.daytona.on('POST /sandbox', 'hang', { times: 1 });
    await expect(bed.ensure('run-1')).rejects.toMatchObject({ code: 'daytona-unreachable', retryable: true });
    expect((await bed.ensure('run-1')).runId).toBe('run-1');
  });

  it('is given up when it does not start, and adopted when it has started after all', async () => {
    bed.daytona.on('POST /sandbox', { createdAs: 'creating' });
    const tooSlow = { code: 'workspace-create-timeout', retryable: true };
    await expect(bed.ensure('run-1')).rejects.toMatchObject(tooSlow);
    await expect(bed.ensure('run-1')).rejects.toMatchObject(tooSlow);
    const [sandbox] = bed.daytona.sandboxes();
    if (sandbox) sandbox.state = 'started';
    expect((await bed.ensure('run-1')).runId).toBe('run-1');
    expect(bed.daytona.sandboxes()).toEqual([sandbox]);
  });

  it('is made anew when the first one failed to start', async () => {
    bed.daytona.on('POST /sandbox', { createdAs: 'error' }, { times: 1 });
    await expect(bed.ensure('run-1')).rejects.toMatchObject({
      code: 'workspace-create-failed',
      retryable: true,
    });
    const [failed] = bed.daytona.sandboxes();
    expect((await bed.ensure('run-1')).runId).toBe('run-1');
    expect(bed.daytona.sandboxes()).toHaveLength(1);
    expect(bed.daytona.sandboxes()).not.toContain(failed);
  });

  it('is not waited for any more when the app is told to end', async () => {
    const stop = new AbortController();
    bed.daytona.on('POST /sandbox', async () => stop.abort());
    await expect(bed.provider.ensure(sampleRun('run-1'), stop.signal)).rejects.toMatchObject({
      name: 'AbortError',
    });
  });

  it('is adopted by the app’s next life, and neither seen nor removed by another installation', async () => {
    const workspace = await bed.ensure('run-1');
    await workspace.write('kept', 'content');
    const other = await bed.another({ owner: 'theirs' });
    expect(await other.list()).toEqual([]);
    expect(await other.find('run-1')).toBeNull();
    await other.remove('run-1');
    const next = await bed.another();
    expect(await next.list()).toEqual(['run-1']);
    const adopted = await next.ensure(sampleRun('run-1'), bed.signal);
    expect(Buffer.from((await adopted.read('kept', 100)) ?? []).toString()).toBe('content');
    expect(bed.daytona.sandboxes()).toHaveLength(1);
  });

  it('is listed beyond the first page', async () => {
    const ids = Array.from({ length: 5 }, (_, index) => `run-${index}`);
    await Promise.all(ids.map((runId) => bed.ensure(runId)));
    bed.daytona.setPageSize(2);
    expect([...(await bed.provider.list())].sort()).toEqual(ids);
  });

  it('is removed for certain: while it is being made, in the middle of a change, and when answers are lost', async () => {
    bed.daytona.on('POST /sandbox', { createdAs: 'creating' });
    await expect(bed.ensure('run-1')).rejects.toMatchObject({ code: 'workspace-create-timeout' });
    bed.daytona.on(
      'DELETE /sandbox/{id}',
      { status: 409, message: 'State change in progress' },
      { times: 2 },
    );
    bed.daytona.on('DELETE /sandbox/{id}', { status: 502 }, { times: 1 });
    bed.daytona.on('DELETE /sandbox/{id}', 'lose-answer', { times: 1 });
    await bed.provider.remove('run-1');
    expect(bed.daytona.sandboxes()).toEqual([]);
  });

  it('says so when it cannot be removed', async () => {
    const provider = await bed.another({ patience: { removeMs: 50 } });
    await provider.ensure(sampleRun('run-1'), bed.signal);
    bed.daytona.on('DELETE /sandbox/{id}', { status: 409 });
    await expect(provider.remove('run-1')).rejects.toMatchObject({
      code: 'workspace-not-removed',
      retryable: true,
    });
  });
});
