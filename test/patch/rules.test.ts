import { describe, expect, test } from 'vitest';
import {
  applyEdits,
  combineEdits,
  explainToModel,
  parseAnswer,
  type PatchOutcome,
  type Tree,
} from '../../src/patch/index.ts';

const tree = (files: Readonly<Record<string, string>>): Tree =>
  new Map(Object.entries(files).map(([path, text]) => [path, { text, mode: '100644' }]));

const apply = (files: Readonly<Record<string, string>>, answer: string, truncated?: boolean): PatchOutcome =>
  applyEdits(tree(files), parseAnswer(answer, truncated === undefined ? {} : { truncated }));

/** The one changed file's text, or the codes of the refusals. */
const result = (outcome: PatchOutcome): string | readonly string[] | null =>
  outcome.status === 'applied'
    ? (outcome.changes[0]?.after?.text ?? null)
    : outcome.refusals.map(({ code }) => code);

const FILE = 'one\ntwo\nthree\nfour\nfive\n';
const CHANGED = 'one\ntwo\nTHREE\nfour\nfive\n';
const hunk = (header: string, name = 'a.txt'): string =>
  `--- a/${name}\n+++ b/${name}\n${header}\n two\n-three\n+THREE\n four\n`;

describe('what is applied', () => {
  test.each([
    ['no numbers', hunk('@@')],
    ['right numbers', hunk('@@ -2,3 +2,3 @@')],
    ['wrong line numbers', hunk('@@ -40,3 +40,3 @@')],
    ['counts that are too small', hunk('@@ -2,1 +2,1 @@')],
    ['counts that are too large', hunk('@@ -2,9 +2,9 @@')],
    ['a section heading', hunk('@@ -2,3 +2,3 @@ one')],
    ['a fence and prose around', `Here it is:\n\n\`\`\`diff\n${hunk('@@')}\`\`\`\n\nThat is all.`],
    ['git headers', `diff --git a/a.txt b/a.txt\nindex 1..2 100644\n${hunk('@@ -2,3 +2,3 @@')}`],
    ['an Index header', `Index: a.txt\n${'='.repeat(67)}\n${hunk('@@ -2,3 +2,3 @@')}`],
    ['timestamps', hunk('@@').replace('a/a.txt', 'a/a.txt\t2026-01-01 00:00:00')],
    ['no a/ and b/', hunk('@@').replace('a/', '').replace('b/', '')],
    ['an answer with CRLF', hunk('@@').replaceAll('\n', '\r\n')],
    ['search and replace', 'a.txt\n<<<<<<< SEARCH\nthree\n=======\nTHREE\n>>>>>>> REPLACE\n'],
    [
      'an envelope',
      '*** Begin Patch\n*** Update File: a.txt\n@@\n two\n-three\n+THREE\n four\n*** End Patch\n',
    ],
  ])('%s', (_what, answer) => {
    expect(result(apply({ 'a.txt': FILE }, answer))).toBe(CHANGED);
  });

  test('a new file, a deleted one, a rename', () => {
    expect(result(apply({}, '--- /dev/null\n+++ b/new.txt\n@@\n+hello\n'))).toBe('hello\n');
    expect(apply({ 'a.txt': 'x\n' }, '--- a/a.txt\n+++ /dev/null\n@@\n-x\n')).toMatchObject({
      changes: [{ path: 'a.txt', after: null }],
    });
    const rename = 'diff --git a/a.txt b/b.txt\nsimilarity index 100%\nrename from a.txt\nrename to b.txt\n';
    expect(apply({ 'a.txt': 'x\n' }, rename)).toMatchObject({ status: 'applied' });
  });

  test('the file’s own line ends, BOM and missing final newline stay', () => {
    const file = '\ufeffone\r\ntwo\r\nthree\r\nfour';
    expect(result(apply({ 'a.txt': file }, hunk('@@')))).toBe('\ufeffone\r\ntwo\r\nTHREE\r\nfour');
  });

  test('hunks out of order, and what is applied already', () => {
    const both = '--- a/a.txt\n+++ b/a.txt\n@@\n four\n-five\n+FIVE\n@@\n-one\n+ONE\n two\n';
    expect(result(apply({ 'a.txt': FILE }, both))).toBe('ONE\ntwo\nthree\nfour\nFIVE\n');
    expect(apply({ 'a.txt': CHANGED }, hunk('@@'))).toMatchObject({
      status: 'applied',
      placements: [{ level: 'already-applied' }],
    });
  });
});

describe('what is refused', () => {
  const twice = `${FILE}${FILE}`;
  test.each([
    ['a place that is not unique', { 'a.txt': twice }, hunk('@@'), 'ambiguous'],
    ['context that is not there', { 'a.txt': 'other\n' }, hunk('@@'), 'not-found'],
    ['a missing file', {}, hunk('@@'), 'file-missing'],
    ['prose', { 'a.txt': FILE }, 'I would change the third line.', 'no-diff'],
    ['nothing', { 'a.txt': FILE }, '', 'no-diff'],
  ])('%s', (_what, files, answer, code) => {
    expect(result(apply(files, answer))).toEqual([code]);
  });

  test.each(['../a.txt', '/etc/passwd', '.git/config', 'x/.GIT/hooks/y', 'C:/x', 'a\\..\\b'])(
    'the path %s',
    (name) => {
      const outcome = apply({}, `--- /dev/null\n+++ b/${name}\n@@\n+x\n`);
      expect(outcome.status === 'refused' || outcome.changes.every(({ path }) => path !== name)).toBe(true);
      expect(outcome.status).toBe('refused');
    },
  );

  test('an old line that is not there, when the file has the new one but does not end as it says', () => {
    const answer = `${hunk('@@')}@@\n four\n-fife\n+five\n\\ No newline at end of file\n`;
    expect(result(apply({ 'a.txt': FILE }, answer))).toEqual(['not-found']);
    expect(result(apply({ 'a.txt': FILE.trimEnd() }, answer))).toBe(CHANGED.trimEnd());
  });

  test('an answer that was cut by the token limit', () => {
    expect(
      result(apply({ 'a.txt': FILE }, '--- a/a.txt\n+++ b/a.txt\n@@\n two\n-three\n+TH', true)),
    ).toContain('truncated');
  });

  test('all of it, when one hunk has no place', () => {
    const answer = `${hunk('@@')}--- a/b.txt\n+++ b/b.txt\n@@\n-nowhere\n+x\n`;
    const outcome = apply({ 'a.txt': FILE, 'b.txt': 'y\n' }, answer);
    expect(outcome).toMatchObject({
      status: 'refused',
      refusals: [{ path: expect.stringContaining('b.txt'), code: 'not-found' }],
    });
  });
});

test('only the refused hunk is asked for again, and a whole diff sent again does no harm', () => {
  const files = tree({ 'a.txt': FILE });
  const bad = '@@\n four\n-fiv\n+FIVE\n';
  const good = '--- a/a.txt\n+++ b/a.txt\n@@\n four\n-five\n+FIVE\n';
  const first = applyEdits(files, parseAnswer(hunk('@@') + bad));
  expect(first.status).toBe('refused');
  const held = first.status === 'refused' ? first.placed : [];
  const text = first.status === 'refused' ? explainToModel(first.refusals, files) : '';
  expect(text).toContain('a.txt');
  for (const again of [good, hunk('@@') + good]) {
    expect(result(applyEdits(files, combineEdits(held, parseAnswer(again))))).toBe(
      'one\ntwo\nTHREE\nfour\nFIVE\n',
    );
  }
});
