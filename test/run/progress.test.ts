import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type RunnerEvent } from '../../src/protocol/runner-event.ts';
import { type Ports } from '../../src/run/ports.ts';
import { reportProgress } from '../../src/run/steps/progress.ts';
import { planEvents, planOfSix, START_MS, STEPS_OF_SIX } from '../api/plan-seed.ts';
import { makeRun } from '../api/seed.ts';
import { memoryRunStore } from '../helpers/memory-run-store.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const at = '2026-01-01T00:00:00Z';
/**
 * Progress of a run over so many seconds; resolves to how often it wrote. Only the clock and the forge's one
 * method are stand-ins.
 */
async function writesIn(
  seconds: number,
  tell: (second: number, saw: (event: RunnerEvent) => void) => void,
): Promise<number> {
  return (await commentsIn(seconds, tell)).length;
}

async function commentsIn(
  seconds: number,
  tell: (second: number, saw: (event: RunnerEvent) => void) => void,
): Promise<readonly string[]> {
  const bodies: string[] = [];
  const run = makeRun('run-a');
  const store = memoryRunStore();
  await store.create(run);
  const forge = {
    putComment: (_run: unknown, { body }: { readonly body: string }) => Promise.resolve(bodies.push(body)),
  };
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the rest of the ports is never reached
  const ports = { store, forge, policy: { publicUrl: null }, log: { warn: () => {} } } as unknown as Ports;
  const progress = reportProgress(ports, run);
  for (let second = 1; second <= seconds; second += 1) {
    tell(second, (event) => progress.saw(event));
    await vi.advanceTimersByTimeAsync(1000);
  }
  await progress.stop();
  return bodies;
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

test('the check list follows the plan, and its subtasks cost no further writes', async () => {
  const plan = planOfSix();
  const events = planEvents(plan, STEPS_OF_SIX);
  const bySecond = (second: number, saw: (event: RunnerEvent) => void): void => {
    for (const event of events) if (Date.parse(event.at) === START_MS + second * 1000) saw(event);
  };
  const comments = await commentsIn(120, bySecond);

  expect(comments).toHaveLength(5);
  expect(comments[0]).toContain('- [ ] 0 Read an amount with its unit from a text – ⏳ at work\n');
  expect(comments[0]).toContain('- [ ] 3 Use the parser on the command line\n');
  expect(comments[1]).toContain('- [ ] 1 Print an amount with the unit that fits it best – ⏳ worked out');
  expect(comments.at(-1)).toContain(
    [
      '- 📋 3 of 6 subtasks done',
      '  - [x] 0 Read an amount with its unit from a text',
      '  - [x] 1 Print an amount with the unit that fits it best',
      '  - [ ] 2 Take the units from a table that can be extended – ❌ failed',
    ].join('\n'),
  );
});

test('attempts at a subtask are no attempts at the whole', async () => {
  const [comment] = await commentsIn(20, (second, saw) => {
    if (second === 1) saw({ seq: 1, at, type: 'phase', phase: 'working' });
    if (second === 2) saw({ seq: 2, at, type: 'attempt', subtask: 1, attempt: 3, verdict: 'red' });
  });

  expect(comment).toContain('Change written');
  expect(comment).not.toContain('Attempt');
});
