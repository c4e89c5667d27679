import { BRANCH_PREFIX } from '../domain/branch-name.ts';
import { MAX_BODY, MAX_TITLE, fitTitle } from '../domain/report/text.ts';
import { type Place, type PullRequestDraft, type PullRequestInfo } from '../run/ports.ts';
import { statusOf } from './errors.ts';
import { locate } from './location.ts';
import { type GitHubClient } from './octokit.ts';
import { requireLength } from './text-limits.ts';

const DRAFT_PREFIX = '[Draft] ';
const DRAFT_NOTE =
  '> [!WARNING]\n> This is a draft. This repository has no draft pull requests, so its title says it.\n\n';

export interface OpenedPullRequest {
  readonly number: number;
  readonly url: string;
  /** What GitHub shows, which is false where the repository has no drafts. */
  readonly draft: boolean;
}

/** `botId` is the account id of our App's bot user. */
export async function pullRequest(
  client: GitHubClient,
  botId: number,
  place: Place,
  number: number,
): Promise<PullRequestInfo> {
  const { data } = await client.rest.pulls.get({ ...locate(place), pull_number: number });
  const fromFork = isElsewhere(data.head.repo, place);
  return {
    number: data.number,
    url: data.html_url,
    state: data.state === 'open' ? 'open' : 'closed',
    draft: data.draft ?? false,
    headBranch: data.head.ref,
    headSha: data.head.sha,
    baseBranch: data.base.ref,
    fromFork,
    ours: data.user?.id === botId && !fromFork && data.head.ref.startsWith(BRANCH_PREFIX),
  };
}

/** GitHub gives no repository for a head whose fork was deleted, whatever its types say. */
const isElsewhere = (head: { readonly id: number } | null, { repository }: Place): boolean =>
  head?.id !== repository.id;

/**
 * The open pull request from the branch, created when there is none; the texts of one that is there stay as
 * they are. Where a repository's plan has no drafts, a draft is opened as an ordinary pull request whose title
 * and first line call it one: the work is shown, and nobody takes it for finished.
 */
export async function openPullRequest(
  client: GitHubClient,
  place: Place,
  draft: PullRequestDraft,
): Promise<OpenedPullRequest> {
  requireLength('title of the pull request', draft.title, MAX_TITLE);
  requireLength('description of the pull request', draft.body, MAX_BODY);
  const found = await findOpen(client, place, draft.headBranch);
  if (found) return found;
  try {
    return await create(client, place, draft);
  } catch (thrown) {
    if (statusOf(thrown) !== 422) throw thrown;
    const meanwhile = await findOpen(client, place, draft.headBranch);
    if (meanwhile) return meanwhile;
    if (!draft.draft) throw thrown;
    // GitHub gives no code for "no drafts here". If that was not the reason, it refuses this one as well.
    return await create(client, place, withoutDraft(draft)).catch(() => {
      throw thrown;
    });
  }
}

const withoutDraft = (draft: PullRequestDraft): PullRequestDraft => ({
  ...draft,
  draft: false,
  title: fitTitle(`${DRAFT_PREFIX}${draft.title}`),
  body: draft.body.length + DRAFT_NOTE.length > MAX_BODY ? draft.body : `${DRAFT_NOTE}${draft.body}`,
});

interface FoundPullRequest {
  readonly number: number;
  readonly html_url: string;
  readonly draft?: boolean | undefined;
}

const opened = ({ number, html_url: url, draft }: FoundPullRequest): OpenedPullRequest => ({
  number,
  url,
  draft: draft ?? false,
});

async function findOpen(
  client: GitHubClient,
  place: Place,
  branch: string,
): Promise<OpenedPullRequest | null> {
  const { owner } = place.repository;
  const { data } = await client.rest.pulls.list({
    ...locate(place),
    state: 'open',
    head: `${owner}:${branch}`,
  });
  const found = data.find(({ head }) => head.ref === branch && !isElsewhere(head.repo, place));
  return found ? opened(found) : null;
}

async function create(
  client: GitHubClient,
  place: Place,
  { title, body, headBranch: head, baseBranch: base, draft }: PullRequestDraft,
): Promise<OpenedPullRequest> {
  const { data } = await client.rest.pulls.create({ ...locate(place), title, body, head, base, draft });
  return opened(data);
}
