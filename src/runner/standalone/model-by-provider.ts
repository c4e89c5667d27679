import { decideCall } from '../../domain/budget.ts';
import { type Problem, PtcError, toProblem } from '../../domain/errors.ts';
import { type PaidAnswer, spendingOf } from '../../domain/spending.ts';
import { type Spending } from '../../domain/run.ts';
import { type OfferedModels } from '../../model/router.ts';
import {
  type Message,
  type ModelCall,
  type ModelChoice,
  type ModelReply,
  type ToolSpec,
} from '../../protocol/conversation.ts';
import { type AskModel, type ModelRequest } from '../ask-model.ts';
import { type Emit } from '../events.ts';

const MAX_OUTPUT_TOKENS = 16_000;
const MAX_REQUESTS = 80;
/** After so many red attempts the next model in order is asked. */
const ESCALATE_AFTER = 2;

export interface AskedModels {
  /** Where requests are said to be made, as by the mailbox. */
  readonly ask: (emit: Emit) => AskModel;
  spending(): Spending;
}

/** The providers themselves in place of an app: they are asked in turn, within the budget. */
export function modelByProvider(models: OfferedModels, budgetUsd: number): AskedModels {
  const conversations = openConversations();
  const account = openAccount(budgetUsd);
  const order = models.choose(null);

  const askOne = async (choice: ModelChoice, call: ModelCall, turn: Turn, signal: AbortSignal) => {
    const held = await account.reserve((most) => models.worstCaseUsd(choice, call, most), signal);
    let paid: PaidAnswer | null = null;
    try {
      const terms = { maxOutputTokens: held.maxOutputTokens, othersLeft: turn.othersLeft };
      const reply = await models.ask(choice, call, terms, signal);
      paid = {
        ...bill(reply),
        costUsd: models.costUsd(reply) ?? 0,
        fellOver: turn.fellOver,
        escalated: false,
      };
      return reply;
    } finally {
      held.settle(paid);
    }
  };

  const firstAnswer = async (call: ModelCall, first: number, signal: AbortSignal): Promise<ModelReply> => {
    const inTurn = [...order.slice(first), ...order.slice(0, first)];
    const failures: Problem[] = [];
    for (const [index, choice] of inTurn.entries()) {
      try {
        const turn = { fellOver: index > 0, othersLeft: index < inTurn.length - 1 };
        const reply = await askOne(choice, call, turn, signal);
        if (reply.stopReason !== 'refusal') return reply;
        failures.push(refused(choice));
      } catch (error) {
        signal.throwIfAborted();
        const problem = toProblem(error);
        if (!models.anotherMayHelp(problem)) throw error;
        failures.push(problem);
      }
    }
    throw noneAnswered(failures);
  };

  return {
    ask: (emit) => async (request, signal) => {
      const { call, requestId, answeredBy, close } = conversations.open(request);
      emit({ type: 'model.request', requestId, ...request });
      const due = Math.min(Math.floor(request.escalation / ESCALATE_AFTER), order.length - 1);
      // A conversation stays with the model that has its prefix cached, unless that one is to be left.
      const last = order.findIndex((choice) => nameOf(choice) === answeredBy);
      const reply = await firstAnswer(call, Math.max(due, last), signal);
      close(reply);
      return reply;
    },
    spending: () => spendingOf(account.paid()),
  };
}

interface Turn {
  readonly fellOver: boolean;
  readonly othersLeft: boolean;
}

interface OpenRequest {
  readonly call: ModelCall;
  readonly requestId: string;
  /** Name of the model that answered last in this conversation; null before the first answer. */
  readonly answeredBy: string | null;
  readonly close: (reply: ModelReply) => void;
}

