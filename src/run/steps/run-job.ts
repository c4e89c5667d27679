import { createBudgetLedger } from '../../asking/budget-ledger.ts';
import { type Conversations, createConversations, recall } from '../../asking/conversations.ts';
import { PtcError } from '../../domain/errors.ts';
import { type Run } from '../../domain/run.ts';
import { type ModelReply } from '../../protocol/conversation.ts';
import { isOfLife } from '../../protocol/life.ts';
import { type ModelRequestEvent, type RunnerEvent } from '../../protocol/runner-event.ts';
import { type RunnerResult } from '../../protocol/runner-result.ts';
import { cancellationOf } from '../cancellation.ts';
import { type JobStore, type Mailbox, type Ports } from '../ports.ts';
import { answerModelRequest, tell } from './answer-model-request.ts';
import { type Provision } from './provision.ts';

/**
 * When the runner has ended, cancelled or out of time, an answer under way is for nobody; one that is almost there
 * is still put on the bill.
 */
const UNWANTED_ANSWER_MS = 2_000;

/** What following a job needs of the world: no forge. */
export type JobPorts = Pick<
  Ports,
  'workspaces' | 'openMailbox' | 'models' | 'policy' | 'log' | 'stopping' | 'finishFirst'
> & { readonly store: JobStore };

/** Is told of every event of the job, of those before a restart again. */
export interface ProgressReporter {
  saw(event: RunnerEvent): void;
  /** Resolves when the last update has been sent; rejects when something that must not be lost is not stored. */
  stop(): Promise<void>;
}

/**
 * Follows the runner to its end: stores what it says, answers what it asks, passes a cancellation on. Started
 * again after a crash it reads on from the last event stored. The result is stored, not returned: it may be
 * large.
 */
export async function runJob(
  ports: JobPorts,
  run: Run,
  terms: Provision,
  progress: ProgressReporter,
): Promise<RunnerResult['status']> {
  try {
    return await followToTheEnd(ports, run, terms, progress);
  } finally {
    await progress.stop();
  }
}

async function followToTheEnd(
  ports: JobPorts,
  run: Run,
  terms: Provision,
  progress: ProgressReporter,
): Promise<RunnerResult['status']> {
  const workspace = await ports.workspaces.find(run.id);
  if (workspace === null) throw workspaceLost();
  const mailbox = ports.openMailbox(workspace);
  const ending = new AbortController();
  const signal = AbortSignal.any([ports.stopping, ending.signal]);
  const cancelling = passCancellationOn(ports, run, mailbox, signal);
  try {
    await follow(ports, run, terms, { mailbox, progress }, ending.signal);
  } finally {
    ending.abort();
    await cancelling;
  }
  const result = await mailbox.result();
  if (result.runId !== run.id || result.baseSha !== terms.baseSha) throw foreignResult();
  await ports.store.saveResult(run.id, result);
  return result.status;
}

async function follow(
  ports: JobPorts,
  run: Run,
  terms: Provision,
  { mailbox, progress }: { readonly mailbox: Mailbox; readonly progress: ProgressReporter },
  ended: AbortSignal,
): Promise<void> {
  const { budgetUsd, models } = terms;
  const { maxModelRequests: maxRequests, maxOutputTokens } = ports.policy;
  const spent = await ports.store.spending(run.id);
  const ledger = createBudgetLedger({ budgetUsd, maxRequests, maxOutputTokens }, spent);
  const conversations = createConversations();
  const answers = new Set<Promise<void>>();
  /** An answer that could not be stored or told: its error ends the following. */
  const failing = new AbortController();
  /** Nobody waits for answers any more. */
  const unwanted = new AbortController();
  const answer = (request: ModelRequestEvent, call = conversations.open(request)): void => {
    const last = conversations.lastAnswer(request.conversationId);
    const means = { models, ledger, mailbox };
    // A stop of the server does not cut it off: what is being paid for is waited for and stored.
    const signal = AbortSignal.any([ended, unwanted.signal]);
    const close = (reply: ModelReply): void => conversations.close(request, reply);
    const answered: Promise<void> = answerModelRequest(
      ports,
      run,
      means,
      { request, call, last, close },
      signal,
    )
      .then(() => {})
      .catch((error: unknown) => failing.abort(error))
      .finally(() => answers.delete(answered));
    answers.add(answered);
  };
  try {
    await takeUp(ports, run, { mailbox, progress, life: terms.life }, conversations, answer);
    const signal = AbortSignal.any([ports.stopping, ended, failing.signal]);
    for await (const received of mailbox.follow(await ports.store.position(run.id), signal)) {
      await ports.store.appendEvents(run.id, received);
      for (const { event } of received) {
        progress.saw(event);
        if (event.type === 'model.request') answer(event);
      }
    }
    setTimeout(() => unwanted.abort(), UNWANTED_ANSWER_MS).unref();
  } finally {
    await Promise.allSettled(answers);
  }
  ports.stopping.throwIfAborted();
}

/**
 * After a restart: brings the conversations back, tells answers again and gives those still owed. What a lost
 * workspace asked is nobody's question any more.
 */
async function takeUp(
  ports: JobPorts,
  run: Run,
  { mailbox, progress, life }: { mailbox: Mailbox; progress: ProgressReporter; life: number },
  conversations: Conversations,
  answer: (request: ModelRequestEvent, call: ReturnType<Conversations['open']>) => void,
): Promise<void> {
  const events = await ports.store.events(run.id, 0);
  for (const event of events) progress.saw(event);
  const requests = events.filter(
    (event) => event.type === 'model.request' && isOfLife(event.conversationId, life),
  );
  const calls = await ports.store.modelCalls(run.id);
  for (const { request, call, reply } of recall(conversations, requests, calls)) {
    if (reply === null) answer(request, call);
    else await tell(mailbox, request.requestId, reply);
  }
}

async function passCancellationOn(
  ports: JobPorts,
  run: Run,
  mailbox: Mailbox,
  signal: AbortSignal,
): Promise<void> {
  const by = await cancellationOf(ports.store, run.id, signal);
  if (by !== null) await mailbox.put('cancel', { type: 'cancel', reason: `cancelled by ${by}` });
}

const workspaceLost = (): PtcError =>
  new PtcError({
    code: 'workspace-lost',
    message: 'The workspace of this run no longer exists.',
    remedy: 'Comment `/ptc build` to start again.',
    retryable: false,
  });

const foreignResult = (): PtcError =>
  new PtcError({
    code: 'result-invalid',
    message: 'The workspace handed back a result that belongs to another run or another base commit.',
    remedy: 'Comment `/ptc build` to start again; if this happens twice, report it with the run id.',
    retryable: false,
  });
