import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import parseDiff from 'parse-diff';
import { expect, test } from 'vitest';
import {
  applyChanges,
  applyEdits,
  parseAnswer,
  renderDiff,
  type FileMode,
  type Tree,
  type TreeFile,
} from '../../src/patch/index.ts';

const line = fc.constantFrom(
  '',
  'a',
  '  b',
  '\tc',
  'd d',
  '-- e',
  '++ f',
  '@@ g',
  '--- h',
  'é',
  '\\ No newline',
  'x\r',
);
const text = fc
  .tuple(fc.array(line, { maxLength: 20 }), fc.boolean())
  .map(([lines, ends]) => (lines.length === 0 ? '' : lines.join('\n') + (ends ? '\n' : '')));
const mode = fc.constantFrom<FileMode>('100644', '100755');
const file: fc.Arbitrary<TreeFile> = fc.record({ text, mode });
const link: fc.Arbitrary<TreeFile> = fc
  .constantFrom('a.txt', 'dir/b.txt')
  .map((target) => ({ text: target, mode: '120000' }));
const name = fc.constantFrom(
  'a.txt',
  'dir/b.txt',
  'dir/with space.txt',
  'umlaut-ä.txt',
  'deep/er/c.txt',
  'say "hi".txt',
  ' lead',
  'a/x (revision 1)',
);
const tree: fc.Arbitrary<Tree> = fc
  .array(fc.tuple(name, fc.oneof({ weight: 6, arbitrary: file }, { weight: 1, arbitrary: link })), {
    maxLength: 6,
  })
  .map((entries) => new Map(entries));

function write(folder: string, files: Tree): void {
  for (const [name, { text, mode }] of files) {
    const full = path.join(folder, name);
    mkdirSync(path.dirname(full), { recursive: true });
    if (mode === '120000') symlinkSync(text, full);
    else {
      writeFileSync(full, text);
      chmodSync(full, mode === '100755' ? 0o755 : 0o644);
    }
  }
}

function read(folder: string): Tree {
  const files = new Map<string, TreeFile>();
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const full = path.join(entry.parentPath, entry.name);
    const name = path.relative(folder, full);
    if (entry.isSymbolicLink()) files.set(name, { text: readlinkSync(full), mode: '120000' });
    else if (entry.isFile()) {
      const executable = (lstatSync(full).mode & 0o100) !== 0;
      files.set(name, { text: readFileSync(full, 'utf8'), mode: executable ? '100755' : '100644' });
    }
  }
  return files;
}

const sorted = (files: Tree): readonly (readonly [string, TreeFile])[] =>
  [...files].sort(([a], [b]) => (a < b ? -1 : 1));

test('git apply makes the second tree of the first: texts, modes, links, renames, new and deleted files', () => {
  fc.assert(
    fc.property(tree, tree, (before, after) => {
      const diff = renderDiff(before, after);
      fc.pre(diff !== '');
      const folder = mkdtempSync(path.join(tmpdir(), 'ptc-render-'));
      try {
        write(folder, before);
        execFileSync('git', ['apply', '--whitespace=nowarn'], { cwd: folder, input: diff, stdio: 'pipe' });
        expect(sorted(read(folder))).toEqual(sorted(after));
      } finally {
        rmSync(folder, { recursive: true });
      }
    }),
    { numRuns: 150 },
  );
  expect(renderDiff(new Map(), new Map())).toBe('');
});

test('the engine makes the second tree of the first', () => {
  fc.assert(
    fc.property(tree, tree, (before, after) => {
      const diff = renderDiff(before, after);
      fc.pre(diff !== '');
      const outcome = applyEdits(before, parseAnswer(diff));
      expect(outcome).toMatchObject({ status: 'applied' });
      const changes = outcome.status === 'applied' ? outcome.changes : [];
      expect(sorted(applyChanges(before, changes))).toEqual(sorted(after));
    }),
    { numRuns: 1000 },
  );
  expect(applyEdits(new Map(), parseAnswer('')).status).toBe('refused');
});