/** The runner says only what is new; a provider wants to hear all of it. */
function openConversations(): { open(request: ModelRequest): OpenRequest } {
  interface Conversation {
    readonly system: string;
    readonly tools: readonly ToolSpec[];
    readonly messages: Message[];
    answeredBy: string | null;
  }
  const conversations = new Map<string, Conversation>();
  const begin = (system: string | null, tools: readonly ToolSpec[] | null): Conversation => ({
    system: system ?? '',
    tools: tools ?? [],
    messages: [],
    answeredBy: null,
  });
  return {
    open({ conversationId, system, tools, append }) {
      const said = conversations.get(conversationId) ?? begin(system, tools);
      conversations.set(conversationId, said);
      said.messages.push(append);
      return {
        call: { system: said.system, tools: said.tools, messages: [...said.messages] },
        answeredBy: said.answeredBy,
        requestId: `${conversationId}/${said.messages.filter(({ role }) => role === 'user').length}`,
        close: (reply) => {
          said.messages.push(reply.message);
          said.answeredBy = nameOf(reply);
        },
      };
    },
  };
}

interface Reservation {
  readonly maxOutputTokens: number;
  settle(paid: PaidAnswer | null): void;
}

interface Account {
  /** Rejects with `budget-reached`, `request-cap-reached` or `price-unknown`. */
  reserve(
    worstCaseUsd: (maxOutputTokens: number) => number | null,
    signal: AbortSignal,
  ): Promise<Reservation>;
  paid(): readonly PaidAnswer[];
}

function openAccount(budgetUsd: number): Account {
  const answers: PaidAnswer[] = [];
  /** What each call under way may still cost, by the promise of its end. */
  const underWay = new Map<Promise<void>, number>();
  const limits = { budgetUsd, maxRequests: MAX_REQUESTS, maxOutputTokens: MAX_OUTPUT_TOKENS };
  const sum = (amounts: Iterable<number>): number =>
    [...amounts].reduce((total, amount) => total + amount, 0);

  return {
    async reserve(worstCaseUsd, signal) {
      for (;;) {
        signal.throwIfAborted();
        const answer = decideCall({
          ...limits,
          spending: { costUsd: sum(answers.map(({ costUsd }) => costUsd)), requests: answers.length },
          reserved: { costUsd: sum(underWay.values()), requests: underWay.size },
          worstCaseUsd,
        });
        if (answer.decision === 'refused') throw new PtcError(answer.problem);
        if (answer.decision === 'allowed') {
          const { promise, resolve } = Promise.withResolvers<void>();
          underWay.set(promise, answer.worstCaseUsd);
          const settle = (paid: PaidAnswer | null): void => {
            if (paid !== null) answers.push(paid);
            underWay.delete(promise);
            resolve();
          };
          return { maxOutputTokens: answer.maxOutputTokens, settle };
        }
        // One that is aborted ends too.
        await Promise.race(underWay.keys());
      }
    },
    paid: () => answers,
  };
}

const nameOf = ({ provider, model }: ModelChoice): string => `${provider}:${model}`;

const bill = ({ provider, model, usage }: ModelReply) => ({
  model: nameOf({ provider, model }),
  inputTokens: usage.inputTokens + usage.cacheReadTokens + usage.cacheWriteTokens,
  outputTokens: usage.outputTokens,
});

const refused = (choice: ModelChoice): Problem => ({
  code: 'model-refused',
  message: `${nameOf(choice)} refused the task.`,
  remedy: 'Look at what AGENT_PROMPT asks for, or set another MODEL.',
  retryable: false,
});

function noneAnswered(failures: readonly Problem[]): PtcError {
  const [first, ...rest] = failures;
  if (first === undefined) throw new RangeError('There must be a model to ask');
  if (rest.length === 0) return new PtcError(first);
  return new PtcError({
    code: 'models-failed',
    message: `None of the models answered:\n${failures.map(({ code, message }) => `- ${code}: ${message}`).join('\n')}`,
    remedy: 'Look at each model’s failure; set another MODEL_PROVIDER or MODEL, or try again later.',
    retryable: failures.some(({ retryable }) => retryable),
  });
}
