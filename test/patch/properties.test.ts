import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { applyEdits, parseAnswer, renderDiff, type Tree } from '../../src/patch/index.ts';
import { halfValidAnswer, unsafeNames } from '../helpers/half-valid-answers.ts';

/** The same cases every time; `test/long/patch-fuzz.test.ts` draws new ones. */
const SEED = 20_261_125;
/** Lines that a reader could take for a part of the diff, among plain ones. */
const line = fc.constantFrom(
  '',
  'a',
  'b',
  '  a',
  ' ',
  'return x;',
  '}',
  '{',
  '\tq',
  'é',
  'a\r',
  '\uFEFFa',
  '-- x',
  '++ y',
  '--- a/x',
  '+++ b/x',
  '-- a/x',
  '++ b/x',
  '-- /dev/null',
  '@@ z',
  '@@ -1,3 +1,3 @@',
  'diff --git a/x b/x',
  'Index: x',
  '-- ',
  '2.39.0',
  '\\ No newline at end of file',
  ' No newline at end of file',
  '```',
  '```diff',
  '*** Begin Patch',
  '*** Update File: a.txt',
  '<<<<<<< SEARCH',
  '=======',
  '>>>>>>> REPLACE',
);
/** Few different lines as often as many: repeated ones make places hard to tell apart. */
const text = fc
  .tuple(fc.array(line, { minLength: 1, maxLength: 4 }), fc.array(fc.nat(), { maxLength: 30 }))
  .chain(([few, picks]) =>
    fc.tuple(
      fc.oneof(fc.constant(picks.map((at) => few[at % few.length] ?? '')), fc.array(line, { maxLength: 30 })),
      fc.constantFrom('', '\n', '\r\n'),
    ),
  )
  .map(([lines, end]) => (lines.length === 0 ? '' : lines.join(end === '\r\n' ? '\r\n' : '\n') + end));
const tree = (content: string, name = 'a.txt'): Tree => new Map([[name, { text: content, mode: '100644' }]]);

const textAfter = (before: Tree, answer: string): string | null => {
  const outcome = applyEdits(before, parseAnswer(answer, { truncated: false }));
  if (outcome.status === 'refused') return null;
  const [change] = outcome.changes;
  return change === undefined ? (before.get('a.txt')?.text ?? null) : (change.after?.text ?? null);
};

test('what is rendered is read back as the same change, whatever the lines look like', () => {
  fc.assert(
    fc.property(text, text, (before, after) => {
      fc.pre(before !== after);
      expect(textAfter(tree(before), renderDiff(tree(before), tree(after)))).toBe(after);
    }),
    { numRuns: 2000, seed: SEED },
  );
  expect(textAfter(tree('a\n'), renderDiff(tree('a\n'), tree('b\n')))).toBe('b\n');
});

test('git reads what is rendered as the same change', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'ptc-patch-git-'));
  const file = path.join(folder, 'a.txt');
  try {
    fc.assert(
      fc.property(text, text, (before, after) => {
        fc.pre(before !== after);
        writeFileSync(file, before);
        const input = renderDiff(tree(before), tree(after));
        execFileSync('git', ['apply', '--whitespace=nowarn'], { cwd: folder, input, stdio: 'pipe' });
        expect(readFileSync(file, 'utf8')).toBe(after);
      }),
      { numRuns: 40, seed: SEED },
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('wrong numbers and counts end as the truth or as a refusal', () => {
  fc.assert(
    fc.property(text, text, fc.nat(99), fc.nat(99), (before, after, start, count) => {
      fc.pre(before !== after);
      const diff = renderDiff(tree(before), tree(after));
      const mutated = diff.replace(
        /^@@ -\d+(,\d+)? \+\d+(,\d+)? @@/gm,
        `@@ -${start},${count} +${start},${count} @@`,
      );
      const got = textAfter(tree(before), mutated);
      // A lie about the place may be refused; the same lines elsewhere may be meant only when they fit there.
      if (got !== null && hasOnePlace(before, after)) expect(got).toBe(after);
    }),
    { numRuns: 300, seed: SEED },
  );
  expect(hasOnePlace('a\nb\n', 'a\nc\n')).toBe(true);
});

/** Only where no line stands twice and both ends are plain is there one place that can be meant. */
const hasOnePlace = (before: string, after: string): boolean =>
  before.split('\n').length === new Set(before.split('\n')).size &&
  before.endsWith('\n') &&
  after.endsWith('\n');

test('random and half-valid answers end in typed outcomes, and name nothing outside the tree', () => {
  fc.assert(
    fc.property(halfValidAnswer, text, (answer, before) => {
      expect(unsafeNames(tree(before), answer)).toEqual([]);
    }),
    { numRuns: 2000 },
  );
});
