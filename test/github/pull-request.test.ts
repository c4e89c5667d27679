import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Place, type PullRequestDraft } from '../../src/run/ports.ts';
import { type RecordedRequest } from '../helpers/forge/index.ts';
import { type ForgeBed, openForgeBed, problemOf } from './forge-bed.ts';

let bed: ForgeBed;
beforeAll(async () => {
  bed = await openForgeBed();
});
afterAll(async () => {
  expect(bed.github.violations).toEqual([]);
  await bed.close();
});

const HEAD = 'ptc/1-fix';
const draft = (changes: Partial<PullRequestDraft> = {}): PullRequestDraft => ({
  headBranch: HEAD,
  baseBranch: 'main',
  title: 'Fix it',
  body: 'Closes #1',
  draft: false,
  ...changes,
});

async function placeWithBranch(branch = HEAD) {
  const made = await bed.repository();
  const headSha = await made.repo.commit(branch, { 'a.txt': 'x' }, 'Work');
  return { ...made, headSha };
}

async function pulls({ repository }: Place): Promise<readonly unknown[]> {
  const { body } = await bed.github.as(
    'acme',
    'GET',
    `/repos/${repository.owner}/${repository.name}/pulls?state=all`,
  );
  return Array.isArray(body) ? body : [];
}
const isCreate = ({ operationId }: RecordedRequest) => operationId === 'pulls/create';

