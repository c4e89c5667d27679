import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ChangedFile } from '../../src/protocol/runner-result.ts';
import { type CommitDraft } from '../../src/run/ports.ts';
import { type RepositoryHandle } from '../helpers/forge/index.ts';
import { type ForgeBed, openForgeBed, problemOf } from './forge-bed.ts';

let bed: ForgeBed;
beforeAll(async () => {
  bed = await openForgeBed();
});
afterAll(async () => {
  expect(bed.github.violations).toEqual([]);
  await bed.close();
});

const BRANCH = 'ptc/1-fix';
const text = (path: string, content: string | null): ChangedFile => ({
  path,
  mode: '100644',
  content,
  encoding: 'utf-8',
});
const message = (runId: string) =>
  `Fix it\n\nWhy.\n\nPTC-Run: ${runId}\nCo-authored-by: alice <alice@example.com>`;
const headOf = async (repo: RepositoryHandle, branch = 'main') => (await repo.headOf(branch)) ?? '';

async function draftFor(repo: RepositoryHandle, changes: Partial<CommitDraft> = {}): Promise<CommitDraft> {
  return {
    runId: 'run-1',
    mode: 'new-branch',
    branch: BRANCH,
    baseSha: await headOf(repo),
    files: [text('a.txt', 'new\n')],
    message: message(changes.runId ?? 'run-1'),
    ...changes,
  };
}

const branchesOf = async (repo: RepositoryHandle) =>
  (await repo.git('for-each-ref', '--format=%(refname:short)', 'refs/heads')).split('\n');

