import { chmod, mkdir, readFile, stat, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readTreeFile, replaceTreeFile } from '../../../src/runner/checks/tree-file.ts';
import { isThere, makeFolder, makeTree } from '../../helpers/check-bed.ts';

describe('reading', () => {
  test('a file of the tree is read, one too large is not', async () => {
    const tree = await makeTree({ 'a/b.txt': 'hello' });
    expect(await readTreeFile(tree, 'a/b.txt')).toBe('hello');
    expect(await readTreeFile(tree, 'a/b.txt', 4)).toBeNull();
  });

  test('nothing is read through a link, be it the file or a folder on the way', async () => {
    const outside = await makeTree({ 'b.txt': 'secret' });
    const tree = await makeFolder();
    await symlink(outside, join(tree, 'a'));
    await symlink(join(outside, 'b.txt'), join(tree, 'b.txt'));
    expect(await readTreeFile(tree, 'a/b.txt')).toBeNull();
    expect(await readTreeFile(tree, 'b.txt')).toBeNull();
    expect(await readTreeFile(tree, '../nowhere')).toBeNull();
  });
});

describe('replacing', () => {
  test('folders are made, files replaced with their mode kept, and null removes', async () => {
    const tree = await makeTree({ 'run.sh': 'old' });
    await chmod(join(tree, 'run.sh'), 0o755);
    await replaceTreeFile(tree, 'run.sh', 'new');
    await replaceTreeFile(tree, 'x/y/z.txt', 'deep');
    expect((await stat(join(tree, 'run.sh'))).mode & 0o777).toBe(0o755);
    expect(await readFile(join(tree, 'x/y/z.txt'), 'utf8')).toBe('deep');
    await replaceTreeFile(tree, 'x/y/z.txt', null);
    await replaceTreeFile(tree, 'never/was', null);
    expect([isThere(tree, 'x/y/z.txt'), isThere(tree, 'never')]).toEqual([false, false]);
  });

  test('a planted link is replaced and what it points to left alone', async () => {
    const outside = await makeTree({ 'b.txt': 'precious' });
    const tree = await makeFolder();
    await symlink(join(outside, 'b.txt'), join(tree, 'b.txt'));
    await replaceTreeFile(tree, 'b.txt', 'test');
    expect(await readFile(join(outside, 'b.txt'), 'utf8')).toBe('precious');
    expect(await readFile(join(tree, 'b.txt'), 'utf8')).toBe('test');
  });

  test.each(['../escape.txt', 'link/escape.txt', 'link/new/escape.txt'])('%s is refused', async (path) => {
    const outside = await makeFolder();
    const tree = await makeFolder();
    await mkdir(join(tree, 'sub'));
    await symlink(outside, join(tree, 'link'));
    await expect(replaceTreeFile(tree, path, 'x')).rejects.toMatchObject({ code: 'unsafe-path' });
    expect(isThere(outside, 'escape.txt')).toBe(false);
  });
});
