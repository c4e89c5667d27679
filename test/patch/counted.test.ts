import { describe, expect, test } from 'vitest';
import { applyChanges, applyEdits, parseAnswer, type Tree } from '../../src/patch/index.ts';

type Texts = Readonly<Record<string, string>>;

/** The texts afterwards, or the codes of the refusals. */
function result(files: Texts, answer: string): Texts | readonly string[] {
  const tree: Tree = new Map(Object.entries(files).map(([path, text]) => [path, { text, mode: '100644' }]));
  const outcome = applyEdits(tree, parseAnswer(answer));
  if (outcome.status === 'refused') return outcome.refusals.map(({ code }) => code);
  const after = applyChanges(tree, outcome.changes);
  return Object.fromEntries([...after].map(([path, { text }]) => [path, text]));
}

const EQUAL = 'x\n'.repeat(30);
const header = (name: string): string => `--- a/${name}\n+++ b/${name}\n`;
const changeX = '@@ -11,7 +11,7 @@\n x\n x\n x\n-x\n+y\n x\n x\n x\n';

describe('a diff as git wrote it is read by its counts and placed by its numbers', () => {
  test('among equal lines the number says which', () => {
    const lines = EQUAL.split('\n').with(13, 'y');
    expect(result({ 'a.txt': EQUAL }, header('a.txt') + changeX)).toEqual({ 'a.txt': lines.join('\n') });
  });

  test('a removed and an added line may look like the header of a file', () => {
    const answer = `${header('a.sql')}@@ -1,3 +1,3 @@\n one\n--- a/a.sql\n+++ b/a.sql\n@@ -1 +1 @@\n three\n`;
    const sound = answer.replace('@@ -1 +1 @@\n', '');
    expect(result({ 'a.sql': 'one\n-- a/a.sql\nthree\n' }, sound)).toEqual({
      'a.sql': 'one\n++ b/a.sql\nthree\n',
    });
  });

  test('an empty file is filled', () => {
    expect(result({ 'a.txt': '' }, `${header('a.txt')}@@ -0,0 +1,2 @@\n+\n+ \n`)).toEqual({
      'a.txt': '\n \n',
    });
  });

  test('a plain header after a renamed file is the next file', () => {
    const rename = 'diff --git a/a b/b\nsimilarity index 100%\nrename from a\nrename to b\n';
    for (const start of ['@@', '@@ -1 +1 @@'])
      expect(result({ a: '1\n', c: 'x\n' }, `${rename}${header('c')}${start}\n-x\n+y\n`)).toEqual({
        b: '1\n',
        c: 'y\n',
      });
  });

  test('a fence and prose may stand around it', () => {
    const answer = `So it is done:\n\n\`\`\`diff\n${header('a.txt')}${changeX}\`\`\`\n\nThat is all.\n`;
    expect(result({ 'a.txt': EQUAL }, answer)).not.toContain('ambiguous');
  });
});

describe('nothing less is placed by numbers alone', () => {
  test('an added line is not placed by its number alone', () => {
    expect(result({ 'a.txt': EQUAL }, `${header('a.txt')}@@ -5,0 +6 @@\n+y\n`)).toEqual(['no-context']);
  });

  test('counts that reach into the next file do not take its header for lines', () => {
    const first = `${header('a.txt')}@@ -1,3 +1,3 @@\n one\n-two\n+TWO\n`;
    const second = `${header('b.txt')}@@ -1,2 +1,2 @@\n one\n-two\n+TWO\n`;
    const text = 'one\ntwo\n';
    expect(result({ 'a.txt': text, 'b.txt': text }, first + second)).toEqual({
      'a.txt': 'one\nTWO\n',
      'b.txt': 'one\nTWO\n',
    });
  });

  test('a last added line that may be cut in its middle', () => {
    expect(result({ 'a.txt': 'a\n' }, `${header('a.txt')}@@ -1 +1,2 @@\n a\n+wor`)).toEqual(['truncated']);
  });

  test('two diffs of one file', () => {
    const other = changeX.replace('+y', '+z');
    expect(result({ 'a.txt': EQUAL }, header('a.txt') + changeX + header('a.txt') + other)).toBeInstanceOf(
      Array,
    );
  });
});

test('an answer with more parts than anybody reads is refused', () => {
  const answer = Array.from(
    { length: 20_001 },
    (_, at) => `--- /dev/null\n+++ b/f${at}\n@@ -0,0 +1 @@\n+x\n`,
  );
  expect(result({}, answer.join(''))).toContain('too-much-work');
});

test('a change of more runs than a call may have arguments is applied', () => {
  const lines = Array.from({ length: 300_000 }, (_, at) => `line ${at}`);
  const body = lines.map((line, at) => (at % 2 === 0 ? ` ${line}\n` : `-${line}\n+${line}!\n`)).join('');
  const after = lines.map((line, at) => (at % 2 === 0 ? line : `${line}!`)).join('\n');
  expect(result({ a: `${lines.join('\n')}\n` }, `${header('a')}@@\n${body}`)).toEqual({ a: `${after}\n` });
});
