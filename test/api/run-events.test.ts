import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Hono } from 'hono';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { startApi } from '../../src/api-listener.ts';
import { answerEvents } from '../../src/api/run-events.ts';
import { createRunWatch } from '../../src/api/run-watch.ts';
import { type RunnerEvent } from '../../src/protocol/runner-event.ts';
import { type StreamMessage } from '../../src/protocol/stream-message.ts';
import { type RunStore } from '../../src/run/ports.ts';
import { memoryKeyTable } from '../helpers/memory-key-table.ts';
import { sampleArtifactRun } from '../store/samples.ts';
import { settingsOf } from './api-bed.ts';
import { readEvents, type StreamEvent } from './event-stream.ts';
import { planEvents, planOfSix, planResult, seedPlanRun, STEPS_OF_SIX } from './plan-seed.ts';
import { openRunsApi } from './runs-bed.ts';
import { makeEvents, makeRun, seedRun } from './seed.ts';

let bed: ReturnType<typeof openRunsApi>;
beforeEach(() => {
  bed = openRunsApi();
});

const streamOf = async (id: string, lastEventId?: string): Promise<AsyncGenerator<StreamEvent>> =>
  readEvents(
    await bed.get(`/${id}/events`, lastEventId === undefined ? {} : { 'last-event-id': lastEventId }),
  );
const allOf = async (id: string, lastEventId?: string): Promise<readonly StreamEvent[]> =>
  Array.fromAsync(await streamOf(id, lastEventId));
const types = (events: readonly StreamEvent[]) => events.map(({ message }) => message.event_type);

/** What a runner may say, with its numbers. */
type Body = RunnerEvent extends infer Each
  ? Each extends unknown
    ? Omit<Each, 'seq' | 'at'>
    : never
  : never;
const say = async (store: RunStore, id: string, first: number, ...bodies: readonly Body[]): Promise<void> => {
  const events = bodies.map(
    (body, index) => ({ seq: first + index, at: '2026-11-25T10:00:00.000Z', ...body }) satisfies RunnerEvent,
  );
  await store.appendEvents(
    id,
    events.map((event) => ({ event, position: { seq: event.seq, offset: event.seq } })),
  );
};
const neverLess = (events: readonly StreamEvent[]): void => {
  const all = events.map(({ message }) => message.progress);
  expect(all).toEqual(all.toSorted((a, b) => a - b));
};

