import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { git } from '../../src/runner/git.ts';
import { type Checkout, fetchBase, type Origin, type Repository } from '../../src/runner/repository.ts';
import { workspaceFolder, type WorkspaceFolder } from '../../src/runner/workspace-folder.ts';
import { startForge } from '../helpers/forge/index.ts';
import { gitIn, sourceRepository } from '../helpers/source-repository.ts';

const cleanUp: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const remove of cleanUp.splice(0)) await remove();
});

async function emptyWorkspace(): Promise<WorkspaceFolder> {
  const root = await mkdtemp(join(tmpdir(), 'ptc-repository-'));
  cleanUp.push(() => rm(root, { recursive: true, force: true }));
  return workspaceFolder(root);
}

const place = (cloneUrl: string, baseSha: string): Origin => ({
  fullName: 'acme/shop',
  cloneUrl,
  baseBranch: 'main',
  baseSha,
  needsToken: false,
});
const signal = new AbortController().signal;

async function fetched(
  files: Readonly<Record<string, string | Uint8Array>>,
): Promise<{ readonly repository: Repository; readonly tree: Checkout; readonly folder: WorkspaceFolder }> {
  const source = await sourceRepository(files);
  cleanUp.push(() => source.remove());
  const folder = await emptyWorkspace();
  const repository = await fetchBase(folder, place(source.url, source.sha), null, signal);
  return { repository, tree: await repository.checkOut('work', source.sha, signal), folder };
}

/** Every file below a folder, with its text. */
function filesBelow(folder: string): readonly (readonly [path: string, text: string])[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile())
    .map((path) => [path, readFileSync(path, 'latin1')]);
}

test('exactly the base commit is fetched, without the history before it', async () => {
  const source = await sourceRepository({ 'a.txt': 'old\n' });
  cleanUp.push(() => source.remove());
  await gitIn(source.path, 'commit', '--quiet', '--allow-empty', '-m', 'second');
  const second = await gitIn(source.path, 'rev-parse', 'HEAD');
  await gitIn(source.path, 'commit', '--quiet', '--allow-empty', '-m', 'third');
  const folder = await emptyWorkspace();
  const repository = await fetchBase(folder, place(source.url, second), null, signal);
  const log = await git(['log', '--format=%H', second], { gitDir: repository.gitDir, signal });
  expect(log.toString().trim()).toBe(second);
});

test('a private repository is read with the token, which is written nowhere', async () => {
  const forge = await startForge();
  cleanUp.push(() => forge.close());
  const handle = await forge.addRepository({
    owner: 'acme',
    name: 'shop',
    files: { 'a.txt': 'a\n' },
    private: true,
  });
  const sha = (await handle.headOf('main')) ?? '';
  const token = forge.userToken('acme');
  const folder = await emptyWorkspace();
  const repository = await fetchBase(folder, place(handle.cloneUrl, sha), token, signal);
  const tree = await repository.checkOut('work', sha, signal);
  expect(readFileSync(join(tree.path, 'a.txt'), 'utf8')).toBe('a\n');
  const secrets = [token, Buffer.from(`x-access-token:${token}`).toString('base64')];
  const leaks = filesBelow(folder.root).filter(([, text]) => secrets.some((secret) => text.includes(secret)));
  expect(leaks).toEqual([]);
});

test('a fetch without the token it needs ends as clone-failed and does not wait for a password', async () => {
  const forge = await startForge();
  cleanUp.push(() => forge.close());
  const handle = await forge.addRepository({
    owner: 'acme',
    name: 'shop',
    files: { 'a.txt': 'a\n' },
    private: true,
  });
  const sha = (await handle.headOf('main')) ?? '';
  const fetching = fetchBase(await emptyWorkspace(), place(handle.cloneUrl, sha), null, signal);
  await expect(fetching).rejects.toMatchObject({ code: 'clone-failed', retryable: true });
});

test('a server that fails for a moment is asked again', async () => {
  const forge = await startForge();
  cleanUp.push(() => forge.close());
  const handle = await forge.addRepository({ owner: 'acme', name: 'shop', files: { 'a.txt': 'a\n' } });
  const sha = (await handle.headOf('main')) ?? '';
  forge.on((request) => request.path.includes('shop.git'), { status: 502 }, { times: 1 });
  await expect(
    fetchBase(await emptyWorkspace(), place(handle.cloneUrl, sha), null, signal),
  ).resolves.toMatchObject({ baseSha: sha });
});

test('a fetch ends with the reason of its signal', async () => {
  const source = await sourceRepository({ 'a.txt': 'a\n' });
  cleanUp.push(() => source.remove());
  const folder = await emptyWorkspace();
  const stopped = AbortSignal.abort(new Error('enough'));
  await expect(fetchBase(folder, place(source.url, source.sha), null, stopped)).rejects.toThrow('enough');
});

test('line ends, bytes and names come out as they were committed', async () => {
  const bytes = Uint8Array.of(0, 255, 13, 10);
  const { tree } = await fetched({ 'crlf.txt': 'a\r\nb\n', 'raw.bin': bytes, 'häß lich.txt': 'x\n' });
  expect(readFileSync(join(tree.path, 'crlf.txt'), 'utf8')).toBe('a\r\nb\n');
  expect(readFileSync(join(tree.path, 'raw.bin'))).toEqual(Buffer.from(bytes));
  expect(existsSync(join(tree.path, 'häß lich.txt'))).toBe(true);
});

test('attributes of the repository start no filter and no diff program', async () => {
  const pointer = 'version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 3\n';
  const { repository, tree } = await fetched({
    '.gitattributes': '* filter=lfs diff=evil\n',
    'big.bin': pointer,
  });
  expect(readFileSync(join(tree.path, 'big.bin'), 'utf8')).toBe(pointer);
  const config = await git(['config', '--list', '--show-origin'], { gitDir: repository.gitDir, signal });
  expect(config.toString()).not.toMatch(/filter\.|evil|textconv/);
});

test('a git folder or hook that a command plants in a tree is not asked by our git', async () => {
  const { tree, folder } = await fetched({ 'a.txt': 'a\n' });
  const planted = join(folder.root, 'planted');
  await rm(join(tree.path, '.git'));
  await gitIn(tree.path, 'init', '--quiet');
  await gitIn(tree.path, 'config', 'core.fsmonitor', `touch ${planted}; false`);
  const call = { gitDir: tree.gitDir, workTree: tree.path, signal };
  await git(['add', '--update', '--', '.'], call);
  expect((await git(['ls-files'], call)).toString()).toBe('a.txt\n');
  expect(existsSync(planted)).toBe(false);
});

test('the same tree becomes the same commit, on top of the base', async () => {
  const { repository } = await fetched({ 'a.txt': 'a\n' });
  const tree = await repository.treeOf(repository.baseSha, signal);
  const commits = [
    await repository.commitTree(tree, repository.baseSha, signal),
    await repository.commitTree(tree, repository.baseSha, signal),
  ];
  expect(commits[0]).toBe(commits[1]);
  const parent = await git(['rev-parse', `${commits[0]}^`], { gitDir: repository.gitDir, signal });
  expect(parent.toString().trim()).toBe(repository.baseSha);
});
