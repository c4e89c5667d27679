/** Issues with their labels, reactions and comments, as GitHub shows them. */
import { type JsonObject } from './contract-schema.ts';
import { apiUrl, htmlUrl, nodeId, presentApp, presentUser } from './present.ts';
import {
  type Comment,
  type Issue,
  type Label,
  type Reaction,
  type Repository,
  type Store,
  type User,
  roleOf,
} from './store.ts';

export function presentLabel(store: Store, repository: Repository, { id, name }: Label): JsonObject {
  return {
    id,
    node_id: nodeId('LA', id),
    url: `${apiUrl(store, repository)}/labels/${encodeURIComponent(name)}`,
    name,
    color: 'ededed',
    default: false,
    description: '',
  };
}

const REACTIONS = ['+1', '-1', 'laugh', 'hooray', 'confused', 'heart', 'rocket', 'eyes'];

function rollUp(url: string, reactions: readonly Reaction[]): JsonObject {
  const count = (content: string) => reactions.filter((reaction) => reaction.content === content).length;
  return {
    url: `${url}/reactions`,
    total_count: reactions.length,
    ...Object.fromEntries(REACTIONS.map((content) => [content, count(content)])),
  };
}

export function presentReaction(store: Store, reaction: Reaction): JsonObject {
  return {
    id: reaction.id,
    node_id: nodeId('REA', reaction.id),
    user: presentUser(store, reaction.user),
    content: reaction.content,
    created_at: reaction.createdAt,
  };
}

function associationOf(repository: Repository, user: User): string {
  if (repository.owner === user) return 'OWNER';
  if (roleOf(repository, user) === undefined) return 'NONE';
  return repository.owner.type === 'Organization' ? 'MEMBER' : 'COLLABORATOR';
}

export function presentComment(
  store: Store,
  repository: Repository,
  issue: Issue,
  comment: Comment,
): JsonObject {
  const url = `${apiUrl(store, repository)}/issues/comments/${comment.id}`;
  const kind = issue.pull ? 'pull' : 'issues';
  return {
    id: comment.id,
    node_id: nodeId('IC', comment.id),
    url,
    html_url: `${htmlUrl(store, repository)}/${kind}/${issue.number}#issuecomment-${comment.id}`,
    issue_url: `${apiUrl(store, repository)}/issues/${issue.number}`,
    user: presentUser(store, comment.user),
    created_at: comment.createdAt,
    updated_at: comment.updatedAt,
    author_association: associationOf(repository, comment.user),
    body: comment.body,
    reactions: rollUp(url, comment.reactions),
    performed_via_github_app: comment.app ? presentApp(store, comment.app) : null,
  };
}

/** The part that issues and pull requests have in common. */
export function presentIssueFields(store: Store, repository: Repository, issue: Issue): JsonObject {
  const base = apiUrl(store, repository);
  return {
    id: issue.id,
    number: issue.number,
    state: issue.state,
    locked: false,
    active_lock_reason: null,
    title: issue.title,
    body: issue.body,
    user: presentUser(store, issue.user),
    labels: issue.labels.map((label) => presentLabel(store, repository, label)),
    assignee: null,
    assignees: [],
    milestone: null,
    author_association: associationOf(repository, issue.user),
    created_at: issue.createdAt,
    updated_at: issue.updatedAt,
    closed_at: issue.closedAt,
    comments_url: `${base}/issues/${issue.number}/comments`,
  };
}

export function presentIssue(store: Store, repository: Repository, issue: Issue): JsonObject {
  const [api, html] = [apiUrl(store, repository), htmlUrl(store, repository)];
  const url = `${api}/issues/${issue.number}`;
  const pull = `${html}/pull/${issue.number}`;
  return {
    ...presentIssueFields(store, repository, issue),
    node_id: nodeId(issue.pull ? 'PR' : 'I', issue.id),
    url,
    repository_url: api,
    labels_url: `${url}/labels{/name}`,
    events_url: `${url}/events`,
    html_url: issue.pull ? pull : `${html}/issues/${issue.number}`,
    comments: issue.comments.length,
    reactions: rollUp(url, issue.reactions),
    timeline_url: `${url}/timeline`,
    performed_via_github_app: issue.app ? presentApp(store, issue.app) : null,
    state_reason: issue.state === 'closed' ? 'completed' : null,
    ...(issue.pull
      ? {
          draft: issue.pull.draft,
          pull_request: {
            url: `${api}/pulls/${issue.number}`,
            html_url: pull,
            diff_url: `${pull}.diff`,
            patch_url: `${pull}.patch`,
            merged_at: null,
          },
        }
      : {}),
  };
}
