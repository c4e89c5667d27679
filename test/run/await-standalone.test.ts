import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { type RunnerEvent } from '../../src/protocol/runner-event.ts';
import { awaitStandalone } from '../../src/run/steps/await-standalone.ts';
import { newsOf, type StandaloneStepBed, standaloneStepBed, type StepBedOptions } from './standalone-bed.ts';

const LATER = { deadline: new Date(Date.now() + 3_600_000).toISOString() };
const DONE = { type: 'task.completed', status: 'success', prUrl: 'https://github.example/pull/8' } as const;

async function bedOf(options: StepBedOptions = {}): Promise<StandaloneStepBed> {
  const bed = await standaloneStepBed(options);
  await bed.standaloneRuns.expect(bed.run.id, 'hash');
  return bed;
}

const wordsOf = (events: readonly RunnerEvent[]): readonly string[] =>
  events.flatMap((event) => (event.type === 'note' ? [event.text] : []));

describe('a workspace that stands alone', () => {
  test('is waited for until it says how it ended, and its words are the run’s events', async () => {
    const bed = await bedOf();
    await bed.hear({ message: 'cloning' });
    const waiting = awaitStandalone(bed.ports, bed.run, LATER);
    await sleep(50);
    await bed.hear({ message: 'working' });
    await bed.hear(DONE);
    expect((await bed.store.get('run-a'))?.phase).toBe('running');
    expect(await waiting).toBeNull();
    expect(wordsOf(await bed.store.events('run-a', 0))).toEqual(['cloning', 'working']);
    expect(bed.removed).toEqual([]);
  });

  test('whose end was told while the app was away is not waited for, nor looked at', async () => {
    const bed = await bedOf({ state: null });
    await bed.hear({ message: 'cloning' });
    await bed.hear(DONE);
    expect(await awaitStandalone(bed.ports, bed.run, { deadline: new Date(0).toISOString() })).toBeNull();
    // Done again after another crash.
    expect(await awaitStandalone(bed.ports, bed.run, LATER)).toBeNull();
    expect(wordsOf(await bed.store.events('run-a', 0))).toEqual(['cloning']);
  });

  test('whose last webhook was lost is heard by what it left in its folder', async () => {
    const bed = await bedOf({ state: 'exited', endFile: JSON.stringify(newsOf('run-a', DONE)) });
    expect(await awaitStandalone(bed.ports, bed.run, LATER)).toBeNull();
    expect(await bed.standaloneRuns.state('run-a')).toMatchObject({
      pullRequestUrl: DONE.prUrl,
      end: { status: 'success' },
    });
  });

  test.each([
    ['without a word', undefined],
    ['with half a word', '{"type":'],
    ['with the end of another', JSON.stringify(newsOf('run-b', DONE))],
    ['with something else than an end', JSON.stringify(newsOf('run-a', { message: 'working' }))],
  ])('that died %s is given up', async (_how, endFile) => {
    const bed = await bedOf({ state: 'exited', ...(endFile === undefined ? {} : { endFile }) });
    expect(await awaitStandalone(bed.ports, bed.run, LATER)).toMatchObject({
      code: 'workspace-died',
      remedy: expect.stringContaining('/ptc build'),
    });
    expect(bed.removed).toEqual(['run-a']);
  });

  test('that is gone is given up', async () => {
    const bed = await bedOf({ state: null });
    expect(await awaitStandalone(bed.ports, bed.run, LATER)).toMatchObject({ code: 'workspace-died' });
  });

  test('that works on after its time is removed', async () => {
    const bed = await bedOf();
    const problem = await awaitStandalone(bed.ports, bed.run, { deadline: new Date(0).toISOString() });
    expect(problem).toMatchObject({ code: 'standalone-timeout' });
    expect(bed.removed).toEqual(['run-a']);
  });

  test('is removed at once when somebody cancels the run', async () => {
    const bed = await bedOf();
    await bed.store.requestCancel('run-a', 'ada');
    expect(await awaitStandalone(bed.ports, bed.run, LATER)).toMatchObject({ code: 'cancelled' });
    expect(bed.removed).toEqual(['run-a']);
  });

  test('stays when the app stops', async () => {
    const bed = await bedOf();
    const waiting = awaitStandalone(bed.ports, bed.run, LATER);
    await sleep(20);
    bed.stop.abort();
    await expect(waiting).rejects.toMatchObject({ name: 'AbortError' });
    expect(bed.removed).toEqual([]);
  });
});