describe('a commit on a new branch', () => {
  test('holds texts, modes, links, binaries and deletions, and nothing else changes', async () => {
    const { place, repo } = await bed.repository({
      'keep.txt': 'keep\n',
      'old.txt': 'old\n',
      'dir/gone.txt': 'x',
    });
    const binary = Buffer.from([0, 255, 128, 10]);
    const files: readonly ChangedFile[] = [
      text('new/deep.txt', 'ünïcode 😀\n'),
      text('old.txt', null),
      text('dir/gone.txt', null),
      text('empty', ''),
      { path: 'run.sh', mode: '100755', content: '#!/bin/sh\n', encoding: 'utf-8' },
      { path: 'link', mode: '120000', content: 'keep.txt', encoding: 'utf-8' },
      { path: 'logo.png', mode: '100644', content: binary.toString('base64'), encoding: 'base64' },
    ];
    const { branch, commitSha } = await bed.forge.commit(place, await draftFor(repo, { files }));
    expect(branch).toBe(BRANCH);
    expect(await repo.headOf(BRANCH)).toBe(commitSha);
    const listed = await repo.git('ls-tree', '-r', '--format=%(objectmode) %(path)', commitSha);
    expect(listed.split('\n')).toEqual([
      '100644 empty',
      '100644 keep.txt',
      '120000 link',
      '100644 logo.png',
      '100644 new/deep.txt',
      '100755 run.sh',
    ]);
    const contents = await repo.filesAt(commitSha);
    expect(contents).toMatchObject({ 'new/deep.txt': 'ünïcode 😀\n', link: 'keep.txt', empty: '' });
    expect(contents['logo.png']).toBe(binary.toString());
    expect(await repo.git('log', '-1', '--format=%P%n%B', commitSha)).toBe(
      `${await headOf(repo)}\n${message('run-1')}`,
    );
  });

  test('is signed by GitHub', async () => {
    const { place, repo } = await bed.repository();
    const { commitSha } = await bed.forge.commit(place, await draftFor(repo));
    const { body } = await bed.github.as('acme', 'GET', `/repos/${repo.fullName}/commits/${commitSha}`);
    expect(body).toMatchObject({ commit: { verification: { verified: true } } });
  });

  test('costs three writes, however many texts it has', async () => {
    const { place, repo } = await bed.repository();
    const files = Array.from({ length: 40 }, (_, index) => text(`f${index}.txt`, `${index}\n`));
    await bed.forge.commit(place, await draftFor(repo, { files }));
    expect(bed.writesTo(place)).toEqual(['git/create-tree', 'git/create-commit', 'git/create-ref']);
  });

  test('is found again after a crash', async () => {
    const { place, repo } = await bed.repository();
    const draft = await draftFor(repo);
    const first = await bed.forge.commit(place, draft);
    expect(await (await bed.connect()).commit(place, draft)).toEqual(first);
    expect(await branchesOf(repo)).toEqual(['main', BRANCH]);
  });

  test('is found again although the base has moved and somebody has pushed on top of it', async () => {
    const { place, repo } = await bed.repository();
    const draft = await draftFor(repo);
    const first = await bed.forge.commit(place, draft);
    await repo.commit('main', { 'other.txt': 'x' }, 'Meanwhile');
    await repo.commit(BRANCH, { 'more.txt': 'x' }, 'On top');
    expect(await bed.forge.commit(place, draft)).toEqual(first);
  });

  test('is made again when the crash came before its branch', async () => {
    const { place, repo } = await bed.repository();
    const draft = await draftFor(repo);
    const stop = bed.github.on(({ operationId }) => operationId === 'git/create-ref', { status: 502 });
    expect(await problemOf(bed.forge.commit(place, draft))).toMatchObject({ code: 'github-unavailable' });
    stop();
    const { commitSha } = await bed.forge.commit(place, draft);
    expect(await branchesOf(repo)).toEqual(['main', BRANCH]);
    expect(await repo.headOf(BRANCH)).toBe(commitSha);
  });

  test('is made again when its branch was deleted', async () => {
    const { place, repo } = await bed.repository();
    const draft = await draftFor(repo);
    await bed.forge.commit(place, draft);
    await repo.git('update-ref', '-d', `refs/heads/${BRANCH}`);
    expect(await bed.forge.commit(place, draft)).toMatchObject({ branch: BRANCH });
  });

  test.each(['git/create-tree', 'git/create-commit', 'git/create-ref'])(
    'whose %s lost its answer is there once',
    async (operation) => {
      const { place, repo } = await bed.repository();
      bed.github.on(({ operationId }) => operationId === operation, 'lose-answer', { times: 1 });
      const { branch, commitSha } = await bed.forge.commit(place, await draftFor(repo));
      expect(await branchesOf(repo)).toEqual(['main', BRANCH]);
      expect(await repo.headOf(branch)).toBe(commitSha);
    },
  );

  test('gets a numbered branch when the name is taken, and is found there', async () => {
    const { place, repo } = await bed.repository();
    await repo.commit(BRANCH, { 'theirs.txt': 'x' }, 'Somebody else’s');
    await repo.commit(`${BRANCH}-2`, { 'theirs.txt': 'y' }, 'Somebody else’s');
    const draft = await draftFor(repo);
    const first = await bed.forge.commit(place, draft);
    expect(first.branch).toBe(`${BRANCH}-3`);
    expect(await bed.forge.commit(place, draft)).toEqual(first);
  });

  test('of another run gets a branch of its own', async () => {
    const { place, repo } = await bed.repository();
    await bed.forge.commit(place, await draftFor(repo));
    const second = await bed.forge.commit(place, await draftFor(repo, { runId: 'run-2' }));
    expect(second.branch).toBe(`${BRANCH}-2`);
  });

  test('steps aside when a branch below its name is in the way', async () => {
    const { place, repo } = await bed.repository();
    await repo.commit(`${BRANCH}/more`, { 'theirs.txt': 'x' }, 'Somebody else’s');
    expect(await bed.forge.commit(place, await draftFor(repo))).toMatchObject({ branch: `${BRANCH}-2` });
  });

  test('steps aside when somebody takes the name in the last moment', async () => {
    const { place, repo } = await bed.repository();
    const take = async () => void (await repo.commit(BRANCH, { 'theirs.txt': 'x' }, 'Faster'));
    bed.github.on(({ operationId }) => operationId === 'git/create-ref', take, { times: 1 });
    const { branch, commitSha } = await bed.forge.commit(place, await draftFor(repo));
    expect(branch).toBe(`${BRANCH}-2`);
    expect(await repo.headOf(branch)).toBe(commitSha);
    const commits = bed.writesTo(place).filter((write) => write === 'git/create-commit');
    expect(commits).toHaveLength(1);
  });

  test('that GitHub does not take is a typed error with GitHub’s own words', async () => {
    const { place, repo } = await bed.repository();
    const draft = await draftFor(repo, { files: [text('never-there.txt', null)] });
    expect(await problemOf(bed.forge.commit(place, draft))).toMatchObject({
      code: 'github-validation',
      message: expect.stringContaining('BadObjectState'),
      retryable: false,
    });
  });

  test('refused by a rule of the branch is not tried under another name', async () => {
    const { place, repo } = await bed.repository();
    const body = { message: 'Repository rule violations found' };
    const stop = bed.github.on(({ operationId }) => operationId === 'git/create-ref', { status: 422, body });
    expect(await problemOf(bed.forge.commit(place, await draftFor(repo)))).toMatchObject({
      code: 'github-validation',
      message: expect.stringContaining('rule violations'),
    });
    stop();
  });
});

