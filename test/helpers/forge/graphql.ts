/** The two GraphQL mutations that REST has no words for: a draft made ready, and back. */
import { ApiError } from './api-error.ts';
import { type Auth, actorOf, requireAccess } from './auth.ts';
import { type ForgeContext, type Reply, ok } from './call.ts';
import { htmlUrl, nodeId } from './present.ts';
import { type PullRequest, announce, isPull } from './pull-shape.ts';
import { type Repository } from './store.ts';

const MUTATIONS = {
  markPullRequestReadyForReview: { draft: false, action: 'ready_for_review' },
  convertPullRequestToDraft: { draft: true, action: 'converted_to_draft' },
} as const;

function mutationIn(query: string): keyof typeof MUTATIONS | undefined {
  if (/\bmarkPullRequestReadyForReview\b/.test(query)) return 'markPullRequestReadyForReview';
  return /\bconvertPullRequestToDraft\b/.test(query) ? 'convertPullRequestToDraft' : undefined;
}

function findPull(context: ForgeContext, id: string): readonly [Repository, PullRequest] | undefined {
  for (const repository of context.store.repositories.values()) {
    const issue = [...repository.issues.values()].filter(isPull).find((pull) => nodeId('PR', pull.id) === id);
    if (issue) return [repository, issue];
  }
  return undefined;
}

const refuse = (type: string, message: string): Reply => ok({ data: null, errors: [{ type, message }] });

/** Understands one mutation a request, its pull request's node id anywhere in the query or its variables. */
export async function serveGraphql(context: ForgeContext, auth: Auth, body: unknown): Promise<Reply> {
  const who = actorOf(auth);
  if (who === undefined) throw new ApiError(401, 'This endpoint requires you to be authenticated.');
  const text = JSON.stringify(body);
  const name = mutationIn(text);
  const found = findPull(context, /\bPR_\d+\b/.exec(text)?.[0] ?? '');
  if (name === undefined) return refuse('undefinedField', 'the forge knows no such query');
  if (found === undefined)
    return refuse('NOT_FOUND', 'Could not resolve to a node with the given global id.');
  const [repository, issue] = found;
  requireAccess(auth, repository, { permissions: ['pull_requests'], level: 'write', role: 'write' });
  const { draft, action } = MUTATIONS[name];
  if (issue.pull.draft !== draft) {
    issue.pull.draft = draft;
    await announce(context, repository, issue, action, who.actor);
  }
  const url = `${htmlUrl(context.store, repository)}/pull/${issue.number}`;
  const pullRequest = { id: nodeId('PR', issue.id), number: issue.number, isDraft: draft, url };
  return ok({ data: { [name]: { pullRequest, clientMutationId: null } } });
}
