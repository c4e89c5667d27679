/** Keeps pull requests and `refs/pull/<n>/head` in step with the branches they come from. */
import { type ForgeContext } from './call.ts';
import { git, resolveObject } from './git.ts';
import { type PullRequest, announce, isPull } from './pull-shape.ts';
import { type Pull, type Repository, type Store, type User, now } from './store.ts';

/** Brings a commit of a fork, with all it stands on, into `repository`. */
export async function fetchCommit(repository: Repository, from: Repository, sha: string): Promise<void> {
  if (from !== repository) await git(repository.dir, ['fetch', '--quiet', '--no-tags', from.dir, sha]);
}

/** Keeps the head's commit in the base repository under the name GitHub gives it. */
export async function storeHead(repository: Repository, number: number, pull: Pull): Promise<void> {
  await fetchCommit(repository, pull.headRepository, pull.headSha);
  await git(repository.dir, ['update-ref', `refs/pull/${number}/head`, pull.headSha]);
}

function openPullsFrom(store: Store, head: Repository): readonly (readonly [Repository, PullRequest])[] {
  return [...store.repositories.values()].flatMap((repository) =>
    [...repository.issues.values()]
      .filter(isPull)
      .filter(({ state, pull }) => state === 'open' && pull.headRepository === head)
      .map((issue) => [repository, issue] as const),
  );
}

/** Tells of new commits with `synchronize`; a pull request whose branch is gone is closed, as on GitHub. */
export async function syncPulls(context: ForgeContext, head: Repository, sender: User): Promise<void> {
  head.pushedAt = now();
  for (const [repository, issue] of openPullsFrom(context.store, head)) {
    const { pull } = issue;
    const current = await resolveObject(head.dir, `refs/heads/${pull.headBranch}`);
    const before = pull.headSha;
    if (current === before || issue.state === 'closed') continue;
    issue.updatedAt = now();
    if (current === undefined) {
      issue.state = 'closed';
      issue.closedAt = now();
      await announce(context, repository, issue, 'closed', sender);
      continue;
    }
    pull.headSha = current;
    const base = await resolveObject(repository.dir, `refs/heads/${pull.baseBranch}`);
    pull.baseSha = base ?? pull.baseSha;
    await storeHead(repository, issue.number, pull);
    await announce(context, repository, issue, 'synchronize', sender, { before, after: current });
  }
}
