import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ticksOf } from '../../src/api/pages/plan/time-axis.ts';

const MINUTE = 60_000;

test.each([
  [0, ['0']],
  [430, ['0', '0.1 s', '0.2 s', '0.3 s', '0.4 s']],
  [85_000, ['0', '15 s', '30 s', '45 s', '1 min', '1:15 min']],
  [11 * MINUTE, ['0', '2 min', '4 min', '6 min', '8 min', '10 min']],
  [160 * MINUTE, ['0', '30 min', '1 h', '1:30 h', '2 h', '2:30 h']],
  [50 * 60 * MINUTE, ['0', '12 h', '1 d', '36 h', '2 d']],
])('round moments of %d ms', (lengthMs, labels) => {
  expect(ticksOf(lengthMs).map(({ label }) => label)).toEqual(labels);
});

test('there are never more than fit, and all lie within the time', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 8e15 }), (lengthMs) => {
      const ticks = ticksOf(lengthMs);
      expect(ticks.length).toBeLessThanOrEqual(7);
      expect(ticks.every(({ ms }) => ms >= 0 && ms <= lengthMs)).toBe(true);
    }),
    { numRuns: 200, seed: 1 },
  );
});
