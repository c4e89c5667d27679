import { describe, expect, test } from 'vitest';
import { type PullRequestInfo } from '../../src/run/ports.ts';
import { adoptPublication } from '../../src/run/steps/adopt-publication.ts';
import { type StandaloneStepBed, standaloneStepBed } from './standalone-bed.ts';

const URL_OF_8 = 'https://github.example/octo/calculator/pull/8';
const FOUND: PullRequestInfo = {
  number: 8,
  url: URL_OF_8,
  state: 'open',
  draft: false,
  headBranch: 'ptc/7-sum-subtracts',
  headSha: 'c0ffee'.padEnd(40, '0'),
  baseBranch: 'main',
  fromFork: false,
  ours: true,
};
const TARGET = { mode: 'new-pull-request', baseBranch: 'main', headBranch: FOUND.headBranch } as const;

async function bedWith(found: Partial<PullRequestInfo> = {}, url = URL_OF_8): Promise<StandaloneStepBed> {
  const bed = await standaloneStepBed({ run: { target: TARGET }, pullRequests: [{ ...FOUND, ...found }] });
  await bed.standaloneRuns.expect(bed.run.id, 'hash');
  await bed.hear({ type: 'pr.created', prUrl: url });
  return bed;
}

const doneWith = async (found: Partial<PullRequestInfo> = {}, url = URL_OF_8) => {
  const bed = await bedWith(found, url);
  await bed.hear({ type: 'task.completed' });
  return adoptPublication(bed.ports, bed.run, null);
};

describe('what a workspace published by itself', () => {
  test('is the run’s outcome, in the forge’s words', async () => {
    expect(await doneWith()).toEqual({
      status: 'succeeded',
      problem: null,
      publication: {
        pullRequestNumber: 8,
        pullRequestUrl: URL_OF_8,
        branch: FOUND.headBranch,
        commitSha: FOUND.headSha,
        draft: false,
      },
    });
  });

  test('is unproven when the forge shows a draft', async () => {
    expect(await doneWith({ draft: true })).toMatchObject({
      status: 'unproven',
      publication: { draft: true },
    });
  });

  test('may have a numbered branch, where the name was taken', async () => {
    expect(await doneWith({ headBranch: `${FOUND.headBranch}-2` })).toMatchObject({ status: 'succeeded' });
  });

  test.each([
    ['of a person', { ours: false }, URL_OF_8],
    ['of another branch', { headBranch: 'ptc/9-other' }, URL_OF_8],
    ['of a branch that only begins like ours', { headBranch: `${FOUND.headBranch}-too` }, URL_OF_8],
    ['into another base', { baseBranch: 'release' }, URL_OF_8],
    ['that does not exist', {}, 'https://github.example/octo/calculator/pull/9'],
    ['that is none', {}, 'https://github.example/octo/calculator/issues/8'],
    ['that is nonsense', {}, 'javascript:alert(1)'],
  ])('does not count when it is a pull request %s', async (_what, found, url) => {
    expect(await doneWith(found, url)).toMatchObject({
      status: 'failed',
      problem: { code: 'pull-request-not-confirmed' },
      publication: null,
    });
  });

  test('stays known of a run that failed, with the workspace’s reason as plain text', async () => {
    const bed = await bedWith({ draft: true });
    await bed.hear({ type: 'task.failed', status: 'failed', error: 'checks-failed: A check fails. @ada' });
    expect(await adoptPublication(bed.ports, bed.run, null)).toMatchObject({
      status: 'failed',
      problem: { code: 'checks-failed', message: 'checks-failed: A check fails. @ada' },
      publication: { pullRequestNumber: 8 },
    });
  });

  test('stays known of a run that was given up', async () => {
    const bed = await bedWith();
    const cancelled = { code: 'cancelled', message: 'By ada.', remedy: '', retryable: false };
    const died = { ...cancelled, code: 'workspace-died' };
    const publication = { pullRequestNumber: 8 };
    expect(await adoptPublication(bed.ports, bed.run, cancelled)).toMatchObject({
      status: 'cancelled',
      publication,
    });
    expect(await adoptPublication(bed.ports, bed.run, died)).toMatchObject({ status: 'failed', publication });
  });

  test('is not made up for a workspace that tells of none', async () => {
    const bed = await standaloneStepBed();
    await bed.standaloneRuns.expect(bed.run.id, 'hash');
    await bed.hear({ type: 'task.failed', status: 'failed', error: '</sub> what' });
    expect(await adoptPublication(bed.ports, bed.run, null)).toMatchObject({
      status: 'failed',
      problem: { code: 'runner-failed', message: '</sub> what' },
      publication: null,
    });
  });
});
