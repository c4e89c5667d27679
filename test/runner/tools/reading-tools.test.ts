import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fetchBase } from '../../../src/runner/repository.ts';
import { listFilesTool } from '../../../src/runner/tools/list-files.ts';
import { readFileTool } from '../../../src/runner/tools/read-file.ts';
import { searchTool } from '../../../src/runner/tools/search.ts';
import { type ToolAnswer } from '../../../src/runner/tools/tool.ts';
import { openWorkTree, type WorkTree } from '../../../src/runner/work-tree.ts';
import { workspaceFolder } from '../../../src/runner/workspace-folder.ts';
import { sourceRepository } from '../../helpers/source-repository.ts';

const signal = new AbortController().signal;
const fence = (label: string, text: string): string => `[${label}]\n${text}\n[/]`;
let root: string;
let work: WorkTree;

beforeAll(async () => {
  const source = await sourceRepository({
    'src/a.js': 'const a = 1;\nconst b = "a.b";\n',
    'src/deep/c.ts': 'export const c = 3;\n',
    'readme.md': 'Read me\n',
    'long.txt': Array.from({ length: 3000 }, (_, index) => `line ${index + 1}`).join('\n'),
    'wide.txt': `${'x'.repeat(10_000)}\n`,
    'image.png': Uint8Array.of(137, 80, 0, 255),
    '.gitignore': 'node_modules\n',
  });
  root = await mkdtemp(join(tmpdir(), 'ptc-tools-'));
  const place = {
    fullName: 'a/b',
    cloneUrl: source.url,
    baseBranch: 'main',
    baseSha: source.sha,
    needsToken: false,
  };
  const repository = await fetchBase(workspaceFolder(root), place, null, signal);
  work = openWorkTree(await repository.checkOut('work', source.sha, signal));
  await source.remove();
  mkdirSync(join(work.path, 'node_modules'));
  writeFileSync(join(work.path, 'node_modules/dep.js'), 'const a = 1;\n');
  writeFileSync(join(work.path, 'new.js'), 'const fresh = a;\n');
  await work.track(['new.js']);
  writeFileSync(join(root, 'secret.txt'), 'secret\n');
  symlinkSync('../../secret.txt', join(work.path, 'out-link'));
  symlinkSync('readme.md', join(work.path, 'in-link'));
  execFileSync('mkfifo', [join(work.path, 'pipe')]);
});
afterAll(() => rm(root, { recursive: true, force: true }));

describe('read_file', () => {
  const read = (input: unknown): Promise<ToolAnswer> => readFileTool(work.path, fence).call(input, false);

  test('shows lines with their numbers, fenced', async () => {
    expect((await read({ path: 'src/a.js' })).text).toBe(
      '[src/a.js]\n1\tconst a = 1;\n2\tconst b = "a.b";\n[/]',
    );
  });

  test('shows a range and how many lines there are', async () => {
    const { text } = await read({ path: './long.txt', start_line: 10, end_line: 11 });
    expect(text).toBe('[./long.txt]\n10\tline 10\n11\tline 11\n[3000 lines in all]\n[/]');
  });

  test('bounds what it shows in lines and in bytes', async () => {
    const { text } = await read({ path: 'long.txt' });
    expect(text).toContain('2000\tline 2000\n[3000 lines in all]');
    expect((await read({ path: 'wide.txt' })).text.length).toBeLessThan(3000);
  });

  test('follows a link inside the repository', async () => {
    expect((await read({ path: 'in-link' })).text).toContain('Read me');
  });

  test.each([
    ['nothing.txt', 'There is no file'],
    ['src', 'is a folder'],
    ['image.png', 'binary'],
    ['pipe', 'no regular file'],
    ['out-link', 'leaves the repository'],
    ['../../secret.txt', 'leaves its folder'],
    ['/etc/passwd', 'absolute'],
    ['.git', '.git folder'],
    ['src/../.git/config', 'normal form'],
  ])('says of %s why it cannot be read', async (path, why) => {
    const answer = await read({ path });
    expect(answer).toMatchObject({ isError: true });
    expect(answer.text).toContain(why);
    expect(answer.text).not.toContain('secret\n');
  });

  test('says when the range lies outside of the file', async () => {
    expect(await read({ path: 'readme.md', start_line: 5 })).toMatchObject({ isError: true });
    expect(await read({ path: 'long.txt', start_line: 5, end_line: 4 })).toMatchObject({ isError: true });
  });
});

describe('search', () => {
  const search = (input: unknown): Promise<ToolAnswer> => searchTool(work, fence, signal).call(input, false);

  test('finds literal text in tracked and in new files, and not in what the repository ignores', async () => {
    const { text } = await search({ pattern: 'const' });
    expect(text).toContain('src/a.js:1:const a = 1;');
    expect(text).toContain('new.js:1:const fresh = a;');
    expect(text).not.toContain('node_modules');
  });

  test('takes a point for a point unless a regular expression is meant', async () => {
    expect((await search({ pattern: 'a.b' })).text).toContain('src/a.js:2');
    expect((await search({ pattern: 'c.n.t' })).text).toBe('No match.');
    expect((await search({ pattern: String.raw`c\w{3}t\s\w`, regex: true })).text).toContain('src/a.js:1');
  });

  test('looks in one folder, and without regard to case, when asked', async () => {
    const { text } = await search({ pattern: 'CONST', ignore_case: true, path: 'src/deep/' });
    expect(text).toBe('[search]\nsrc/deep/c.ts:1:export const c = 3;\n[/]');
  });

  test('takes a pattern that begins with a dash for a pattern', async () => {
    expect(await search({ pattern: '--open-files-in-pager=touch x' })).toMatchObject({ isError: false });
  });

  test('bounds how much it finds', async () => {
    const { text } = await search({ pattern: 'line' });
    expect(text.split('\n').length).toBeLessThan(60);
  });

  test('says what is wrong with an expression or a path', async () => {
    expect(await search({ pattern: '(', regex: true })).toMatchObject({ isError: true });
    expect(await search({ pattern: 'x', path: '../..' })).toMatchObject({ isError: true });
  });
});

describe('list_files', () => {
  const list = (input: unknown): Promise<ToolAnswer> => listFilesTool(work, fence, signal).call(input, false);

  test('lists what the repository has, new files included, by-products and ignored ones not', async () => {
    const { text } = await list({});
    expect(text).toContain('src/deep/c.ts');
    expect(text).toContain('new.js');
    expect(text).not.toMatch(/node_modules|pipe/);
  });

  test('lists a folder, or what a glob matches', async () => {
    expect((await list({ path: 'src/' })).text).toBe('[list_files]\nsrc/a.js\nsrc/deep/c.ts\n[/]');
    expect((await list({ glob: '**/*.ts' })).text).toBe('[list_files]\nsrc/deep/c.ts\n[/]');
    expect((await list({ path: 'nowhere' })).text).toBe('No files.');
  });
});
