import { type Problem, PtcError, toProblem } from '../../domain/errors.ts';
import { type ModelChoice, type ModelReply } from '../../protocol/conversation.ts';
import { type Models, type PassedOver } from '../ports.ts';
import { nameOf } from './model-order.ts';

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
  models: Pick<Models, 'letsThrough' | 'anotherMayHelp'>,
  order: readonly ModelChoice[],
  askOne: (choice: ModelChoice, others: Others) => Promise<ModelReply>,
): Promise<ModelReply> {
  const failures: Failure[] = [];
  const resting: ModelChoice[] = [];
  for (const choice of inTurn(models, order, resting)) {
    const name = nameOf(choice);
    const passedOver = [
      ...resting.map((model) => ({ model: nameOf(model), code: 'model-circuit-open' })),
      ...failures.map(({ name: model, problem }) => ({ model, code: problem.code })),
    ];
    try {
      const reply = await askOne(choice, { passedOver, othersLeft: failures.length < order.length - 1 });
      if (reply.stopReason !== 'refusal') return reply;
      failures.push({ name, problem: refusal(name) });
    } catch (thrown) {
      const problem = toProblem(thrown);
      if (!THIS_MODELS_PRICE.has(problem.code) && !models.anotherMayHelp(problem)) throw thrown;
      failures.push({ name, problem });
    }
  }
  throw noneAnswered(failures);
}

/** Too dear or of unknown price: another model may fit the budget. */
const THIS_MODELS_PRICE: ReadonlySet<string> = new Set(['budget-reached', 'price-unknown']);

/** The models that can be reached, then the others; `resting` are those that were passed over so far. */
function* inTurn(
  models: Pick<Models, 'letsThrough'>,
  order: readonly ModelChoice[],
  resting: ModelChoice[],
): Generator<ModelChoice> {
  for (const choice of order) {
    if (models.letsThrough(choice)) yield choice;
    else resting.push(choice);
  }
  for (let choice = resting.shift(); choice !== undefined; choice = resting.shift()) yield choice;
}

const refusal = (name: string): Problem => ({
  code: 'model-refused',
  message: `${name} refused the task.`,
  remedy: 'Look at what the issue asks for, or choose another model: `models` in `.github/ptc.yml`.',
  retryable: false,
});

function noneAnswered(failures: readonly Failure[]): PtcError {
  const [first, ...rest] = failures.map(({ problem }) => problem);
  if (first === undefined) throw new RangeError('There must be a model to ask');
  if (rest.length === 0) return new PtcError(first);
  const retryable = failures.some(({ problem }) => problem.retryable);
  const alike = rest.every(({ code }) => code === first.code);
  return new PtcError({
    code: alike ? first.code : 'models-failed',
    message: `None of the run’s models answered:\n${failures.map(({ name, problem }) => `- ${name} (${problem.code}): ${problem.message}`).join('\n')}`,
    remedy: alike ? first.remedy : retryable ? LATER : MEND,
    retryable,
  });
}

const LATER =
  'Try again later: comment `/ptc build` on the issue. If it stays, the operator has to see to these models.';
const MEND = 'The operator has to see to these models, or to offer others in PTC_MODELS.';
