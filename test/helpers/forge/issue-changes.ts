/** Changes to an issue or pull request, each told by the webhook GitHub sends for it. */
import { requireLength } from './api-error.ts';
import { type RepositoryCall } from './call.ts';
import { presentLabel } from './present-issue.ts';
import { announce } from './pull-shape.ts';
import { type Issue, labelOf, now } from './store.ts';

export const MAX_TITLE = 256;
export const MAX_BODY = 65_536;

export interface IssueChange {
  readonly title?: string;
  readonly body?: string | null;
  readonly state?: 'open' | 'closed';
}

async function changeText(call: RepositoryCall, issue: Issue, change: IssueChange): Promise<void> {
  const { title = issue.title, body = issue.body } = change;
  const changes = {
    ...(title === issue.title ? {} : { title: { from: issue.title } }),
    ...(body === issue.body ? {} : { body: { from: issue.body ?? '' } }),
  };
  if (Object.keys(changes).length === 0) return;
  Object.assign(issue, { title, body, updatedAt: now() });
  await announce(call.context, call.repository, issue, 'edited', call.actor, { changes });
}

async function changeState(call: RepositoryCall, issue: Issue, state: 'open' | 'closed'): Promise<void> {
  if (state === issue.state) return;
  Object.assign(issue, { state, updatedAt: now(), closedAt: state === 'closed' ? now() : null });
  await announce(
    call.context,
    call.repository,
    issue,
    state === 'closed' ? 'closed' : 'reopened',
    call.actor,
  );
}

/** Throws 422 for texts beyond GitHub's limits, before anything has changed. */
export async function changeIssue(call: RepositoryCall, issue: Issue, change: IssueChange): Promise<void> {
  const resource = issue.pull ? 'PullRequest' : 'Issue';
  requireLength(resource, 'title', change.title, MAX_TITLE);
  requireLength(resource, 'body', change.body, MAX_BODY);
  await changeText(call, issue, change);
  if (change.state !== undefined) await changeState(call, issue, change.state);
}

const isNamed = (name: string) => (label: { readonly name: string }) =>
  label.name.toLowerCase() === name.toLowerCase();

/** One `labeled` for every label that was not there. */
export async function addLabels(call: RepositoryCall, issue: Issue, names: readonly string[]): Promise<void> {
  const { context, repository, actor } = call;
  for (const name of names) {
    if (issue.labels.some(isNamed(name))) continue;
    const label = labelOf(context.store, repository, name);
    issue.labels.push(label);
    issue.updatedAt = now();
    const shown = presentLabel(context.store, repository, label);
    await announce(context, repository, issue, 'labeled', actor, { label: shown });
  }
}

/** False when the issue has no such label. */
export async function removeLabel(call: RepositoryCall, issue: Issue, name: string): Promise<boolean> {
  const { context, repository, actor } = call;
  const index = issue.labels.findIndex(isNamed(name));
  const [label] = index === -1 ? [] : issue.labels.splice(index, 1);
  if (label === undefined) return false;
  issue.updatedAt = now();
  const shown = presentLabel(context.store, repository, label);
  await announce(context, repository, issue, 'unlabeled', actor, { label: shown });
  return true;
}
