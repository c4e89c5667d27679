import { type Problem, PtcError, toProblem } from '../domain/errors.ts';
import { type ModelChoice, type ModelReply } from '../protocol/conversation.ts';
import { nameOf } from './model-order.ts';

/** What is known of each model apart from its answers. */
export interface Standings {
  /**
   * False for a model that failed several times in a row not long ago: it is passed over while there is
   * another. True for one asker now and then, who finds out whether it answers again.
   */
  letsThrough(choice: ModelChoice): boolean;
  /** True when another model may answer although one failed so. */
  anotherMayHelp(problem: Problem): boolean;
}

/** What can be done where the models were chosen, when none of several answers. */
export interface Remedies {
  readonly refused: string;
  /** Some may answer another time. */
  readonly later: string;
  /** None will ever answer. */
  readonly never: string;
}

/** A model that gave no answer, and why. */
export interface PassedOver {
  /** `provider:model` */
  readonly model: string;
  readonly code: string;
}

/** The models whose turn was before this one, and whether any is left after it. */
export interface Others {
  readonly passedOver: readonly PassedOver[];
  readonly othersLeft: boolean;
}

interface Failure {
  readonly name: string;
  readonly problem: Problem;
}

/**
 * Asks the models in turn until one answers. One whose circuit is open is passed over, and asked only when all
 * others have failed; a refusal is no answer. Rejects with what `askOne` rejects with when no other model could
 * help, else with a PtcError that names every model and why it did not answer.
 */
export async function firstAnswer(
  standings: Standings,
  order: readonly ModelChoice[],
  remedies: Remedies,
  askOne: (choice: ModelChoice, others: Others) => Promise<ModelReply>,
): Promise<ModelReply> {
  const failures: Failure[] = [];
  const resting: ModelChoice[] = [];
  for (const choice of inTurn(standings, order, resting)) {
    const name = nameOf(choice);
    const passedOver = [
      ...resting.map((model) => ({ model: nameOf(model), code: 'model-circuit-open' })),
      ...failures.map(({ name: model, problem }) => ({ model, code: problem.code })),
    ];
    try {
      const reply = await askOne(choice, { passedOver, othersLeft: failures.length < order.length - 1 });
      if (reply.stopReason !== 'refusal') return reply;
      failures.push({ name, problem: refusal(name, remedies) });
    } catch (thrown) {
      const problem = toProblem(thrown);
      if (!THIS_MODELS_PRICE.has(problem.code) && !standings.anotherMayHelp(problem)) throw thrown;
      failures.push({ name, problem });
    }
  }
  throw noneAnswered(failures, remedies);
}

/** Too dear or of unknown price: another model may fit the budget. */
const THIS_MODELS_PRICE: ReadonlySet<string> = new Set(['budget-reached', 'price-unknown']);

/** The models that can be reached, then the others; `resting` are those that were passed over so far. */
function* inTurn(
  standings: Standings,
  order: readonly ModelChoice[],
  resting: ModelChoice[],
): Generator<ModelChoice> {
  for (const choice of order) {
    if (standings.letsThrough(choice)) yield choice;
    else resting.push(choice);
  }
  for (let choice = resting.shift(); choice !== undefined; choice = resting.shift()) yield choice;
}

const refusal = (name: string, { refused }: Remedies): Problem => ({
  code: 'model-refused',
  message: `${name} refused the task.`,
  remedy: refused,
  retryable: false,
});

function noneAnswered(failures: readonly Failure[], { later, never }: Remedies): PtcError {
  const [first, ...rest] = failures.map(({ problem }) => problem);
  if (first === undefined) throw new RangeError('There must be a model to ask');
  if (rest.length === 0) return new PtcError(first);
  const retryable = failures.some(({ problem }) => problem.retryable);
  const alike = rest.every(({ code }) => code === first.code);
  return new PtcError({
    code: alike ? first.code : 'models-failed',
    message: `None of the run’s models answered:\n${failures.map(({ name, problem }) => `- ${name} (${problem.code}): ${problem.message}`).join('\n')}`,
    remedy: alike ? first.remedy : retryable ? later : never,
    retryable,
  });
}
