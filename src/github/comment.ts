import { MAX_BODY } from '../domain/report/text.ts';
import { type CommentDraft, type Place } from '../run/ports.ts';
import { locate, orNull } from './location.ts';
import { type GitHubClient } from './octokit.ts';
import { requireLength } from './text-limits.ts';

const PAGE_SIZE = 100;
/** Five thousand comments; behind them a second sticky comment is better than another fifty requests. */
const MAX_PAGES = 50;

/** Of GitHub's comment, what tells whose it is and what it says. */
interface FoundComment {
  readonly id: number;
  readonly body?: string | undefined;
  readonly user: { readonly type: string } | null;
  readonly performed_via_github_app?: { readonly id: number } | null | undefined;
}

/**
 * Creates or edits the one comment that carries the marker and was written by the App `appId` itself. Anybody
 * can copy the marker into a comment of their own; such a comment is left alone. An unchanged text is not
 * written again. Resolves to the comment's id.
 */
export async function putComment(
  client: GitHubClient,
  appId: number,
  place: Place,
  draft: CommentDraft,
): Promise<number> {
  const body = draft.body.includes(draft.marker) ? draft.body : `${draft.marker}\n${draft.body}`;
  requireLength('comment', body, MAX_BODY);
  const isOurs = (comment: FoundComment): boolean =>
    comment.user?.type === 'Bot' &&
    comment.performed_via_github_app?.id === appId &&
    (comment.body ?? '').includes(draft.marker);

  const found =
    (await known(client, place, draft.knownId, isOurs)) ?? (await search(client, place, draft, isOurs));
  if (found === null) {
    const { data } = await client.rest.issues.createComment({
      ...locate(place),
      issue_number: draft.subjectNumber,
      body,
    });
    return data.id;
  }
  if (normalized(found.body) !== normalized(body)) {
    await client.rest.issues.updateComment({ ...locate(place), comment_id: found.id, body });
  }
  return found.id;
}

type IsOurs = (comment: FoundComment) => boolean;

async function known(
  client: GitHubClient,
  place: Place,
  knownId: number | null,
  isOurs: IsOurs,
): Promise<FoundComment | null> {
  if (knownId === null) return null;
  const answer = await orNull(client.rest.issues.getComment({ ...locate(place), comment_id: knownId }));
  return answer && isOurs(answer.data) ? answer.data : null;
}

async function search(
  client: GitHubClient,
  place: Place,
  { subjectNumber }: CommentDraft,
  isOurs: IsOurs,
): Promise<FoundComment | null> {
  for (let page = 1; page <= MAX_PAGES; page += 1) {
    const { data } = await client.rest.issues.listComments({
      ...locate(place),
      issue_number: subjectNumber,
      per_page: PAGE_SIZE,
      page,
    });
    const found = data.find(isOurs);
    if (found) return found;
    if (data.length < PAGE_SIZE) return null;
  }
  return null;
}

/** GitHub may give line ends back in another form, and trims. */
const normalized = (body: string | undefined): string => (body ?? '').replaceAll('\r\n', '\n').trim();
