import { type Problem } from './errors.ts';
import { type Spending } from './run.ts';

/** Fewer output tokens than this are not worth a call: the answer would be cut in most cases. */
const LEAST_OUTPUT_TOKENS = 1024;

export interface BudgetQuestion {
  readonly budgetUsd: number;
  readonly maxRequests: number;
  readonly maxOutputTokens: number;
  readonly spending: Pick<Spending, 'costUsd' | 'requests'>;
  /** The most the call can cost with so many output tokens; null when the price is not known. */
  readonly worstCaseUsd: (maxOutputTokens: number) => number | null;
}

export type BudgetAnswer =
  | { readonly allowed: true; readonly maxOutputTokens: number }
  | { readonly allowed: false; readonly problem: Problem };

/**
 * May the next model call be made? A call is allowed only when even its worst case stays inside the budget;
 * near the end of the budget the answer is made shorter before the call is refused.
 */
export function decideCall(question: BudgetQuestion): BudgetAnswer {
  const { budgetUsd, maxRequests, maxOutputTokens, spending, worstCaseUsd } = question;
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
  if (fullUsd <= leftUsd) return { allowed: true, maxOutputTokens };
  const affordable = Math.floor(((leftUsd - inputUsd) / (fullUsd - inputUsd)) * maxOutputTokens);
  if (affordable >= LEAST_OUTPUT_TOKENS) return { allowed: true, maxOutputTokens: affordable };
  return refuse({
    code: 'budget-reached',
    message: `The budget of $${budgetUsd.toFixed(2)} is reached: $${spending.costUsd.toFixed(4)} are spent and the next model call could cost more than what is left.`,
    remedy:
      'Ask for a smaller change, or raise `budget` in .github/ptc.yml within the limit of the operator (PTC_BUDGET_USD).',
    retryable: false,
  });
}

const refuse = (problem: Problem): BudgetAnswer => ({ allowed: false, problem });
