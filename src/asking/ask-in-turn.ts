import { type ModelCall, type ModelChoice, type ModelReply } from '../protocol/conversation.ts';
import { type BudgetLedger } from './budget-ledger.ts';
import { type LastAnswer } from './conversations.ts';
import { firstAnswer, type Others, type PassedOver, type Remedies, type Standings } from './first-answer.ts';
import { modelOrder, nameOf } from './model-order.ts';

/** The providers, as whoever asks needs them. */
export interface AskedModels extends Standings {
  /** The most a call can cost with so many output tokens; null when the model's price is not known. */
  worstCaseUsd(choice: ModelChoice, call: ModelCall, maxOutputTokens: number): number | null;
  costUsd(reply: ModelReply): number | null;
  /**
   * Bounded retry and timeout inside, both shorter when there are `othersLeft` to ask; rejects with PtcError.
   */
  ask(
    choice: ModelChoice,
    call: ModelCall,
    terms: { readonly maxOutputTokens: number; readonly othersLeft: boolean },
    signal: AbortSignal,
  ): Promise<ModelReply>;
}

/** What all questions of a run share. */
export interface Asking {
  readonly models: AskedModels;
  /** The run's models in order of preference; never empty. */
  readonly order: readonly ModelChoice[];
  /** So many red attempts a model has before the next one in order is asked. */
  readonly escalateAfter: number;
  readonly ledger: BudgetLedger;
  readonly remedies: Remedies;
}

interface Question {
  readonly call: ModelCall;
  readonly escalation: number;
  /** Which model answered last in the conversation. */
  readonly last: LastAnswer | null;
}

/** An answer or a refusal, which costs as much. */
export interface PaidReply {
  readonly reply: ModelReply;
  readonly costUsd: number;
  readonly durationMs: number;
  /** The models whose turn it was before the one that answered; empty for a refusal. */
  readonly passedOver: readonly PassedOver[];
  /** The conversation moved to this model because checks had failed. */
  readonly escalated: boolean;
}

export interface Witness {
  /** A model is asked whose turn it was not. */
  turnsTo(model: string, passedOver: readonly PassedOver[]): void;
  /** Has to be through before anybody is told of the reply. */
  paid(paid: PaidReply): Promise<void>;
}

/**
 * Puts a question to the run's models in turn, each within the budget, until one answers.
 * @param signal cuts off what is under way
 * @param beginning aborted when nothing more is to be begun; what is under way is waited for
 * @returns the answer, never a refusal. Rejects as `firstAnswer` does, with a signal's reason or with what `paid`
 *   rejects with.
 */
export function askInTurn(
  { models, order, escalateAfter, ledger, remedies }: Asking,
  { call, escalation, last }: Question,
  witness: Witness,
  { signal, beginning }: { readonly signal: AbortSignal; readonly beginning: AbortSignal },
): Promise<ModelReply> {
  const due = modelOrder(order, escalateAfter, escalation, last);
  const askOne = async (choice: ModelChoice, { passedOver, othersLeft }: Others): Promise<ModelReply> => {
    const model = nameOf(choice);
    if (passedOver.length > 0) witness.turnsTo(model, passedOver);
    const held = await ledger.reserve((most) => models.worstCaseUsd(choice, call, most), beginning);
    let costUsd: number | null = null;
    try {
      const startedAt = performance.now();
      const { maxOutputTokens } = held;
      const reply = await models.ask(choice, call, { maxOutputTokens, othersLeft }, signal);
      const durationMs = Math.round(performance.now() - startedAt);
      // Priced before the call by the same table, so the price is known; null would be a fault of ours.
      costUsd = models.costUsd(reply) ?? 0;
      const stands = reply.stopReason !== 'refusal';
      await witness.paid({
        reply,
        costUsd,
        durationMs,
        passedOver: stands ? passedOver : [],
        escalated: stands && due.escalated && last !== null && model !== nameOf(last.model),
      });
      return reply;
    } finally {
      held.settle(costUsd);
    }
  };
  return firstAnswer(models, due.models, remedies, askOne);
}
