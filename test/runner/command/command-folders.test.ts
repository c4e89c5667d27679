import * as fs from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { assertOwnPath, giveFolder } from '../../../src/runner/command/command-folders.ts';
import { createGitGuard } from '../../../src/runner/command/git-guard.ts';
import { describeWith } from '../../helpers/required-tool.ts';
import { makeWorkspaceFolder } from './command-bed.ts';

let root: string;
beforeEach(async () => {
  root = await makeWorkspaceFolder();
});
afterEach(() => fs.rm(root, { recursive: true, force: true }));

describe('assertOwnPath', () => {
  it('takes a real folder below the workspace', async () => {
    await fs.mkdir(join(root, 'trees', 'main'), { recursive: true });
    expect(() => assertOwnPath(join(root, 'trees', 'main'), root)).not.toThrow();
  });

  it('refuses the workspace itself, what lies outside, what is missing and what leads through a link', async () => {
    await fs.mkdir(join(root, 'real', 'inner'), { recursive: true });
    await fs.symlink(join(root, 'real'), join(root, 'link'));
    for (const path of [root, join(root, '..'), '/etc', join(root, 'none'), join(root, 'link'), 'real']) {
      expect(() => assertOwnPath(path, root)).toThrow(
        expect.objectContaining({ code: 'command-path-refused' }),
      );
    }
    expect(() => assertOwnPath(join(root, 'link', 'inner'), root)).toThrow('leads through a link');
  });
});

describeWith('a root runner', process.getuid?.() === 0, 'giveFolder', () => {
  it('gives all to the user but the folder, its `.git`, and what a link leads to', async () => {
    const outside = join(root, 'outside');
    const tree = join(root, 'tree');
    await fs.writeFile(outside, '');
    await fs.mkdir(join(tree, 'src', '.git'), { recursive: true });
    await fs.mkdir(join(tree, '.git'));
    await fs.writeFile(join(tree, '.git', 'config'), '');
    await fs.symlink(outside, join(tree, 'link'));
    await fs.link(outside, join(tree, 'hard'));
    await giveFolder(tree, root, { uid: 65_534, gid: 65_534, isShared: false });
    const ownerOf = async (path: string) => (await fs.lstat(join(tree, path))).uid;
    expect(await ownerOf('src')).toBe(65_534);
    expect(await ownerOf('src/.git')).toBe(65_534);
    expect(await ownerOf('link')).toBe(65_534);
    for (const path of ['.', '.git', '.git/config', 'hard', '../outside'])
      expect(await ownerOf(path)).toBe(0);
  });
});

describe('createGitGuard', () => {
  const repository = () => join(root, 'git');

  it('shows `.git` alone, and of a worktree its repository too', async () => {
    await fs.mkdir(join(root, 'a', '.git'), { recursive: true });
    await fs.mkdir(join(root, 'b'));
    await fs.writeFile(join(root, 'b', '.git'), `gitdir: ${repository()}/worktrees/b\n`);
    await fs.mkdir(join(root, 'c'));
    await fs.writeFile(join(root, 'c', '.git'), 'gitdir: /etc\n');
    const guard = createGitGuard(repository());
    expect(guard.readOnlyPaths(join(root, 'a'))).toEqual([join(root, 'a', '.git')]);
    expect(guard.readOnlyPaths(join(root, 'b'))).toEqual([join(root, 'b', '.git'), repository()]);
    expect(guard.readOnlyPaths(join(root, 'c'))).toEqual([join(root, 'c', '.git')]);
  });

  it('does not take up what commands put there later, until it is told to look', async () => {
    const tree = join(root, 'a');
    await fs.mkdir(tree);
    const guard = createGitGuard(repository());
    expect(guard.readOnlyPaths(tree)).toEqual([]);
    await fs.mkdir(join(tree, '.git'));
    expect(guard.readOnlyPaths(tree)).toEqual([]);
    guard.look(tree);
    expect(guard.readOnlyPaths(tree)).toEqual([join(tree, '.git')]);
  });

  it('never follows a link named `.git`', async () => {
    const tree = join(root, 'a');
    await fs.mkdir(tree);
    await fs.symlink('/etc', join(tree, '.git'));
    expect(createGitGuard(repository()).readOnlyPaths(tree)).toEqual([]);
  });
});
