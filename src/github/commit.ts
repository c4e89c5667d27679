import { PtcError } from '../domain/errors.ts';
import { type CommitDraft, type Place } from '../run/ports.ts';
import { branchHead, branchesLike } from './branch.ts';
import { createCommit } from './commit-object.ts';
import { statusOf } from './errors.ts';
import { locate } from './location.ts';
import { type GitHubClient } from './octokit.ts';

const MAX_BRANCH_NAMES = 50;
/** Commits that may have been put on top of ours before we look again. */
const MAX_DEPTH = 10;

export interface Committed {
  readonly branch: string;
  readonly commitSha: string;
}

/**
 * The change as one commit on its branch, found again by its trailer `PTC-Run: <run id>`. A commit that no
 * branch leads to (we died before the branch was made) cannot be found and is made once more; nobody sees the
 * first.
 *
 * Rejects with `branch-moved`, `branch-missing` and `branch-names-taken` besides GitHub's own refusals.
 */
export function commit(client: GitHubClient, place: Place, draft: CommitDraft): Promise<Committed> {
  return draft.mode === 'new-branch'
    ? commitOnNewBranch(client, place, draft)
    : commitOnExistingBranch(client, place, draft);
}

async function commitOnExistingBranch(
  client: GitHubClient,
  place: Place,
  draft: CommitDraft,
): Promise<Committed> {
  const { branch, baseSha } = draft;
  const head = await branchHead(client, place, branch);
  if (head === null) throw branchMissing(branch);
  const ours = await findRunCommit(client, place, draft, head);
  if (ours !== null) return { branch, commitSha: ours };
  if (head !== baseSha) throw branchMoved(branch);
  const commitSha = await createCommit(client, place, draft);
  try {
    await client.rest.git.updateRef({
      ...locate(place),
      ref: `heads/${branch}`,
      sha: commitSha,
      force: false,
    });
  } catch (thrown) {
    if (statusOf(thrown) !== 422) throw thrown;
    const now = await branchHead(client, place, branch);
    throw now === baseSha ? thrown : branchMoved(branch);
  }
  return { branch, commitSha };
}

async function commitOnNewBranch(client: GitHubClient, place: Place, draft: CommitDraft): Promise<Committed> {
  let names = await lookAtNames(client, place, draft);
  if (names.ours !== null) return names.ours;
  const commitSha = await createCommit(client, place, draft);
  for (;;) {
    const branch = names.free;
    try {
      await client.rest.git.createRef({ ...locate(place), ref: `refs/heads/${branch}`, sha: commitSha });
      return { branch, commitSha };
    } catch (thrown) {
      if (statusOf(thrown) !== 422) throw thrown;
      // Somebody was faster with the name, or GitHub refuses it for a reason that is no better next time.
      names = await lookAtNames(client, place, draft);
      if (names.ours !== null) return names.ours;
      if (names.free === branch) throw thrown;
    }
  }
}

interface BranchNames {
  /** The run's commit, when one of the branches leads to it. */
  readonly ours: Committed | null;
  /** The wanted name, or that with the lowest number from 2 that nothing stands in the way of. */
  readonly free: string;
}

async function lookAtNames(client: GitHubClient, place: Place, draft: CommitDraft): Promise<BranchNames> {
  const taken = await branchesLike(client, place, draft.branch);
  for (let number = 1; number <= MAX_BRANCH_NAMES; number += 1) {
    const name = number === 1 ? draft.branch : `${draft.branch}-${number}`;
    const head = taken.get(name);
    if (head !== undefined) {
      const commitSha = await findRunCommit(client, place, draft, head);
      if (commitSha !== null) return { ours: { branch: name, commitSha }, free: name };
    } else if (!taken.keys().some((other) => other.startsWith(`${name}/`))) {
      return { ours: null, free: name };
    }
  }
  throw namesTaken(draft.branch);
}

/** The run's commit among the newest ones down from `head`, not looking behind the base it was made on. */
async function findRunCommit(
  client: GitHubClient,
  place: Place,
  { runId, baseSha }: CommitDraft,
  head: string,
): Promise<string | null> {
  const trailer = `PTC-Run: ${runId}`;
  let sha: string | undefined = head;
  for (let depth = 0; depth < MAX_DEPTH && sha !== undefined && sha !== baseSha; depth += 1) {
    const { data } = await client.rest.git.getCommit({ ...locate(place), commit_sha: sha });
    if (data.message.split('\n').some((line) => line.trim() === trailer)) return sha;
    sha = data.parents[0]?.sha;
  }
  return null;
}

const branchMoved = (branch: string): PtcError =>
  new PtcError({
    code: 'branch-moved',
    message: `The branch ${branch} got other commits while the run was working on it.`,
    remedy: 'Comment `/ptc build` again to start from its new state.',
    retryable: false,
  });

const branchMissing = (branch: string): PtcError =>
  new PtcError({
    code: 'branch-missing',
    message: `The branch ${branch} does not exist any more.`,
    remedy: 'Restore the branch on its pull request’s page, then comment `/ptc build` again.',
    retryable: false,
  });

const namesTaken = (branch: string): PtcError =>
  new PtcError({
    code: 'branch-names-taken',
    message: `The branches ${branch} to ${branch}-${MAX_BRANCH_NAMES} all exist.`,
    remedy: 'Delete the ones nobody needs, then try again.',
    retryable: false,
  });
