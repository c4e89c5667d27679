import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  applyChanges,
  applyEdits,
  explainToModel,
  explainToPerson,
  parseAnswer,
  renderDiff,
  unsafePath,
  type Tree,
} from '../../src/patch/index.ts';
import { halfValidAnswer } from '../helpers/half-valid-answers.ts';
import { settleSpoiled, SPOILED } from '../helpers/spoiled-diffs.ts';

const BUDGET_MS = 10_000;

const line = fc.oneof(
  fc.constantFrom(
    '',
    ' ',
    'a',
    '  b',
    '\tc',
    '}',
    '-- x',
    '++ y',
    '@@',
    '```',
    'é',
    '“q”',
    '"q"',
    'x\r',
    '\uFEFFa',
  ),
  fc.string({ unit: 'binary', maxLength: 12 }),
);
const text = fc
  .tuple(fc.array(line, { maxLength: 25 }), fc.constantFrom('', '\n', '\r\n'))
  .map(([lines, end]) => lines.join('\n') + end);
const tree: fc.Arbitrary<Tree> = fc
  .dictionary(fc.constantFrom('a.txt', 'dir/b.js', 'dir/c d.md', 'a/x.txt'), text, {
    maxKeys: 3,
    noNullPrototype: true,
  })
  .map((files) => new Map(Object.entries(files).map(([path, text]) => [path, { text, mode: '100644' }])));
const splices = fc.array(fc.tuple(fc.nat(), fc.string({ unit: 'binary', maxLength: 3 })), { maxLength: 4 });

/** A sound diff of two trees with some characters overwritten. */
const damagedDiff = fc.tuple(tree, tree, splices).map(([before, after, damage]) => {
  let diff = renderDiff(before, after);
  for (const [at, part] of damage) {
    const cut = diff.length === 0 ? 0 : at % diff.length;
    diff = diff.slice(0, cut) + part + diff.slice(cut + 1);
  }
  return { before, diff };
});

/** Everything the engine promises whatever it is given. */
function keepsPromises(files: Tree, answer: string, truncated?: boolean): void {
  const before = new Map(files);
  const parsed = parseAnswer(answer, truncated === undefined ? {} : { truncated });
  for (const path of parsed.paths) expect(unsafePath(path)).toBeNull();
  const outcome = applyEdits(files, parsed);
  expect(files).toEqual(before);
  if (outcome.status === 'applied') {
    for (const { path, renamedFrom } of outcome.changes) {
      expect(unsafePath(path)).toBeNull();
      expect(renamedFrom === undefined || files.has(renamedFrom)).toBe(true);
    }
    expect(renderDiff(files, applyChanges(files, outcome.changes)) === '').toBe(outcome.changes.length === 0);
    return;
  }
  expect(outcome.refusals.length).toBeGreaterThan(0);
  expect(explainToPerson(outcome.refusals)).not.toBe('');
  expect(explainToModel(outcome.refusals, files)).not.toBe('');
}

const forever = {
  numRuns: Number.MAX_SAFE_INTEGER,
  interruptAfterTimeLimit: BUDGET_MS / 2,
  markInterruptAsFailure: false,
};

test('answers of every format on trees of odd files: nothing is thrown, named or changed that should not be', () => {
  const stop = fc.constantFrom(undefined, true, false);
  const property = fc.property(tree, halfValidAnswer, stop, (files, answer, truncated) =>
    keepsPromises(files, answer, truncated),
  );
  expect(() => fc.assert(property, forever)).not.toThrow();
});

test('damaged diffs: nothing is thrown, named or changed that should not be', () => {
  const property = fc.property(damagedDiff, ({ before, diff }) => keepsPromises(before, diff));
  expect(() => fc.assert(property, forever)).not.toThrow();
});

describe('diffs spoiled with ever new seeds end as the truth or are refused', () => {
  test.each(SPOILED)('%s', (_, mutation) => {
    const property = fc.property(fc.nat(), (seed) => {
      const settled = settleSpoiled(mutation, seed);
      if (settled !== null && settled.result !== null) expect(settled.result).toEqual(settled.truth);
    });
    expect(() => fc.assert(property, { numRuns: 60 })).not.toThrow();
  });
});

/** Ten megabytes of what is costliest to read. */
const HEAVY: Readonly<Record<string, () => string>> = {
  'hunks of equal lines': () =>
    `--- a/big.txt\n+++ b/big.txt\n${`@@\n${' x\n'.repeat(50)}-x\n+y\n`.repeat(60_000)}`,
  'hunk headers': () => '@@\n'.repeat(3_300_000),
  'old headers': () => '--- a/x\n'.repeat(1_250_000),
  fences: () => `\`\`\`diff\n--- a/x\n+++ b/x\n@@\n-a\n${'```\n+a\n'.repeat(1_400_000)}`,
  'search blocks': () => '<<<<<<< SEARCH\n'.repeat(660_000),
  'new files': () =>
    Array.from({ length: 120_000 }, (_, at) => `--- /dev/null\n+++ b/d/f${at}\n@@ -0,0 +1 @@\n+x\n`).join(''),
  'numbered hunks': () => `--- a/big.txt\n+++ b/big.txt\n${'@@ -1,3 +1,3 @@\n x\n'.repeat(500_000)}`,
  'blocks without a name': () => '<<<<<<< SEARCH\nx\n=======\ny\n>>>>>>> REPLACE\n'.repeat(230_000),
  'one large block': () =>
    `big.txt\n<<<<<<< SEARCH\n${'x\n'.repeat(2_400_000)}=======\n${'y\n'.repeat(2_400_000)}>>>>>>> REPLACE\n`,
  'fences in a hunk': () => `--- a/big.txt\n+++ b/big.txt\n@@\n-x\n${'~~~\n+a\n'.repeat(1_400_000)}`,
  'a name with spaces': () => `--- a/x${' '.repeat(10_000_000)}y\n+++ b/x\n@@\n-x\n+y\n`,
  'soft hyphens': () => `--- a/big.txt\n+++ b/big.txt\n@@\n-${'\u00AD'.repeat(3_000_000)}x\n+y\n`,
  'ambiguous context': () =>
    `--- a/big.txt\n+++ b/big.txt\n@@\n${' x\n'.repeat(20_000)}+y\n${' x\n'.repeat(20_000)}`,
  'five thousand hunks': () =>
    `--- a/big.txt\n+++ b/big.txt\n${Array.from({ length: 5000 }, (_, at) => `@@ -${at * 10 + 1},3 +${at * 10 + 1},3 @@\n x\n-x\n+y\n x\n`).join('')}`,
  'one line': () => 'a'.repeat(10_000_000),
  'spaces and a fence': () => `${' '.repeat(5_000_000)}\`\`\`${' '.repeat(5_000_000)}`,
};

test.each(Object.entries(HEAVY))('ten megabytes of %s are settled', (_, answer) => {
  const files: Tree = new Map([['big.txt', { text: 'x\n'.repeat(50_000), mode: '100644' }]]);
  expect(['applied', 'refused']).toContain(applyEdits(files, parseAnswer(answer())).status);
});
