import { type Place } from '../run/ports.ts';
import { locate } from './location.ts';
import { type GitHubClient } from './octokit.ts';

/** 👀 on the comment or the issue. GitHub keeps one of each kind for an account, so again changes nothing. */
export async function react(
  client: GitHubClient,
  place: Place,
  on: { readonly commentId: number } | { readonly issue: number },
): Promise<void> {
  const { reactions } = client.rest;
  const content = 'eyes';
  if ('commentId' in on) {
    await reactions.createForIssueComment({ ...locate(place), comment_id: on.commentId, content });
  } else {
    await reactions.createForIssue({ ...locate(place), issue_number: on.issue, content });
  }
}
