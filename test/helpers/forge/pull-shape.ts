/** Pull requests as GitHub shows them, and the webhook that tells about an issue or pull request. */
import { type ForgeContext } from './call.ts';
import { type JsonObject } from './contract-schema.ts';
import { git, tryGit } from './git.ts';
import { presentIssue, presentIssueFields } from './present-issue.ts';
import { apiUrl, htmlUrl, nodeId, presentRepository, presentUser } from './present.ts';
import { type Issue, type Pull, type Repository, type Store, type User } from './store.ts';

export interface PullRequest extends Issue {
  readonly pull: Pull;
}

export const isPull = (issue: Issue): issue is PullRequest => issue.pull !== undefined;

function side(store: Store, repository: Repository, branch: string, sha: string): JsonObject {
  return {
    label: `${repository.owner.login}:${branch}`,
    ref: branch,
    sha,
    user: presentUser(store, repository.owner),
    repo: presentRepository(store, repository),
  };
}

/** The form in lists. */
export function presentPullSimple(store: Store, repository: Repository, issue: PullRequest): JsonObject {
  const { pull, number } = issue;
  const [api, html] = [apiUrl(store, repository), htmlUrl(store, repository)];
  const [url, page] = [`${api}/pulls/${number}`, `${html}/pull/${number}`];
  const addresses: Readonly<Record<string, string>> = {
    comments: `${api}/issues/${number}/comments`,
    commits: `${url}/commits`,
    issue: `${api}/issues/${number}`,
    review_comment: `${api}/pulls/comments{/number}`,
    review_comments: `${url}/comments`,
    statuses: `${api}/statuses/${pull.headSha}`,
  };
  const links = { ...addresses, self: url, html: page };
  return {
    ...presentIssueFields(store, repository, issue),
    ...Object.fromEntries(Object.entries(addresses).map(([name, value]) => [`${name}_url`, value])),
    node_id: nodeId('PR', issue.id),
    url,
    html_url: page,
    diff_url: `${page}.diff`,
    patch_url: `${page}.patch`,
    merged_at: null,
    merge_commit_sha: null,
    requested_reviewers: [],
    requested_teams: [],
    head: side(store, pull.headRepository, pull.headBranch, pull.headSha),
    base: side(store, repository, pull.baseBranch, pull.baseSha),
    _links: Object.fromEntries(Object.entries(links).map(([name, href]) => [name, { href }])),
    auto_merge: null,
    draft: pull.draft,
  };
}

interface DiffStat {
  readonly additions: number;
  readonly deletions: number;
  readonly changed_files: number;
}

async function diffStat(repository: Repository, from: string, to: string): Promise<DiffStat> {
  const text = await git(repository.dir, ['diff', '--shortstat', from, to, '--']);
  const count = (pattern: RegExp) => Number(pattern.exec(text)?.[1] ?? 0);
  return {
    additions: count(/(\d+) insertion/),
    deletions: count(/(\d+) deletion/),
    changed_files: count(/(\d+) file/),
  };
}

export const mergeBaseOf = ({ dir }: Repository, { baseSha, headSha }: Pull): Promise<string> =>
  git(dir, ['merge-base', baseSha, headSha]);

/** The form of a single pull request. */
export async function presentPull(
  store: Store,
  repository: Repository,
  issue: PullRequest,
): Promise<JsonObject> {
  const { pull } = issue;
  const { dir } = repository;
  const [mergeBase, base = pull.baseSha] = await Promise.all([
    mergeBaseOf(repository, pull),
    tryGit(dir, ['rev-parse', '--verify', `refs/heads/${pull.baseBranch}`]),
  ]);
  const [commits, stat, merged] = await Promise.all([
    git(dir, ['rev-list', '--count', `${mergeBase}..${pull.headSha}`]),
    diffStat(repository, mergeBase, pull.headSha),
    tryGit(dir, ['merge-tree', '--write-tree', base, pull.headSha]),
  ]);
  return {
    ...presentPullSimple(store, repository, issue),
    ...stat,
    commits: Number(commits),
    comments: issue.comments.length,
    review_comments: 0,
    merged: false,
    merged_by: null,
    mergeable: merged !== undefined,
    mergeable_state: merged === undefined ? 'dirty' : 'clean',
    rebaseable: merged !== undefined,
    maintainer_can_modify: pull.headRepository !== repository,
  };
}

/** Sends `issues` or, about a pull request, `pull_request`. */
export async function announce(
  context: ForgeContext,
  repository: Repository,
  issue: Issue,
  action: string,
  sender: User,
  rest: JsonObject = {},
): Promise<void> {
  const { store, emit } = context;
  if (isPull(issue)) {
    const pullRequest = await presentPull(store, repository, issue);
    emit(repository, 'pull_request', action, sender, {
      number: issue.number,
      pull_request: pullRequest,
      ...rest,
    });
  } else {
    emit(repository, 'issues', action, sender, { issue: presentIssue(store, repository, issue), ...rest });
  }
}
