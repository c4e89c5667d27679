import { beforeEach, describe, expect, test } from 'vitest';
import { type Outcome } from '../../src/domain/run.ts';
import { type RunnerResult } from '../../src/protocol/runner-result.ts';
import { type CommitDraft, type Ports, type PullRequestDraft, type RunStore } from '../../src/run/ports.ts';
import { publish } from '../../src/run/steps/publish.ts';
import { planOfSix, planResult } from '../api/plan-seed.ts';
import { makeRun } from '../api/seed.ts';
import { memoryRunStore } from '../helpers/memory-run-store.ts';

const TERMS = {
  baseSha: 'c0ffee'.padEnd(40, '0'),
  models: [{ provider: 'anthropic', model: 'm' }],
  budgetUsd: 1,
  life: 0,
} as const;

let store: RunStore;
let commits: CommitDraft[];
let pullRequests: PullRequestDraft[];

beforeEach(() => {
  store = memoryRunStore();
  commits = [];
  pullRequests = [];
});

const result = (parts: Partial<RunnerResult>): RunnerResult => {
  const whole = planResult('run-a', planOfSix());
  return {
    ...whole,
    files: [{ path: 'src/sum.js', mode: '100644', content: 'export {};\n', encoding: 'utf-8' }],
    proof: whole.proof && { ...whole.proof, checkConfiguration: [] },
    ...parts,
  };
};

/** Only the forge is a stand-in: it keeps what it is given. */
async function published(parts: Partial<RunnerResult>): Promise<Outcome> {
  const run = makeRun('run-a');
  await store.create(run);
  await store.saveResult('run-a', result(parts));
  const forge = {
    fileAt: () => Promise.resolve(null),
    pullRequestTemplate: () => Promise.resolve(null),
    commit: (_run: unknown, draft: CommitDraft) => {
      commits.push(draft);
      return Promise.resolve({ branch: 'ptc/7-sum', commitSha: TERMS.baseSha });
    },
    openPullRequest: (_run: unknown, draft: PullRequestDraft) => {
      pullRequests.push(draft);
      return Promise.resolve({ number: 8, url: 'https://github.example/8', draft: draft.draft });
    },
  };
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the rest of the ports is never reached
  const ports = { store, forge, policy: { publicUrl: null } } as unknown as Ports;
  return publish(ports, run, TERMS);
}

const ALL_DONE = planOfSix().subtasks.map((_, index) => ({
  index,
  state: 'done' as const,
  output: '',
  problem: null,
  diff: '',
}));

describe('a change made by a plan', () => {
  test('that is proven and that a review finds whole is a pull request', async () => {
    const outcome = await published({ subtasks: ALL_DONE, verification: { verdict: true, feedback: '' } });

    expect(outcome).toMatchObject({ status: 'succeeded', problem: null, publication: { draft: false } });
    expect(commits[0]?.message).toContain('- 5: Refuse an amount');
    expect(pullRequests[0]?.body).toContain('- [x] 5 Refuse an amount');
    expect(pullRequests[0]?.body).not.toContain('Review of the whole');
  });

  test('that a review objects to is an unproven draft which says why', async () => {
    const outcome = await published({
      subtasks: ALL_DONE,
      verification: { verdict: false, feedback: 'The README is missing.' },
    });

    expect(outcome).toMatchObject({ status: 'unproven', publication: { draft: true } });
    expect(outcome.problem).toMatchObject({
      code: 'review-objects',
      message: expect.stringContaining('The README is missing.'),
    });
    expect(pullRequests[0]?.draft).toBe(true);
    expect(pullRequests[0]?.body).toContain('> The README is missing.');
  });

  test('of which subtasks failed is a failed run with a draft of what was done', async () => {
    const problem = {
      code: 'subtasks-failed',
      message: '1 of 6 subtasks failed, says @alice.',
      remedy: 'Ask for the rest: `/ptc build <words>`.',
      retryable: false,
    };
    const outcome = await published({ status: 'failed', problem, verification: null });

    expect(outcome).toMatchObject({ status: 'failed', problem, publication: { draft: true } });
    const body = pullRequests[0]?.body ?? '';
    expect(body).toContain('> [!WARNING]\n> 1 of 6 subtasks failed, says @\u200balice.\n> Ask for the rest');
    expect(body).toContain('- [ ] 2 Take the units');
    expect(body).toContain('  - ❌ failed: The checks still fail after 3 attempts.');
    expect(body).toContain('  - ⏭️ skipped: It waits for subtask 2.');
    expect(commits[0]?.message).toMatch(/Subtasks:\n- 0: .*\n- 1: .*\n- 3: [^\n]*\n\nPTC-Run/);
  });

  test('has only problems that speak in their place, whatever the workspace reports', async () => {
    const problem = {
      code: '</sub>@alice',
      message: 'm',
      remedy: 'Ask @alice. <!-- x -->',
      retryable: false,
    };
    const outcome = await published({ status: 'failed', problem, files: [] });

    expect(outcome.problem).toMatchObject({
      code: 'runner-failed',
      remedy: 'Ask @\u200balice. &lt;!-- x -->',
    });
    expect(commits).toEqual([]);
  });
});
