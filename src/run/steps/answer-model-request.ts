import { askInTurn, type Witness } from '../../asking/ask-in-turn.ts';
import { type BudgetLedger } from '../../asking/budget-ledger.ts';
import { type LastAnswer } from '../../asking/conversations.ts';
import { type Remedies } from '../../asking/first-answer.ts';
import { toProblem } from '../../domain/errors.ts';
import { type Run } from '../../domain/run.ts';
import { type ModelCall, type ModelChoice, type ModelReply } from '../../protocol/conversation.ts';
import { type ModelRequestEvent } from '../../protocol/runner-event.ts';
import { type Mailbox, type Ports, type RunPolicy, type RunStore } from '../ports.ts';

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
  /** Takes the reply into the conversation, before the runner is told of it: its next request may come at once. */
  readonly close: (reply: ModelReply) => void;
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
  asked.close(reply);
  await tell(means.mailbox, requestId, reply);
  return reply;
}

/** Puts a stored answer into the inbox (again). */
export const tell = (mailbox: Pick<Mailbox, 'put'>, requestId: string, reply: ModelReply): Promise<void> =>
  mailbox.put(`reply-${keyOf(requestId)}`, { type: 'model.reply', requestId, reply });

const keyOf = (requestId: string): string => requestId.replace(/[^A-Za-z0-9_-]/g, '-');

function pay(
  ports: AnswerPorts,
  run: Run,
  { models: order, ledger }: AnswerMeans,
  { request, call, last }: Asked,
  signal: AbortSignal,
): Promise<ModelReply> {
  const { requestId, escalation } = request;
  const { models, policy } = ports;
  const { escalateAfter } = policy;
  const witness: Witness = {
    turnsTo: (model, passedOver) =>
      ports.log.warn({ runId: run.id, requestId, passedOver, model }, 'another model is asked'),
    paid: (paid) => ports.store.saveModelCall(run.id, { requestId, ...paid }),
  };
  // What is being paid for is waited for when the process is to end, but nothing more is begun.
  const beginning = AbortSignal.any([signal, ports.stopping]);
  return askInTurn(
    { models, order, escalateAfter, ledger, remedies: REMEDIES },
    { call, escalation, last },
    witness,
    { signal, beginning },
  );
}

const REMEDIES: Remedies = {
  refused: 'Look at what the issue asks for, or choose another model: `models` in `.github/ptc.yml`.',
  later:
    'Try again later: comment `/ptc build` on the issue. If it stays, the operator has to see to these models.',
  never: 'The operator has to see to these models, or to offer others in PTC_MODELS.',
};
