/** Issues with their labels and reactions. Pull requests are issues too. */
import { ApiError, requireLength } from './api-error.ts';
import { allows, requireAccess } from './auth.ts';
import {
  type Handlers,
  type Reply,
  type RepositoryCall,
  bodyOf,
  created,
  ok,
  page,
  requireComment,
  requireIssue,
} from './call.ts';
import { MAX_BODY, MAX_TITLE, addLabels, changeIssue, removeLabel } from './issue-changes.ts';
import { presentIssue, presentLabel, presentReaction } from './present-issue.ts';
import { announce } from './pull-shape.ts';
import { type Issue, type Reaction, nextNumber, now } from './store.ts';

const TRIAGE = { permissions: ['issues', 'pull_requests'], level: 'write', role: 'triage' } as const;

type LabelName = string | { readonly name?: string };
const labelNames = (labels: readonly LabelName[] = []): readonly string[] =>
  labels.map((label) => (typeof label === 'string' ? label : (label.name ?? '')));

async function createIssue(call: RepositoryCall): Promise<Reply> {
  const { title, body, labels } = bodyOf<{
    title: string | number;
    body?: string;
    labels?: LabelName[];
  }>(call);
  const { repository, context, actor, app } = call;
  requireLength('Issue', 'title', String(title), MAX_TITLE);
  requireLength('Issue', 'body', body, MAX_BODY);
  const issue: Issue = {
    id: context.store.nextId(),
    number: nextNumber(repository),
    user: actor,
    app,
    createdAt: now(),
    labels: [],
    comments: [],
    reactions: [],
    pull: undefined,
    title: String(title),
    body: body ?? null,
    state: 'open',
    updatedAt: now(),
    closedAt: null,
  };
  repository.issues.set(issue.number, issue);
  await announce(context, repository, issue, 'opened', actor);
  // GitHub drops the labels of people who may not label, and says nothing.
  if (allows(call.auth, repository, TRIAGE)) await addLabels(call, issue, labelNames(labels));
  return created(presentIssue(context.store, repository, issue));
}

async function updateIssue(call: RepositoryCall): Promise<Reply> {
  const issue = requireIssue(call);
  const { repository, context, actor } = call;
  if (issue.user !== actor) requireAccess(call.auth, repository, TRIAGE);
  const { labels, ...change } = bodyOf<{
    title?: string;
    body?: string | null;
    state?: 'open' | 'closed';
    labels?: LabelName[];
  }>(call);
  await changeIssue(call, issue, change);
  if (labels !== undefined && allows(call.auth, repository, TRIAGE)) {
    const wanted = labelNames(labels);
    const extra = issue.labels.filter(({ name }) => !wanted.includes(name));
    for (const { name } of extra) await removeLabel(call, issue, name);
    await addLabels(call, issue, wanted);
  }
  return ok(presentIssue(context.store, repository, issue));
}

function listIssues(call: RepositoryCall): Reply {
  const { state = 'open', labels = '' } = call.query;
  const wanted = String(labels)
    .split(',')
    .filter((name) => name !== '');
  const matching = [...call.repository.issues.values()]
    .filter((issue) => state === 'all' || issue.state === state)
    .filter((issue) => wanted.every((name) => issue.labels.some((label) => label.name === name)))
    .reverse();
  const { items, headers } = page(call, matching);
  const body = items.map((issue) => presentIssue(call.context.store, call.repository, issue));
  return { status: 200, headers, body };
}

const presentLabels = (call: RepositoryCall, issue: Issue): Reply =>
  ok(issue.labels.map((label) => presentLabel(call.context.store, call.repository, label)));

/** The same reaction of the same person exists once: asked for again it is shown with 200. */
function react(call: RepositoryCall, reactions: Reaction[]): Reply {
  const { content } = bodyOf<{ content: string }>(call);
  const { store } = call.context;
  const known = reactions.find((reaction) => reaction.user === call.actor && reaction.content === content);
  if (known) return ok(presentReaction(store, known));
  const reaction = { id: store.nextId(), user: call.actor, content, createdAt: now() };
  reactions.push(reaction);
  return created(presentReaction(store, reaction));
}

function listReactions(call: RepositoryCall, reactions: readonly Reaction[]): Reply {
  const { content } = call.query;
  const matching = reactions.filter((reaction) => content === undefined || reaction.content === content);
  const { items, headers } = page(call, matching);
  return {
    status: 200,
    headers,
    body: items.map((reaction) => presentReaction(call.context.store, reaction)),
  };
}

export const issueHandlers: Handlers<RepositoryCall> = {
  'issues/create': createIssue,
  'issues/get': (call) => ok(presentIssue(call.context.store, call.repository, requireIssue(call))),
  'issues/update': updateIssue,
  'issues/list-for-repo': listIssues,
  'issues/list-labels-on-issue': (call) => presentLabels(call, requireIssue(call)),
  'issues/add-labels': async (call) => {
    const issue = requireIssue(call);
    await addLabels(call, issue, labelNames(bodyOf<{ labels?: LabelName[] }>(call).labels));
    return presentLabels(call, issue);
  },
  'issues/remove-label': async (call) => {
    const issue = requireIssue(call);
    const isRemoved = await removeLabel(call, issue, String(call.params['name']));
    if (!isRemoved) throw new ApiError(404, 'Label does not exist');
    return presentLabels(call, issue);
  },
  'reactions/create-for-issue': (call) => react(call, requireIssue(call).reactions),
  'reactions/list-for-issue': (call) => listReactions(call, requireIssue(call).reactions),
  'reactions/create-for-issue-comment': (call) => react(call, requireComment(call).comment.reactions),
  'reactions/list-for-issue-comment': (call) => listReactions(call, requireComment(call).comment.reactions),
};