describe('the events of a run', () => {
  test('begin, tell all that was said in order, and end with the outcome', async () => {
    await seedRun(bed.store, 'run-a');
    const events = await allOf('run-a');
    const last = events.at(-1);

    expect(types(events).slice(0, 3)).toEqual(['connected', 'execution_started', 'progress']);
    expect(types(events)).toEqual(
      expect.arrayContaining([
        'stage_started',
        'stage_completed',
        'code_generating',
        'code_block_ready',
        'validation_passed',
        'warning',
      ]),
    );
    expect(last).toMatchObject({
      id: 'end',
      message: {
        event_type: 'execution_completed',
        execution_id: 'run-a',
        progress: 1,
        error: null,
        data: { run_id: 'run-a', status: 'succeeded', pull_request: { number: 8 } },
      },
    });
    neverLess(events);
    const ids = events.slice(1).map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });

  test('go on behind the message that was read last, whichever that was', async () => {
    await seedRun(bed.store, 'run-a');
    const [, ...all] = await allOf('run-a');

    for (const [index, { id }] of all.slice(0, -1).entries()) {
      expect(await allOf('run-a', id ?? '')).toEqual(all.slice(index + 1));
    }
    expect(await allOf('run-a', 'an id of somebody else')).toHaveLength(all.length + 1);
  });

  test('are over for whoever has read the end', async () => {
    await seedRun(bed.store, 'run-a');
    const response = await bed.get('/run-a/events', { 'last-event-id': 'end' });

    expect(response.status).toBe(204);
    expect(await response.text()).toBe('');
  });

  test('come while they happen, and the stream ends with the run', async () => {
    await bed.store.create(makeRun('run-a'));
    const stream = await streamOf('run-a');
    const next = async (): Promise<StreamMessage | undefined> => (await stream.next()).value?.message;
    expect(await next()).toMatchObject({
      event_type: 'connected',
      message: 'The run is queued.',
      progress: 0,
    });
    expect(await next()).toMatchObject({ event_type: 'execution_started' });

    await bed.store.enterPhase('run-a', 'running');
    await say(bed.store, 'run-a', 1, { type: 'phase', phase: 'cloning' });
    expect(await next()).toMatchObject({ event_type: 'stage_started', stage: 'cloning', progress: 0.05 });
    await say(bed.store, 'run-a', 2, { type: 'note', text: 'Hello' });
    expect(await next()).toMatchObject({ event_type: 'progress', message: 'Hello', stage: 'cloning' });

    const problem = { code: 'x', message: 'It broke.', remedy: '', retryable: false };
    await bed.store.finish('run-a', { status: 'failed', problem, publication: null });
    expect(await next()).toMatchObject({
      event_type: 'execution_failed',
      error: 'It broke.',
      progress: 0.05,
      data: { problem, pull_request: null },
    });
    expect((await stream.next()).done).toBe(true);
  });

  test('of a plan tell each subtask, and the progress follows the subtasks', async () => {
    const events = planEvents(planOfSix(), STEPS_OF_SIX);
    await seedPlanRun(bed.store, 'run-a', events, planResult('run-a', planOfSix()));
    const told = await allOf('run-a');

    expect(types(told)).toContain('code_generated');
    expect(new Set(told.map(({ message }) => message.stage))).toContain('subtask 0');
    neverLess(told);
  });

  test('of ROMA’s execution carry its id and its three stages', async () => {
    const run = sampleArtifactRun();
    await bed.store.create(run);
    await say(
      bed.store,
      run.id,
      1,
      { type: 'validation', stage: 'syntactic', state: 'started', detail: '' },
      { type: 'validation', stage: 'syntactic', state: 'passed', detail: '3 files' },
      { type: 'validation', stage: 'semantic', state: 'failed', detail: 'a type' },
    );
    await bed.store.finish(run.id, { status: 'cancelled', problem: null, publication: null });
    const told = await allOf(run.id);

    expect(types(told)).toEqual([
      'connected',
      'execution_started',
      'validation_started',
      'validation_passed',
      'validation_failed',
      'execution_failed',
    ]);
    expect(told[4]?.message).toMatchObject({ stage: 'semantic', error: 'a type' });
    for (const { message } of told) expect(message.execution_id).toBe(run.execution.id);
  });

  test('hold no line break that a text could forge a message with', async () => {
    await bed.store.create(makeRun('run-a'));
    await say(bed.store, 'run-a', 1, { type: 'note', text: 'x\n\ndata: {}\r\rid: 9\u2028\uD800' });
    await bed.store.finish('run-a', { status: 'failed', problem: null, publication: null });
    const text = await (await bed.get('/run-a/events')).text();

    expect(text).not.toContain('\ndata: {}');
    expect(text).not.toContain('\r');
    expect(await allOf('run-a')).toHaveLength(4);
  });

  test('of a workspace that says something of every kind are all messages of ROMA', async () => {
    await bed.store.create(makeRun('run-a'));
    const events = makeEvents((text) => `${text}\0\uD800${'x'.repeat(5000)}`);
    await bed.store.appendEvents(
      'run-a',
      events.map((event) => ({ event, position: { seq: event.seq, offset: event.seq } })),
    );
    await bed.store.finish('run-a', { status: 'unproven', problem: null, publication: null });
    const told = await allOf('run-a');

    expect(told.length).toBeGreaterThan(events.length);
    for (const { message } of told) expect(message.message.length).toBeLessThanOrEqual(500);
  });

  test('are silent, but for a sign of life, while nothing happens', async () => {
    await bed.store.create(makeRun('run-a'));
    const stored = await bed.store.get('run-a');
    if (stored === null) throw new Error('the run was just made');
    const { stopping, log } = settingsOf();
    const sources = {
      store: bed.store,
      watch: createRunWatch(bed.store, log),
      stopping,
      heartbeatMs: 10,
      log,
    };
    const app = new Hono().get('/', (context) => answerEvents(context, sources, stored, '0.0'));
    const reader = (await app.request('/')).body?.getReader();

    for (let sign = 0; sign < 3; sign += 1)
      expect(new TextDecoder().decode((await reader?.read())?.value)).toBe(': \n\n');
    await reader?.cancel();
  });

  test('are no longer looked for once their reader has gone', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'ptc-events-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    let looks = 0;
    const heads = (ids: readonly string[]) => bed.store.heads(ids).finally(() => (looks += 1));
    const server = await startApi(
      { PTC_API_HOST: '127.0.0.1', PTC_API_PORT: 0, PTC_CORS_ORIGINS: [], PTC_DATA_DIR: folder },
      memoryKeyTable(),
      settingsOf({ store: { ...bed.store, heads } }),
    );
    onTestFinished(() => server.close());
    await bed.store.create(makeRun('run-a'));
    const reader = new AbortController();
    const response = await fetch(`${server.url}/api/v1/runs/run-a/events`, { signal: reader.signal });
    await expect.poll(() => looks).toBeGreaterThan(1);
    reader.abort();
    await expect(response.text()).rejects.toThrow();

    const looksLater = async (): Promise<number> => {
      const before = looks;
      await sleep(500);
      return looks - before;
    };
    await expect.poll(looksLater, { timeout: 20_000 }).toBe(0);
  });

  test('stop when the server is to end', async () => {
    const stopping = new AbortController();
    bed = openRunsApi(null, stopping.signal);
    await bed.store.create(makeRun('run-a'));
    const told = await allOfUntil(() => stopping.abort());

    expect(types(told)).toEqual(['connected', 'execution_started']);
  });
});

/** Reads the stream of `run-a` and does `act` after its second message. */
async function allOfUntil(act: () => void): Promise<readonly StreamEvent[]> {
  const told: StreamEvent[] = [];
  for await (const event of await streamOf('run-a')) {
    told.push(event);
    if (told.length === 2) act();
  }
  return told;
}
