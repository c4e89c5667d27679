import fc from 'fast-check';
import { expect, test } from 'vitest';
import { halfValidAnswer, unsafeNames } from '../helpers/half-valid-answers.ts';

/** A quarter of a minute where everything is run; PTC_TEST_FUZZ_S makes it longer. */
const FUZZ_MS = Number(process.env['PTC_TEST_FUZZ_S'] ?? 15) * 1000;

test('half-valid answers end in typed outcomes alone, and names nothing outside the tree', () => {
  let answers = 0;
  const line = fc.constantFrom('a', 'b', '', '  a', 'x\r');
  const file = fc.array(line, { maxLength: 20 }).map((lines) => lines.join('\n'));
  fc.assert(
    fc.property(halfValidAnswer, file, (answer, text) => {
      answers += 1;
      expect(unsafeNames(new Map([['a.txt', { text, mode: '100644' }]]), answer)).toEqual([]);
    }),
    { numRuns: Number.MAX_SAFE_INTEGER, interruptAfterTimeLimit: FUZZ_MS, markInterruptAsFailure: false },
  );
  expect(answers).toBeGreaterThan(1000);
});
