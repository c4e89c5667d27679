import { toProblem } from '../../domain/errors.ts';
import { type Run } from '../../domain/run.ts';
import { type ModelCall, type ModelChoice, type ModelReply } from '../../protocol/conversation.ts';
import { type ModelRequestEvent } from '../../protocol/runner-event.ts';
import { type BudgetLedger } from '../budget-ledger.ts';
import { type Mailbox, type Ports, type RunPolicy, type RunStore } from '../ports.ts';
import { type LastAnswer } from './conversations.ts';
import { firstAnswer, type Others } from './first-answer.ts';
import { modelOrder, nameOf } from './model-order.ts';

type AnswerPorts = Pick<Ports, 'models' | 'finishFirst' | 'log' | 'stopping'> & {
  readonly policy: Pick<RunPolicy, 'escalateAfter'>;
  readonly store: Pick<RunStore, 'saveModelCall'>;
};

/** What all requests of a run share. */
export interface AnswerMeans {
  readonly models: readonly ModelChoice[];
  readonly ledger: BudgetLedger;
  readonly mailbox: Pick<Mailbox, 'put'>;
}

interface Asked {
  readonly request: ModelRequestEvent;
  readonly call: ModelCall;
  /** Which model answered last in the conversation. */
  readonly last: LastAnswer | null;
}

/**
 * Answers one request of the runner within the budget, by the first of the run's models that can: the paid
 * answer is stored first and told second, so that no crash makes us pay for it twice. Resolves to the reply,
 * or to null when the runner was told why there is none, or when this process is to end and the next one will
 * ask. Rejects only when nothing could be stored or told.
 */
export async function answerModelRequest(
  ports: AnswerPorts,
  run: Run,
  means: AnswerMeans,
  asked: Asked,
  signal: AbortSignal,
): Promise<ModelReply | null> {
  const { requestId } = asked.request;
  let reply: ModelReply;
  try {
    reply = await ports.finishFirst(pay(ports, run, means, asked, signal));
  } catch (thrown) {
    if (signal.aborted || ports.stopping.aborted) return null;
    const problem = toProblem(thrown);
    ports.log.warn({ runId: run.id, requestId, code: problem.code }, 'a model request was not answered');
    await means.mailbox.put(`error-${keyOf(requestId)}`, { type: 'model.error', requestId, problem });
    return null;
  }
  await tell(means.mailbox, requestId, reply);
  return reply;
}

/** Puts a stored answer into the inbox (again). */
export const tell = (mailbox: Pick<Mailbox, 'put'>, requestId: string, reply: ModelReply): Promise<void> =>
  mailbox.put(`reply-${keyOf(requestId)}`, { type: 'model.reply', requestId, reply });

const keyOf = (requestId: string): string => requestId.replace(/[^A-Za-z0-9_-]/g, '-');

async function pay(
  ports: AnswerPorts,
  run: Run,
  { models, ledger }: AnswerMeans,
  { request, call, last }: Asked,
  signal: AbortSignal,
): Promise<ModelReply> {
  const { requestId, escalation } = request;
  const order = modelOrder(models, ports.policy.escalateAfter, escalation, last);
  // What is being paid for is waited for when the process is to end, but nothing more is begun.
  const beginning = AbortSignal.any([signal, ports.stopping]);
  const askOne = async (choice: ModelChoice, { passedOver, othersLeft }: Others): Promise<ModelReply> => {
    const model = nameOf(choice);
    if (passedOver.length > 0) {
      ports.log.warn({ runId: run.id, requestId, passedOver, model }, 'another model is asked');
    }
    const held = await ledger.reserve((most) => ports.models.worstCaseUsd(choice, call, most), beginning);
    let costUsd: number | null = null;
    try {
      const startedAt = performance.now();
      const { maxOutputTokens } = held;
      const reply = await ports.models.ask(choice, call, { maxOutputTokens, othersLeft }, signal);
      const durationMs = Math.round(performance.now() - startedAt);
      // Priced before the call by the same table, so the price is known; null would be a fault of ours.
      costUsd = ports.models.costUsd(reply) ?? 0;
      const stands = reply.stopReason !== 'refusal';
      await ports.store.saveModelCall(run.id, {
        requestId,
        reply,
        costUsd,
        durationMs,
        passedOver: stands ? passedOver : [],
        escalated: stands && order.escalated && last !== null && model !== nameOf(last.model),
      });
      return reply;
    } finally {
      held.settle(costUsd);
    }
  };
  return firstAnswer(ports.models, order.models, askOne);
}
