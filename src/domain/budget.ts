import { type Problem } from './errors.ts';
import { type Spending } from './run.ts';

/** Fewer output tokens than this are not worth a call: the answer would be cut in most cases. */
const LEAST_OUTPUT_TOKENS = 1024;

export type Spent = Pick<Spending, 'costUsd' | 'requests'>;

export interface BudgetQuestion {
  readonly budgetUsd: number;
  readonly maxRequests: number;
  readonly maxOutputTokens: number;
  readonly spending: Spent;
  /** The most that calls under way can still cost. */
  readonly reserved: Spent;
  /** The most the call can cost with so many output tokens; null when the price is not known. */
  readonly worstCaseUsd: (maxOutputTokens: number) => number | null;
}

export type BudgetAnswer =
  | { readonly decision: 'allowed'; readonly maxOutputTokens: number; readonly worstCaseUsd: number }
  /** Calls under way hold what it needs: ask again when one of them has ended. */
  | { readonly decision: 'later' }
  | { readonly decision: 'refused'; readonly problem: Problem };

/**
 * May the next model call be made? A call is allowed only when even its worst case, with the worst case of all
 * that is under way, stays inside the budget. Near the end of the budget the answer is made shorter before the
 * call is refused; calls under way, which mostly cost far less than they might, make it wait instead.
 */
export function decideCall(question: BudgetQuestion): BudgetAnswer {
  const { spending, reserved } = question;
  const alone = decideAlone(question, spending);
  if (alone.decision !== 'allowed' || reserved.requests === 0) return alone;
  const beside = decideAlone(question, {
    costUsd: spending.costUsd + reserved.costUsd,
    requests: spending.requests + reserved.requests,
  });
  const asMuch = beside.decision === 'allowed' && beside.maxOutputTokens === alone.maxOutputTokens;
  return asMuch ? beside : { decision: 'later' };
}

function decideAlone(
  { budgetUsd, maxRequests, maxOutputTokens, worstCaseUsd }: BudgetQuestion,
  spending: Spent,
): BudgetAnswer {
  if (spending.requests >= maxRequests) {
    return refuse({
      code: 'request-cap-reached',
      message: `The run has made all ${maxRequests} model requests it is allowed.`,
      remedy: 'Ask for a smaller change, or let the operator raise PTC_MAX_MODEL_REQUESTS.',
      retryable: false,
    });
  }
  const leftUsd = budgetUsd - spending.costUsd;
  const inputUsd = worstCaseUsd(0);
  const fullUsd = worstCaseUsd(maxOutputTokens);
  if (inputUsd === null || fullUsd === null) {
    return refuse({
      code: 'price-unknown',
      message: 'The price of this model is not known, so the budget cannot be kept.',
      remedy: 'Let the operator name its price in PTC_MODEL_PRICES, or choose another model.',
      retryable: false,
    });
  }
  if (fullUsd <= leftUsd) return { decision: 'allowed', maxOutputTokens, worstCaseUsd: fullUsd };
  const affordable = Math.floor(((leftUsd - inputUsd) / (fullUsd - inputUsd)) * maxOutputTokens);
  if (affordable >= LEAST_OUTPUT_TOKENS) {
    return { decision: 'allowed', maxOutputTokens: affordable, worstCaseUsd: leftUsd };
  }
  return refuse({
    code: 'budget-reached',
    message: `The budget of $${budgetUsd.toFixed(2)} is reached: $${spending.costUsd.toFixed(4)} are spent and the next model call could cost more than what is left.`,
    remedy:
      'Ask for a smaller change, or raise `budget` in .github/ptc.yml within the limit of the operator (PTC_BUDGET_USD).',
    retryable: false,
  });
}

const refuse = (problem: Problem): BudgetAnswer => ({ decision: 'refused', problem });
