import { execFileSync } from 'node:child_process';
import { rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Change, readChange } from '../../src/runner/change.ts';
import { fetchBase, type Repository } from '../../src/runner/repository.ts';
import { openWorkTree, type WorkTree } from '../../src/runner/work-tree.ts';
import { workspaceFolder } from '../../src/runner/workspace-folder.ts';
import { gitIn, sourceRepository, type SourceRepository } from '../helpers/source-repository.ts';

const signal = new AbortController().signal;
let source: SourceRepository;
let root: string;
let repository: Repository;
let work: WorkTree;

beforeEach(async () => {
  source = await sourceRepository({
    'a.txt': 'a\n',
    'b.txt': 'b\n',
    'image.png': Uint8Array.of(137, 80, 0, 255),
    'crlf.txt': 'x\r\n',
    '.gitattributes': 'eol.txt text eol=crlf\n',
    'eol.txt': 'one\n',
  });
  root = await mkdtemp(join(tmpdir(), 'ptc-change-'));
  const place = {
    fullName: 'acme/shop',
    cloneUrl: source.url,
    baseBranch: 'main',
    baseSha: source.sha,
    needsToken: false,
  };
  repository = await fetchBase(workspaceFolder(root), place, null, signal);
  work = openWorkTree(await repository.checkOut('work', source.sha, signal));
});
afterEach(async () => {
  await source.remove();
  await rm(root, { recursive: true, force: true });
});

const write = (name: string, content: string | Uint8Array): void =>
  writeFileSync(join(work.path, name), content);
const change = async (): Promise<Change> => readChange(repository, await work.snapshot(signal), signal);

test('an untouched tree is no change', async () => {
  expect(await change()).toEqual({ files: [], diff: '', texts: [] });
});

test('text comes as UTF-8, anything else as base64 and in no text for the proof', async () => {
  write('a.txt', 'ä\n');
  write('image.png', Uint8Array.of(137, 80, 0, 254));
  const { files, texts } = await change();
  expect(files).toEqual([
    { path: 'a.txt', mode: '100644', content: 'ä\n', encoding: 'utf-8' },
    { path: 'image.png', mode: '100644', content: 'iVAA/g==', encoding: 'base64' },
  ]);
  expect(texts).toEqual([{ path: 'a.txt', before: 'a\n', after: 'ä\n' }]);
});

test('the diff makes the same tree of the base when git applies it, binaries included', async () => {
  write('a.txt', 'no newline');
  write('image.png', Uint8Array.of(1, 0, 2));
  write('crlf.txt', 'x\r\ny\r\n');
  rmSync(join(work.path, 'b.txt'));
  const tree = await work.snapshot(signal);
  const { diff } = await readChange(repository, tree, signal);
  execFileSync('git', ['apply', '--index'], { cwd: source.path, input: diff });
  expect(await gitIn(source.path, 'write-tree')).toBe(tree);
});

test('content is what git stores, not what the attributes make of it in the tree', async () => {
  write('eol.txt', 'one\r\ntwo\r\n');
  expect((await change()).files).toEqual([
    { path: 'eol.txt', mode: '100644', content: 'one\ntwo\n', encoding: 'utf-8' },
  ]);
});

test('a file that became a link is a link with its target as content', async () => {
  rmSync(join(work.path, 'a.txt'));
  symlinkSync('b.txt', join(work.path, 'a.txt'));
  expect((await change()).files).toEqual([
    { path: 'a.txt', mode: '120000', content: 'b.txt', encoding: 'utf-8' },
  ]);
});

test('a new file is part of the change once it is tracked, and only then', async () => {
  write('made.txt', 'made\n');
  write('by-product.txt', 'x\n');
  expect(await work.track(['made.txt'])).toEqual([]);
  expect((await change()).files.map((file) => file.path)).toEqual(['made.txt']);
  expect(await work.byProducts(signal)).toEqual(['by-product.txt']);
  expect(await work.trackedFiles(signal)).toContain('made.txt');
});

test('names that look like patterns mean themselves', async () => {
  write(':(glob)*', 'odd\n');
  write('other', 'x\n');
  await work.track([':(glob)*']);
  expect((await change()).files.map((file) => file.path)).toEqual([':(glob)*']);
});

test('a change too large to hand on is the error change-too-large', async () => {
  write('a.txt', 'x'.repeat(17 * 1024 * 1024));
  await expect(change()).rejects.toMatchObject({ code: 'change-too-large' });
});

test('a snapshot can be taken beside the leftovers of a git process that was ended', async () => {
  write('a.txt', 'new\n');
  writeFileSync(join(work.gitDir, 'index.lock'), '');
  writeFileSync(join(work.gitDir, 'snapshot-index.lock'), '');
  expect((await change()).files.map((file) => file.path)).toEqual(['a.txt']);
});

test('restoring puts back what differs and says what that was', async () => {
  const before = await work.snapshot(signal);
  write('a.txt', 'changed\n');
  rmSync(join(work.path, 'b.txt'));
  expect(await work.restore(before, signal)).toEqual(['a.txt', 'b.txt']);
  expect((await change()).files).toEqual([]);
});
