import type * as z from 'zod';
import { type Command, type Ignored, type Subject, type Trigger, ignored } from '../domain/trigger.ts';
import { type DeliveryPayload, IssueCommentPayload, IssuesPayload, PullRequestPayload } from './payload.ts';
import { parseCommand } from './parse-command.ts';

const BUILD_LABEL = 'ptc:build';

/** A delivery whose signature has been verified; the payload is still anybody's text. */
export interface Delivery {
  /** GitHub's delivery GUID, the same when it is delivered again. */
  readonly id: string;
  /** The event: `issues`, `issue_comment`, … */
  readonly name: string;
  readonly payload: unknown;
  /** ISO time in UTC. */
  readonly receivedAt: string;
}

/**
 * The trigger in a delivery, or why there is none. Two things trigger: the label `ptc:build` put on an open
 * issue, and a `/ptc` command in a new comment on an issue or pull request. Never throws.
 *
 * - Who may trigger is decided by the caller, who can ask GitHub; here only accounts that are no person are
 *   turned away, by their type, and comments made through our own App (`ourApp.id`), by its id.
 * - A label on a pull request says neither what to do nor on which branch: a comment does. That is explained.
 * - On a closed issue or pull request `build` is explained away, while the other commands still get their
 *   answer. A locked conversation changes nothing: only people with write access can comment there.
 */
export function fromDelivery(delivery: Delivery, ourApp: { readonly id: number }): Trigger | Ignored {
  switch (delivery.name) {
    case 'issues':
      return parsed(IssuesPayload, delivery, (payload) => fromLabel(delivery, payload));
    case 'issue_comment':
      return parsed(IssueCommentPayload, delivery, (payload) => fromComment(delivery, payload, ourApp.id));
    case 'pull_request':
      return parsed(PullRequestPayload, delivery, (payload) => fromPullRequestLabel(delivery, payload));
    default:
      return ignored(`the event ${delivery.name} asks for nothing`);
  }
}

function fromLabel(delivery: Delivery, payload: z.infer<typeof IssuesPayload>): Trigger | Ignored {
  if (payload.action !== 'labeled') return ignored(`issues.${payload.action} asks for nothing`);
  if (payload.label?.name !== BUILD_LABEL) return ignored(`the label is not ${BUILD_LABEL}`);
  const refusal = refusalOf(payload);
  if (refusal !== null) return ignored(refusal);
  const command = payload.issue.pull_request
    ? LABEL_ON_PULL_REQUEST
    : (explainWhenClosed(payload) ?? { name: 'build', words: '', allow: [] });
  return trigger(delivery, payload, { commentId: null, command });
}

const LABEL_ON_PULL_REQUEST: Command = {
  name: 'explain',
  text: `The label \`${BUILD_LABEL}\` works on issues. On a pull request, comment \`/ptc build\` and say what should change.`,
};

function fromPullRequestLabel(
  delivery: Delivery,
  { pull_request: issue, ...payload }: z.infer<typeof PullRequestPayload>,
): Trigger | Ignored {
  if (payload.action !== 'labeled' || payload.label?.name !== BUILD_LABEL)
    return ignored('events of a pull request itself ask for nothing; comment /ptc build on it instead');
  const refusal = refusalOf(payload);
  if (refusal !== null) return ignored(refusal);
  return trigger(
    delivery,
    { ...payload, issue: { ...issue, pull_request: {} } },
    { commentId: null, command: LABEL_ON_PULL_REQUEST },
  );
}

function fromComment(
  delivery: Delivery,
  payload: z.infer<typeof IssueCommentPayload>,
  ourAppId: number,
): Trigger | Ignored {
  const { action, comment, sender } = payload;
  if (action !== 'created')
    return ignored(`issue_comment.${action} asks for nothing; only a new comment does`);
  if (comment.performed_via_github_app?.id === ourAppId) return ignored('the comment is our own');
  const refusal = refusalOf(payload);
  if (refusal !== null) return ignored(refusal);
  if (comment.user?.id !== sender.id) return ignored('the sender is not the author of the comment');
  const command = parseCommand(comment.body);
  if (command === null) return ignored('the comment holds no /ptc command');
  const explained = command.name === 'build' ? explainWhenClosed(payload) : null;
  return trigger(delivery, payload, { commentId: comment.id, command: explained ?? command });
}

/** Why nothing in the payload can be a trigger, whatever it says; null when it can. */
function refusalOf({ sender, repository }: Pick<DeliveryPayload, 'sender' | 'repository'>): string | null {
  if (sender.type !== 'User') return `the sender ${sender.login} is a ${sender.type}, not a person`;
  if (repository.archived) return 'the repository is archived and takes no changes';
  return null;
}

function explainWhenClosed({ issue }: DeliveryPayload): Command | null {
  if (issue.state !== 'closed') return null;
  const what = kindOf(issue) === 'issue' ? 'issue' : 'pull request';
  return { name: 'explain', text: `This ${what} is closed, so I leave it alone. Reopen it, then ask again.` };
}

const kindOf = (issue: DeliveryPayload['issue']): Subject['kind'] =>
  issue.pull_request ? 'pull-request' : 'issue';

function trigger(
  delivery: Delivery,
  { repository, issue, sender, installation }: DeliveryPayload,
  request: Pick<Trigger, 'commentId' | 'command'>,
): Trigger | Ignored {
  if (!installation) return ignored('the delivery names no installation');
  return {
    deliveryId: delivery.id,
    installationId: installation.id,
    repository: {
      id: repository.id,
      owner: repository.owner.login,
      name: repository.name,
      defaultBranch: repository.default_branch,
      cloneUrl: repository.clone_url,
      private: repository.private,
    },
    subject: {
      kind: kindOf(issue),
      number: issue.number,
      title: issue.title,
      body: issue.body ?? '',
      url: issue.html_url,
    },
    ...request,
    requester: { login: sender.login, id: sender.id, type: sender.type },
    receivedAt: delivery.receivedAt,
  };
}

function parsed<P>(
  schema: z.ZodType<P>,
  delivery: Delivery,
  read: (payload: P) => Trigger | Ignored,
): Trigger | Ignored {
  const result = schema.safeParse(delivery.payload);
  if (result.success) return read(result.data);
  const paths = [...new Set(result.error.issues.map(({ path }) => path.join('.') || '(the whole payload)'))];
  return ignored(`the ${delivery.name} payload is not what GitHub documents, at: ${paths.join(', ')}`);
}
