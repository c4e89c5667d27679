/** Comments on issues and pull requests. */
import { invalidField } from './api-error.ts';
import { requireAccess } from './auth.ts';
import {
  type Handlers,
  type RepositoryCall,
  bodyOf,
  created,
  noContent,
  ok,
  page,
  requireComment,
  requireIssue,
} from './call.ts';
import { type JsonObject } from './contract-schema.ts';
import { MAX_BODY } from './issue-changes.ts';
import { presentComment, presentIssue } from './present-issue.ts';
import { type Comment, type Issue, now } from './store.ts';

const WRITE = { permissions: ['issues', 'pull_requests'], level: 'write', role: 'write' } as const;

function announceComment(
  call: RepositoryCall,
  issue: Issue,
  comment: Comment,
  action: string,
  rest: JsonObject = {},
): void {
  const { context, repository, actor } = call;
  context.emit(repository, 'issue_comment', action, actor, {
    issue: presentIssue(context.store, repository, issue),
    comment: presentComment(context.store, repository, issue, comment),
    ...rest,
  });
}

function readBody(call: RepositoryCall): string {
  const { body } = bodyOf<{ body: string }>(call);
  if (body.trim() === '') throw invalidField('IssueComment', 'data', 'unprocessable', "Body can't be blank");
  if (body.length > MAX_BODY) {
    const message = `Body is too long (maximum is ${MAX_BODY} characters)`;
    throw invalidField('IssueComment', 'data', 'unprocessable', message);
  }
  return body;
}

/** People change their own comments, or with write access anybody's. */
function requireMine(call: RepositoryCall): { issue: Issue; comment: Comment } {
  const found = requireComment(call);
  if (found.comment.user !== call.actor) requireAccess(call.auth, call.repository, WRITE);
  return found;
}

export const commentHandlers: Handlers<RepositoryCall> = {
  'issues/create-comment': (call) => {
    const issue = requireIssue(call);
    const comment: Comment = {
      id: call.context.store.nextId(),
      user: call.actor,
      app: call.app,
      createdAt: now(),
      reactions: [],
      body: readBody(call),
      updatedAt: now(),
    };
    issue.comments.push(comment);
    issue.updatedAt = now();
    announceComment(call, issue, comment, 'created');
    return created(presentComment(call.context.store, call.repository, issue, comment));
  },
  'issues/list-comments': (call) => {
    const issue = requireIssue(call);
    const since = String(call.query['since'] ?? '');
    const { items, headers } = page(
      call,
      issue.comments.filter(({ updatedAt }) => updatedAt >= since),
    );
    const body = items.map((comment) => presentComment(call.context.store, call.repository, issue, comment));
    return { status: 200, headers, body };
  },
  'issues/get-comment': (call) => {
    const { issue, comment } = requireComment(call);
    return ok(presentComment(call.context.store, call.repository, issue, comment));
  },
  'issues/update-comment': (call) => {
    const { issue, comment } = requireMine(call);
    const from = comment.body;
    Object.assign(comment, { body: readBody(call), updatedAt: now() });
    announceComment(call, issue, comment, 'edited', { changes: { body: { from } } });
    return ok(presentComment(call.context.store, call.repository, issue, comment));
  },
  'issues/delete-comment': (call) => {
    const { issue, comment } = requireMine(call);
    issue.comments.splice(issue.comments.indexOf(comment), 1);
    announceComment(call, issue, comment, 'deleted');
    return noContent;
  },
};
