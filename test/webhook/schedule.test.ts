import { expect, test } from 'vitest';
import { nextAttemptAt } from '../../src/webhook/schedule.ts';

const HOUR_MS = 3_600_000;

test('attempts grow apart and end after a good day', () => {
  const times = [new Date(0)];
  for (let next = nextAttemptAt(1, new Date(0)); next !== null; next = nextAttemptAt(times.length, next)) {
    times.push(next);
  }
  const waits = times.slice(1).map((time, index) => time.getTime() - (times[index]?.getTime() ?? 0));

  expect(waits).toEqual(waits.toSorted((a, b) => a - b));
  expect(times.at(-1)?.getTime()).toBeGreaterThan(24 * HOUR_MS);
  expect(times.at(-1)?.getTime()).toBeLessThan(26 * HOUR_MS);
});
