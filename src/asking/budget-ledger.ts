import { type BudgetQuestion, decideCall, type Spent } from '../domain/budget.ts';
import { PtcError } from '../domain/errors.ts';

export interface Reservation {
  readonly maxOutputTokens: number;
  /** Gives back what was held and books what the call cost; null when it brought no answer. Once. */
  settle(costUsd: number | null): void;
}

/** The budget of one run with several calls under way: what they may still cost is held until they end. */
export interface BudgetLedger {
  /**
   * Holds the worst case of a call. While others hold what it needs it waits for one of them to end; whoever
   * came first is served first. Rejects with PtcError when the call does not fit the budget at all, with the
   * signal's reason once that aborts.
   */
  reserve(worstCaseUsd: BudgetQuestion['worstCaseUsd'], signal: AbortSignal): Promise<Reservation>;
}

/** @param spent what the run has cost before, in an earlier life of this process */
export function createBudgetLedger(
  limits: Pick<BudgetQuestion, 'budgetUsd' | 'maxRequests' | 'maxOutputTokens'>,
  spent: Spent,
): BudgetLedger {
  let spending: Spent = spent;
  let reserved: Spent = { costUsd: 0, requests: 0 };
  let ended = Promise.withResolvers<void>();
  let queue: Promise<unknown> = Promise.resolve();

  const wake = (): void => {
    ended.resolve();
    ended = Promise.withResolvers<void>();
  };
  const hold = (worstUsd: number, maxOutputTokens: number): Reservation => {
    reserved = plus(reserved, worstUsd, 1);
    return {
      maxOutputTokens,
      settle: (costUsd) => {
        reserved = plus(reserved, -worstUsd, -1);
        if (costUsd !== null) spending = plus(spending, costUsd, 1);
        wake();
      },
    };
  };
  const reserve: BudgetLedger['reserve'] = async (worstCaseUsd, signal) => {
    signal.addEventListener('abort', wake);
    try {
      for (;;) {
        signal.throwIfAborted();
        const answer = decideCall({ ...limits, spending, reserved, worstCaseUsd });
        if (answer.decision === 'refused') throw new PtcError(answer.problem);
        if (answer.decision === 'allowed') return hold(answer.worstCaseUsd, answer.maxOutputTokens);
        await ended.promise;
      }
    } finally {
      signal.removeEventListener('abort', wake);
    }
  };
  return {
    reserve: (worstCaseUsd, signal) => {
      const turn = queue.then(() => reserve(worstCaseUsd, signal));
      queue = turn.catch(() => {});
      return turn;
    },
  };
}

const plus = (amount: Spent, costUsd: number, requests: number): Spent => ({
  costUsd: amount.costUsd + costUsd,
  requests: amount.requests + requests,
});
