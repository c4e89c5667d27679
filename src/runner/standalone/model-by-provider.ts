import { askInTurn, type Asking, type PaidReply } from '../../asking/ask-in-turn.ts';
import { createBudgetLedger } from '../../asking/budget-ledger.ts';
import { createConversations } from '../../asking/conversations.ts';
import { type Remedies } from '../../asking/first-answer.ts';
import { nameOf } from '../../asking/model-order.ts';
import { type Spending } from '../../domain/run.ts';
import { type PaidAnswer, spendingOf } from '../../domain/spending.ts';
import { type OfferedModels } from '../../model/router.ts';
import { type AskModel } from '../ask-model.ts';
import { type Emit } from '../events.ts';

const LIMITS = { maxOutputTokens: 16_000, maxRequests: 80 };
const ESCALATE_AFTER = 2;

export interface AskedModels {
  /** Where requests are said to be made, as by the mailbox. */
  readonly ask: (emit: Emit) => AskModel;
  spending(): Spending;
}

/** The providers themselves in place of an app: they are asked in turn, within the budget. */
export function modelByProvider(models: OfferedModels, budgetUsd: number): AskedModels {
  const conversations = createConversations();
  const asking: Asking = {
    models,
    order: models.choose(null),
    escalateAfter: ESCALATE_AFTER,
    ledger: createBudgetLedger({ ...LIMITS, budgetUsd }, { costUsd: 0, requests: 0 }),
    remedies: REMEDIES,
  };
  const bill: PaidAnswer[] = [];
  const witness = {
    turnsTo: () => {},
    paid: async (paid: PaidReply) => void bill.push(billed(paid)),
  };

  return {
    ask: (emit) => async (request, signal) => {
      const { conversationId, escalation } = request;
      const asked = { ...request, requestId: conversations.nextRequestId(conversationId) };
      const last = conversations.lastAnswer(conversationId);
      const call = conversations.open(asked);
      emit({ type: 'model.request', ...asked });
      try {
        const reply = await askInTurn(asking, { call, escalation, last }, witness, {
          signal,
          beginning: signal,
        });
        conversations.close(asked, reply);
        return reply;
      } catch (error) {
        // A question that is cut off fails in a way of its own; what counts is why it was.
        signal.throwIfAborted();
        throw error;
      }
    },
    spending: () => spendingOf(bill),
  };
}

const billed = ({ reply, costUsd, passedOver, escalated }: PaidReply): PaidAnswer => ({
  model: nameOf(reply),
  costUsd,
  inputTokens: reply.usage.inputTokens + reply.usage.cacheReadTokens + reply.usage.cacheWriteTokens,
  outputTokens: reply.usage.outputTokens,
  fellOver: passedOver.length > 0,
  escalated,
});

const REMEDIES: Remedies = {
  refused: 'Look at what AGENT_PROMPT asks for, or set another MODEL.',
  later: 'Try again later, or set another MODEL_PROVIDER or MODEL.',
  never: 'Look at each model’s failure, and set another MODEL_PROVIDER or MODEL.',
};
