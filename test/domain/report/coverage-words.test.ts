import { expect, test } from 'vitest';
import { coverageInWords } from '../../../src/domain/report/coverage-words.ts';

test('the lines are counted, and the places that were not run are named', () => {
  const files = [
    { path: 'src/a.ts', uncoveredLines: [[12, 12] as const] },
    { path: 'src/b.ts', uncoveredLines: [[3, 5] as const] },
  ];
  expect(coverageInWords({ covered: 6, coverable: 10, files })).toBe(
    '6 of 10 changed lines were run by the tests; not run: src/a.ts:12, src/b.ts:3–5.',
  );
  expect(coverageInWords({ covered: 1, coverable: 1, files: [] })).toBe(
    '1 of 1 changed line was run by the tests.',
  );
});

test('of many places the first are named', () => {
  const uncoveredLines = Array.from({ length: 12 }, (_, index) => [2 * index + 1, 2 * index + 1] as const);
  const words = coverageInWords({ covered: 0, coverable: 12, files: [{ path: 'a.js', uncoveredLines }] });
  expect(words).toContain('a.js:19, and 2 more.');
});

test('where no tool could tell, nothing is said', () => {
  expect(coverageInWords(null)).toBe('');
  expect(coverageInWords(undefined)).toBe('');
});