describe('opening a pull request', () => {
  test('opens it once, by whatever process', async () => {
    const { place, repo } = await placeWithBranch();
    const first = await bed.forge.openPullRequest(place, draft({ draft: true }));
    expect(first).toEqual({ number: 1, url: `${bed.github.url}/${repo.fullName}/pull/1`, draft: true });
    expect(await (await bed.connect()).openPullRequest(place, draft({ draft: true }))).toEqual(first);
    expect(await pulls(place)).toMatchObject([{ title: 'Fix it', body: 'Closes #1', base: { ref: 'main' } }]);
  });

  test('finds one that a person opened from the branch, even into another base', async () => {
    const { place, repo } = await placeWithBranch();
    await repo.commit('release', { 'b.txt': 'x' }, 'Release');
    await bed.github.as('acme', 'POST', `/repos/${repo.fullName}/pulls`, {
      title: 'By hand',
      head: HEAD,
      base: 'release',
    });
    expect(await bed.forge.openPullRequest(place, draft())).toMatchObject({ number: 1 });
    expect(await pulls(place)).toMatchObject([{ title: 'By hand' }]);
  });

  test('opens a new one when the last was closed', async () => {
    const { place, repo } = await placeWithBranch();
    await bed.forge.openPullRequest(place, draft());
    await bed.github.as('acme', 'PATCH', `/repos/${repo.fullName}/pulls/1`, { state: 'closed' });
    expect(await bed.forge.openPullRequest(place, draft())).toMatchObject({ number: 2 });
  });

  test('does not take the pull request of a fork with the same branch name for it', async () => {
    const { place, repo } = await placeWithBranch();
    const fork = await bed.github.fork(repo.fullName, 'mallory');
    await fork.commit(HEAD, { 'b.txt': 'x' }, 'Theirs');
    await bed.github.as('mallory', 'POST', `/repos/${repo.fullName}/pulls`, {
      title: 'Theirs',
      head: `mallory:${HEAD}`,
      base: 'main',
    });
    expect(await bed.forge.openPullRequest(place, draft())).toMatchObject({ number: 2 });
  });

  test('whose answer got lost finds it', async () => {
    const { place } = await placeWithBranch();
    bed.github.on(isCreate, 'lose-answer', { times: 1 });
    await bed.forge.openPullRequest(place, draft());
    expect(await pulls(place)).toHaveLength(1);
  });

  test('while somebody else opens the same takes theirs', async () => {
    const { place, repo } = await placeWithBranch();
    const path = `/repos/${repo.fullName}/pulls`;
    const open = async () =>
      void (await bed.github.as('acme', 'POST', path, { title: 'Faster', head: HEAD, base: 'main' }));
    const isOurs = (request: RecordedRequest) => isCreate(request) && request.auth === 'installation';
    bed.github.on(isOurs, open, { times: 1 });
    expect(await bed.forge.openPullRequest(place, draft())).toMatchObject({ number: 1 });
    expect(await pulls(place)).toMatchObject([{ title: 'Faster' }]);
  });

  test('as a draft where there are no drafts opens one that calls itself a draft', async () => {
    const { place } = await placeWithBranch();
    const body = { message: 'Draft pull requests are not supported in this repository.' };
    const isDraft = (request: RecordedRequest) =>
      isCreate(request) && JSON.stringify(request.body).includes('"draft":true');
    const stop = bed.github.on(isDraft, { status: 422, body });
    expect(await bed.forge.openPullRequest(place, draft({ draft: true }))).toMatchObject({ draft: false });
    expect(await bed.forge.openPullRequest(place, draft({ draft: true }))).toMatchObject({ draft: false });
    stop();
    expect(await pulls(place)).toMatchObject([
      { title: '[Draft] Fix it', body: expect.stringMatching(/^> \[!WARNING\][\s\S]*Closes #1$/) },
    ]);
  });

  test.each([
    ['without a base branch', { baseBranch: 'gone' }],
    ['without a head branch', { headBranch: 'gone' }],
    ['without changes', { headBranch: 'main' }],
    ['without changes, as a draft', { headBranch: 'main', draft: true }],
  ])('%s is a typed error', async (_how, changes) => {
    const { place } = await placeWithBranch();
    expect(await problemOf(bed.forge.openPullRequest(place, draft(changes)))).toMatchObject({
      code: 'github-validation',
      retryable: false,
    });
    expect(await pulls(place)).toEqual([]);
  });

  test.each([{ title: 'x'.repeat(257) }, { body: 'x'.repeat(65_537) }])(
    'with a text that is too long is a typed error before anything is asked',
    async (changes) => {
      const { place } = await placeWithBranch();
      expect(await problemOf(bed.forge.openPullRequest(place, draft(changes)))).toMatchObject({
        code: 'text-too-long',
      });
      expect(bed.writesTo(place)).toEqual([]);
    },
  );
});

describe('looking at a pull request', () => {
  test('our own is ours', async () => {
    const { place, headSha } = await placeWithBranch();
    await bed.forge.openPullRequest(place, draft());
    expect(await bed.forge.pullRequest(place, 1)).toEqual({
      number: 1,
      url: expect.stringContaining(`${place.repository.owner}/${place.repository.name}/pull/1`),
      state: 'open',
      draft: false,
      headBranch: HEAD,
      headSha,
      baseBranch: 'main',
      fromFork: false,
      ours: true,
    });
  });

  test('a person’s is not, even on a branch named like ours', async () => {
    const { place, repo } = await placeWithBranch();
    const path = `/repos/${repo.fullName}/pulls`;
    await bed.github.as('acme', 'POST', path, { title: 'x', head: HEAD, base: 'main' });
    await bed.github.as('acme', 'PATCH', `${path}/1`, { state: 'closed' });
    expect(await bed.forge.pullRequest(place, 1)).toMatchObject({
      state: 'closed',
      fromFork: false,
      ours: false,
    });
  });

  test('one our App opened on another branch is not a branch of ours', async () => {
    const { place } = await placeWithBranch('feature');
    await bed.forge.openPullRequest(place, draft({ headBranch: 'feature' }));
    expect(await bed.forge.pullRequest(place, 1)).toMatchObject({ ours: false });
  });

  test('a fork’s is from a fork', async () => {
    const { place, repo } = await placeWithBranch();
    const fork = await bed.github.fork(repo.fullName, 'mallory');
    await fork.commit('theirs', { 'b.txt': 'x' }, 'Theirs');
    const body = { title: 'x', head: 'mallory:theirs', base: 'main' };
    await bed.github.as('mallory', 'POST', `/repos/${repo.fullName}/pulls`, body);
    expect(await bed.forge.pullRequest(place, 1)).toMatchObject({ fromFork: true, ours: false });
  });

  test('one that does not exist is a typed error', async () => {
    const { place } = await placeWithBranch();
    expect(await problemOf(bed.forge.pullRequest(place, 7))).toMatchObject({ code: 'github-not-found' });
  });
});
