import { branchNameFor } from '../../domain/branch-name.ts';
import { answerMarker, helpText, statusText } from '../../domain/report/comment-text.ts';
import { DEFAULT_OPTIONS, type RepositoryRun, type Target } from '../../domain/run.ts';
import { type Command, type Trigger } from '../../domain/trigger.ts';
import { type Forge, type Ports } from '../ports.ts';
import { runUrl } from './run-url.ts';
import { queueKeyOf } from '../queue-key.ts';
import { acceptedWebhook } from './run-webhooks.ts';

/** What became of a trigger. `answered` says why no run came of it. */
export type Admission =
  | { readonly kind: 'run'; readonly runId: string; readonly queueKey: string }
  | { readonly kind: 'answered' | 'cancelling'; readonly reason: string };

type AdmitPorts = Pick<Ports, 'forge' | 'store' | 'policy' | 'outbox'>;

/** Decides what one accepted delivery leads to, and answers where a person would wonder. */
export async function admit(ports: AdmitPorts, trigger: Trigger): Promise<Admission> {
  const permission = await ports.forge.permissionOf(trigger, trigger.requester.login);
  if (!MAY_WRITE.has(permission)) {
    // Answered once a subject, not once a comment: strangers must not be able to make us talk.
    await answer(ports.forge, trigger, '<!-- ptc:answer no-permission -->', NO_PERMISSION);
    return { kind: 'answered', reason: `no-permission: ${permission}` };
  }
  switch (trigger.command.name) {
    case 'build':
      return admitBuild(ports, trigger, trigger.command);
    case 'cancel':
      return admitCancel(ports, trigger);
    case 'status': {
      const stored = await ports.store.ofSubject(trigger.repository.id, trigger.subject);
      const state = stored && { ...stored, runUrl: runUrl(ports.policy, stored.run.id) };
      await answer(ports.forge, trigger, answerMarker(trigger.deliveryId), statusText(state));
      return { kind: 'answered', reason: 'status' };
    }
    case 'explain':
      await answer(ports.forge, trigger, answerMarker(trigger.deliveryId), trigger.command.text);
      return { kind: 'answered', reason: trigger.command.text };
    case 'help':
      await answer(ports.forge, trigger, answerMarker(trigger.deliveryId), helpText(trigger.command.unknown));
      return { kind: 'answered', reason: 'help' };
  }
}

const MAY_WRITE: ReadonlySet<string> = new Set(['admin', 'maintain', 'write']);
const NO_PERMISSION = 'Only people who can write to this repository can ask me for work.';

async function admitBuild(
  ports: AdmitPorts,
  trigger: Trigger,
  command: Extract<Command, { name: 'build' }>,
): Promise<Admission> {
  const target = await resolveTarget(ports.forge, trigger);
  if (typeof target === 'string') {
    await answer(ports.forge, trigger, answerMarker(trigger.deliveryId), target);
    return { kind: 'answered', reason: target };
  }
  const run = toRun(trigger, command, target);
  const created = await ports.store.create(run);
  if (created === 'subject-busy') {
    const text = 'A run is already at work here. Stop it with `/ptc cancel`, or wait for it.';
    await answer(ports.forge, trigger, answerMarker(trigger.deliveryId), text);
    return { kind: 'answered', reason: 'subject-busy' };
  }
  await ports.outbox.enqueue(acceptedWebhook(ports.policy, run), run.callbackUrl);
  await seen(ports.forge, trigger);
  return { kind: 'run', runId: run.id, queueKey: queueKeyOf(run) };
}

async function admitCancel(ports: AdmitPorts, trigger: Trigger): Promise<Admission> {
  const stored = await ports.store.ofSubject(trigger.repository.id, trigger.subject);
  if (stored === null || stored.outcome !== null) {
    const text = 'Nothing is running here.';
    await answer(ports.forge, trigger, answerMarker(trigger.deliveryId), text);
    return { kind: 'answered', reason: 'nothing-to-cancel' };
  }
  await ports.store.requestCancel(stored.run.id, trigger.requester.login);
  await seen(ports.forge, trigger);
  return { kind: 'cancelling', reason: stored.run.id };
}

/** Where the work goes, or in words why it cannot. */
async function resolveTarget(forge: Forge, trigger: Trigger): Promise<Target | string> {
  const { subject, repository } = trigger;
  if (subject.kind === 'issue') {
    return {
      mode: 'new-pull-request',
      baseBranch: repository.defaultBranch,
      headBranch: branchNameFor(subject),
    };
  }
  const pullRequest = await forge.pullRequest(trigger, subject.number);
  if (pullRequest.state === 'closed') return 'This pull request is closed, so I leave it alone.';
  if (pullRequest.fromFork) {
    return 'This pull request comes from a fork. I do not work on forks: their code would run with this repository’s budget, and I cannot push there.';
  }
  const { headBranch, baseBranch, number } = pullRequest;
  return pullRequest.ours
    ? { mode: 'update-pull-request', baseBranch, headBranch, number }
    : { mode: 'new-pull-request', baseBranch: headBranch, headBranch: branchNameFor(subject) };
}

function toRun(
  trigger: Trigger,
  command: Extract<Command, { name: 'build' }>,
  target: Target,
): RepositoryRun {
  const { deliveryId, installationId, repository, subject, commentId, requester, receivedAt } = trigger;
  return {
    id: `run-${deliveryId}`,
    execution: null,
    installationId,
    repository,
    subject,
    commentId,
    requester,
    task: { title: subject.title, body: subject.body, words: command.words },
    plan: null,
    options: DEFAULT_OPTIONS,
    allow: command.allow,
    target,
    callbackUrl: null,
    createdAt: receivedAt,
  };
}

const seen = (forge: Forge, trigger: Trigger): Promise<void> =>
  forge.react(
    trigger,
    trigger.commentId === null ? { issue: trigger.subject.number } : { commentId: trigger.commentId },
  );

async function answer(forge: Forge, trigger: Trigger, marker: string, text: string): Promise<void> {
  await forge.putComment(trigger, {
    subjectNumber: trigger.subject.number,
    marker,
    body: `${marker}\n${text}`,
    knownId: null,
  });
}