describe('a commit on an existing branch', () => {
  async function placeWithBranch() {
    const { place, repo } = await bed.repository();
    const baseSha = await repo.commit(BRANCH, { 'a.txt': 'old\n' }, 'Earlier work');
    const draft = await draftFor(repo, { mode: 'existing-branch', baseSha });
    return { place, repo, draft };
  }

  test('moves the branch, once', async () => {
    const { place, repo, draft } = await placeWithBranch();
    const first = await bed.forge.commit(place, draft);
    expect(await (await bed.connect()).commit(place, draft)).toEqual(first);
    expect(await repo.git('log', '--format=%H %P', '-1', BRANCH)).toBe(`${first.commitSha} ${draft.baseSha}`);
    expect(bed.writesTo(place)).toEqual(['git/create-tree', 'git/create-commit', 'git/update-ref']);
  });

  test('whose answer got lost is found', async () => {
    const { place, repo, draft } = await placeWithBranch();
    bed.github.on(({ operationId }) => operationId === 'git/update-ref', 'lose-answer', { times: 1 });
    const { commitSha } = await bed.forge.commit(place, draft);
    expect(await headOf(repo, BRANCH)).toBe(commitSha);
  });

  test('that has moved before is `branch-moved`, and nothing is written', async () => {
    const { place, repo, draft } = await placeWithBranch();
    await repo.commit(BRANCH, { 'b.txt': 'x' }, 'Meanwhile');
    expect(await problemOf(bed.forge.commit(place, draft))).toMatchObject({
      code: 'branch-moved',
      retryable: false,
    });
    expect(bed.writesTo(place)).toEqual([]);
  });

  test('that moves in the last moment is `branch-moved`, and the other’s work stays', async () => {
    const { place, repo, draft } = await placeWithBranch();
    const push = async () => void (await repo.commit(BRANCH, { 'b.txt': 'x' }, 'Faster'));
    bed.github.on(({ operationId }) => operationId === 'git/update-ref', push, { times: 1 });
    expect(await problemOf(bed.forge.commit(place, draft))).toMatchObject({ code: 'branch-moved' });
    expect(await repo.git('log', '-1', '--format=%s', BRANCH)).toBe('Faster');
  });

  test('is found although somebody has pushed on top of it', async () => {
    const { place, repo, draft } = await placeWithBranch();
    const first = await bed.forge.commit(place, draft);
    await repo.commit(BRANCH, { 'b.txt': 'x' }, 'On top');
    expect(await bed.forge.commit(place, draft)).toEqual(first);
  });

  test('that is gone is `branch-missing`', async () => {
    const { place, repo, draft } = await placeWithBranch();
    await repo.git('update-ref', '-d', `refs/heads/${BRANCH}`);
    expect(await problemOf(bed.forge.commit(place, draft))).toMatchObject({ code: 'branch-missing' });
  });
});
