import { type Spending } from './run.ts';

/** One paid answer of a model. */
export interface PaidAnswer {
  /** `provider:model` */
  readonly model: string;
  readonly costUsd: number;
  /** Tokens read from and written to a cache included. */
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** It came after others had failed to answer. */
  readonly fellOver: boolean;
  /** With it the conversation moved to the next model because checks had failed. */
  readonly escalated: boolean;
}

/** The bill for these answers, oldest first. */
export function spendingOf(answers: readonly PaidAnswer[]): Spending {
  return {
    ...sums(answers),
    models: [...Map.groupBy(answers, ({ model }) => model)].map(([name, own]) => ({ name, ...sums(own) })),
    fallOvers: answers.filter(({ fellOver }) => fellOver).length,
    escalations: answers.filter(({ escalated }) => escalated).length,
  };
}

function sums(
  answers: readonly PaidAnswer[],
): Pick<Spending, 'costUsd' | 'requests' | 'inputTokens' | 'outputTokens'> {
  const sum = (of: (answer: PaidAnswer) => number): number =>
    answers.reduce((total, answer) => total + of(answer), 0);
  return {
    costUsd: sum(({ costUsd }) => costUsd),
    requests: answers.length,
    inputTokens: sum(({ inputTokens }) => inputTokens),
    outputTokens: sum(({ outputTokens }) => outputTokens),
  };
}
