import { type ModelChoice } from '../protocol/conversation.ts';
import { type LastAnswer } from './conversations.ts';

export interface ModelOrder {
  /** All models of the run, each once, in the order they are to be asked. */
  readonly models: readonly ModelChoice[];
  /** The conversation leaves the model that answered it last because checks have failed. */
  readonly escalated: boolean;
}

export const nameOf = ({ provider, model }: ModelChoice): string => `${provider}:${model}`;

/**
 * Who is asked first, and who after whom. Every `escalateAfter` escalations begin one model further on. A
 * conversation otherwise stays with the model that answered last, which has its prefix cached; so one that
 * fell over to a later model stays there until more escalations than that come. After the first come those
 * behind it, then those before it.
 */
export function modelOrder(
  models: readonly ModelChoice[],
  escalateAfter: number,
  escalation: number,
  last: LastAnswer | null,
): ModelOrder {
  const due = (red: number): number => Math.min(Math.floor(red / escalateAfter), models.length - 1);
  const current = last === null ? -1 : models.findIndex((model) => nameOf(model) === nameOf(last.model));
  const moves = last === null || current < 0 || due(escalation) > due(last.escalation);
  const first = moves ? Math.max(due(escalation), current) : current;
  return {
    models: [...models.slice(first), ...models.slice(0, first)],
    escalated: current >= 0 && first > current,
  };
}