test.each([
  ' lead',
  'trail ',
  '*bold*',
  '`code`',
  'a (revision 3)',
  'a 2026-01-01 00:00:00',
  'a/b/x',
  'dev/null',
])('a file keeps its odd name when it is renamed and changed: %s', (name) => {
  const body = Array.from({ length: 20 }, (_, at) => `line ${at}\n`).join('');
  const before: Tree = new Map([['old.ts', { text: body, mode: '100644' }]]);
  const after: Tree = new Map([[name, { text: body.replace('line 7', 'seven'), mode: '100755' }]]);
  const outcome = applyEdits(before, parseAnswer(renderDiff(before, after)));
  const changes = outcome.status === 'applied' ? outcome.changes : [];
  expect(applyChanges(before, changes)).toEqual(after);
});

test('rendering what was read back gives the same diff', () => {
  const distinct = fc
    .uniqueArray(fc.stringMatching(/^[a-z]{1,8}$/), { minLength: 1, maxLength: 30 })
    .map((lines) => `${lines.join('\n')}\n`);
  fc.assert(
    fc.property(distinct, distinct, (left, right) => {
      fc.pre(left !== right);
      const before: Tree = new Map([['a.txt', { text: left, mode: '100644' }]]);
      const after: Tree = new Map([['a.txt', { text: right, mode: '100644' }]]);
      const diff = renderDiff(before, after);
      const outcome = applyEdits(before, parseAnswer(diff));
      expect(outcome.status).toBe('applied');
      if (outcome.status === 'applied')
        expect(renderDiff(before, applyChanges(before, outcome.changes))).toBe(diff);
    }),
    { numRuns: 300 },
  );
});

test('parse-diff counts what was added and removed', () => {
  const lines = Array.from({ length: 40 }, (_, at) => `line ${at}`);
  const changed = lines.flatMap((each, at) => (at === 5 ? [] : at === 20 ? ['new', each, 'newer'] : [each]));
  const before: Tree = new Map([['src/a.ts', { text: `${lines.join('\n')}\n`, mode: '100644' }]]);
  const after: Tree = new Map([['src/a.ts', { text: `${changed.join('\n')}\n`, mode: '100644' }]]);
  expect(
    parseDiff(renderDiff(before, after)).map(({ from, to, additions, deletions, chunks }) => ({
      from,
      to,
      additions,
      deletions,
      chunks: chunks.length,
    })),
  ).toEqual([{ from: 'src/a.ts', to: 'src/a.ts', additions: 2, deletions: 1, chunks: 2 }]);
});

test('a moved file is a rename, with its small change as a hunk', () => {
  const body = Array.from({ length: 20 }, (_, at) => `line ${at}\n`).join('');
  const before: Tree = new Map([['old.ts', { text: body, mode: '100644' }]]);
  const after: Tree = new Map([['new.ts', { text: body.replace('line 7', 'seven'), mode: '100644' }]]);
  const diff = renderDiff(before, after);
  expect(diff).toContain('rename from old.ts\nrename to new.ts\n');
  expect(diff.match(/^[-+][^-+]/gm)).toEqual(['-l', '+s']);
});

test('a difference of two large files is found in stretches', () => {
  const lines = Array.from({ length: 20_000 }, (_, at) => `line ${at}`);
  const changed = lines.map((each, at) => (at % 7 === 0 ? `${each} changed` : each));
  const before: Tree = new Map([['big.txt', { text: `${lines.join('\n')}\n`, mode: '100644' }]]);
  const after: Tree = new Map([['big.txt', { text: `${changed.join('\n')}\n`, mode: '100644' }]]);
  const diff = renderDiff(before, after);
  expect(diff.match(/^-l/gm)).toHaveLength(2858);
  const outcome = applyEdits(before, parseAnswer(diff));
  expect(outcome.status).toBe('applied');
});
