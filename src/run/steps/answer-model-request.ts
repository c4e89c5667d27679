import { decideCall } from '../../domain/budget.ts';
import { PtcError, toProblem } from '../../domain/errors.ts';
import { type Run } from '../../domain/run.ts';
import { type ModelCall, type ModelReply } from '../../protocol/conversation.ts';
import { type ModelRequestEvent } from '../../protocol/runner-event.ts';
import { type Mailbox, type Ports } from '../ports.ts';
import { type Provision } from './provision.ts';

type AnswerPorts = Pick<Ports, 'models' | 'store' | 'policy' | 'finishFirst' | 'log'>;

/**
 * Answers one request of the runner within the budget: the paid answer is stored first and told second, so
 * that no crash makes us pay for it twice. Resolves to the reply, or to null when the runner was told why
 * there is none. Rejects only when nothing could be stored or told.
 */
export async function answerModelRequest(
  ports: AnswerPorts,
  run: Run,
  terms: Pick<Provision, 'model' | 'budgetUsd'>,
  mailbox: Mailbox,
  asked: { readonly request: ModelRequestEvent; readonly call: ModelCall },
  signal: AbortSignal,
): Promise<ModelReply | null> {
  const { requestId } = asked.request;
  let reply: ModelReply;
  try {
    reply = await ports.finishFirst(pay(ports, run, terms, asked, signal));
  } catch (thrown) {
    if (signal.aborted) return null;
    const problem = toProblem(thrown);
    ports.log.warn({ runId: run.id, requestId, code: problem.code }, 'a model request was not answered');
    await mailbox.put(`error-${keyOf(requestId)}`, { type: 'model.error', requestId, problem });
    return null;
  }
  await tell(mailbox, requestId, reply);
  return reply;
}

/** Puts a stored answer into the inbox (again). */
export const tell = (mailbox: Mailbox, requestId: string, reply: ModelReply): Promise<void> =>
  mailbox.put(`reply-${keyOf(requestId)}`, { type: 'model.reply', requestId, reply });

const keyOf = (requestId: string): string => requestId.replace(/[^A-Za-z0-9_-]/g, '-');

async function pay(
  ports: AnswerPorts,
  run: Run,
  { model, budgetUsd }: Pick<Provision, 'model' | 'budgetUsd'>,
  { request, call }: { readonly request: ModelRequestEvent; readonly call: ModelCall },
  signal: AbortSignal,
): Promise<ModelReply> {
  const decision = decideCall({
    budgetUsd,
    maxRequests: ports.policy.maxModelRequests,
    maxOutputTokens: ports.policy.maxOutputTokens,
    spending: await ports.store.spending(run.id),
    worstCaseUsd: (maxOutputTokens) => ports.models.worstCaseUsd(model, call, maxOutputTokens),
  });
  if (!decision.allowed) throw new PtcError(decision.problem);
  const startedAt = performance.now();
  const reply = await ports.models.ask(model, call, decision.maxOutputTokens, signal);
  const durationMs = Math.round(performance.now() - startedAt);
  // Priced before the call by the same table, so the price is known; null would be a fault of ours.
  const costUsd = ports.models.costUsd(reply) ?? 0;
  await ports.store.saveModelCall(run.id, { requestId: request.requestId, reply, costUsd, durationMs });
  return reply;
}
