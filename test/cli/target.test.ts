import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openTarget, type Target } from '../../src/cli/run/target.ts';
import { gitIn, type SourceRepository, sourceRepository } from '../helpers/source-repository.ts';

let folder: string;
let source: SourceRepository;
const signal = new AbortController().signal;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'ptc-target-'));
  source = await sourceRepository({ 'a.txt': 'a\n' });
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
  await source.remove();
});

const open = (repository: string, base: string | null = null): Promise<Target> =>
  openTarget({ repository, base, callerFolder: folder, fetchInto: path.join(folder, 'fetched'), signal });

const init = async (name: string, ...args: readonly string[]): Promise<string> => {
  const made = path.join(folder, name);
  await promisify(execFile)('git', ['init', '--quiet', '-b', 'main', ...args, made]);
  return made;
};

describe('what cannot be worked on is refused before anything is paid', () => {
  test.each([
    ['a folder that is not there', async () => 'nowhere', 'repository-missing'],
    ['a file', async () => path.join(source.path, 'a.txt'), 'repository-missing'],
    ['a folder without a repository', async () => folder, 'not-a-repository'],
    ['a repository without commits', () => init('fresh'), 'no-commits'],
    ['a bare repository without commits', () => init('fresh.git', '--bare'), 'no-commits'],
    ['a remote without commits', async () => `file://${await init('empty')}`, 'no-commits'],
    ['a remote that is not there', async () => `file://${folder}/nowhere`, 'fetch-failed'],
    ['an address with a password', async () => 'https://me:secret@127.0.0.1/x.git', 'url-has-credentials'],
    ['an address with a token', async () => 'https://ghp_secret@127.0.0.1/x.git', 'url-has-credentials'],
    ['a program in place of an address', async () => 'ext::sh -c true', 'repository-missing'],
  ])('%s', async (_name, repository, code) => {
    const given = await repository();
    const thrown: unknown = await open(given).catch((error: unknown) => error);

    expect(thrown).toMatchObject({ code, retryable: code === 'fetch-failed' });
    expect(JSON.stringify(thrown)).not.toContain('secret@');
  });

  test('a repository with SHA-256 names', async () => {
    const made = await init('sha256', '--object-format=sha256');
    await gitIn(made, 'commit', '--quiet', '--allow-empty', '-m', 'x');

    await expect(open(made)).rejects.toMatchObject({ code: 'object-format-unsupported' });
  });

  test('a base that names no commit, also one that looks like an option', async () => {
    await expect(open(source.path, 'no-such')).rejects.toMatchObject({ code: 'base-unknown' });
    await expect(open(source.path, '--all')).rejects.toMatchObject({ code: 'base-unknown' });
    await expect(open(source.url, 'no-such')).rejects.toMatchObject({ code: 'base-unknown' });
  });
});

describe('what can be worked on, and what is said about it', () => {
  test('a folder inside of a working tree, with uncommitted changes', async () => {
    const made = await sourceRepository({ 'deep/er/b.txt': 'b\n' });
    await writeFile(path.join(made.path, 'deep/er/b.txt'), 'changed\n');
    const index = await gitIn(made.path, 'ls-files', '--debug');
    const target = await open(path.join(made.path, 'deep/er'));

    expect(target).toMatchObject({ baseSha: made.sha, baseName: 'main', remoteUrl: null });
    expect(target.notes).toEqual([expect.stringContaining('1 uncommitted change is not seen')]);
    expect(await gitIn(made.path, 'ls-files', '--debug')).toBe(index);
    await made.remove();
  });

  test('a detached head', async () => {
    await gitIn(source.path, 'checkout', '--quiet', '--detach');
    const target = await open(source.path);
    await gitIn(source.path, 'checkout', '--quiet', 'main');

    expect(target).toMatchObject({ baseSha: source.sha, baseName: source.sha.slice(0, 12) });
    expect(target.notes).toEqual([expect.stringContaining('HEAD is detached')]);
  });

  test('a bare repository, a worktree of another one, and a tag', async () => {
    await gitIn(folder, 'clone', '--quiet', '--bare', source.path, 'bare.git');
    await gitIn(source.path, 'worktree', 'add', '--quiet', '--detach', path.join(folder, 'side'));
    await gitIn(source.path, 'tag', '-a', '-m', 'one', 'v1');

    expect(await open('bare.git')).toMatchObject({ baseSha: source.sha, name: 'bare', notes: [] });
    expect(await open('side')).toMatchObject({ baseSha: source.sha });
    expect(await open(source.path, 'v1')).toMatchObject({ baseSha: source.sha, baseName: 'v1' });
    expect(await open(source.url, 'v1')).toMatchObject({ baseSha: source.sha, remoteUrl: source.url });
  });

  test('submodules and LFS pointers', async () => {
    const made = await sourceRepository({
      '.gitmodules': '[submodule "lib"]\n\tpath = lib\n\turl = ../lib\n',
      '.gitattributes': '*.bin filter=lfs diff=lfs merge=lfs -text\n',
    });

    expect((await open(made.path)).notes).toEqual([
      'Submodules stay empty: their content is not fetched.',
      'Files in Git LFS are seen as pointers: their content is not fetched.',
    ]);
    await made.remove();
  });
});
