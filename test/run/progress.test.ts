import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type RunnerEvent } from '../../src/protocol/runner-event.ts';
import { type Ports } from '../../src/run/ports.ts';
import { reportProgress } from '../../src/run/steps/progress.ts';
import { makeRun } from '../api/seed.ts';
import { memoryRunStore } from '../helpers/memory-run-store.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const at = '2026-01-01T00:00:00Z';
/**
 * Progress of a run over so many seconds; resolves to the writes it made. Only the clock and the forge's one
 * method are stand-ins.
 */
async function writesIn(
  seconds: number,
  tell: (second: number, saw: (event: RunnerEvent) => void) => void,
): Promise<number> {
  let writes = 0;
  const run = makeRun('run-a');
  const store = memoryRunStore();
  await store.create(run);
  const forge = { putComment: () => Promise.resolve((writes += 1)) };
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the rest of the ports is never reached
  const ports = { store, forge, policy: { publicUrl: null }, log: { warn: () => {} } } as unknown as Ports;
  const progress = reportProgress(ports, run);
  for (let second = 1; second <= seconds; second += 1) {
    tell(second, (event) => progress.saw(event));
    await vi.advanceTimersByTimeAsync(1000);
  }
  await progress.stop();
  return writes;
}

test('progress is two writes in the first minute and three in each further one, whatever happens', async () => {
  // With the eight that the other steps make: ten within the first minute, four in each further one.
  const alwaysNew = (second: number, saw: (event: RunnerEvent) => void): void =>
    saw({ seq: second, at, type: 'attempt', attempt: second + 1, verdict: 'red' });
  expect(await writesIn(59, alwaysNew)).toBe(2);
  expect(await writesIn(300, alwaysNew)).toBe(15);
});

test('nothing new is nothing written', async () => {
  const once = (second: number, saw: (event: RunnerEvent) => void): void => {
    if (second === 1) saw({ seq: 1, at, type: 'phase', phase: 'cloning' });
  };
  expect(await writesIn(300, once)).toBe(1);
});
