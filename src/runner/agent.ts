import { PtcError } from '../domain/errors.ts';
import { type ModelReply } from '../protocol/conversation.ts';
import { type AskModel } from './ask-model.ts';
import { takeTurn, textBlock, toolResult, type TurnSetup, type UserBlock } from './agent-turn.ts';
import { FINISH, type Summary } from './tools/finish.ts';
import { type Tool } from './tools/tool.ts';

/** Replies in a row that nothing can be made of, until the run ends. */
const MAX_USELESS_REPLIES = 3;
/** The agent is told when so many turns remain. */
const LAST_TURNS = 3;

export interface AgentSetup extends Omit<TurnSetup, 'tools'> {
  readonly ask: AskModel;
  readonly conversationId: string;
  readonly system: string;
  readonly opening: string;
  readonly tools: readonly Tool[];
  /** What people said since the last turn, fenced. */
  readonly takeMessages: () => readonly string[];
  readonly maxTurns: number;
}

/** Why what was handed in came back. */
export interface Feedback {
  readonly text: string;
  /** True when the checks failed it: often enough, and another model may be asked. */
  readonly failed: boolean;
}

export interface Agent {
  /**
   * Goes on until the agent hands its change in.
   * @param feedback why what it handed in before came back, null at first
   * @throws PtcError `model-unhelpful`, `model-refused`, `turns-used-up`, what the model's port or a tool throws,
   * and the signal's reason
   */
  workUntilFinish(feedback: Feedback | null): Promise<Summary>;
  turnsLeft(): number;
}

/** The tool loop: ask, do what the reply says, answer with what came of it. */
export function createAgent(setup: AgentSetup): Agent {
  const { signal } = setup;
  const turnSetup = { ...setup, tools: new Map(setup.tools.map((tool) => [tool.spec.name, tool])) };
  let turns = 0;
  let useless = 0;
  let failures = 0;
  let next: readonly UserBlock[] = [textBlock(setup.opening)];
  let openFinish: string | null = null;

  const askNext = async (): Promise<ModelReply> => {
    if (turns >= setup.maxTurns) throw turnsUsedUp(setup.maxTurns);
    turns += 1;
    const isFirst = turns === 1;
    const reply = await setup.ask(
      {
        conversationId: setup.conversationId,
        system: isFirst ? setup.system : null,
        tools: isFirst ? [...setup.tools.map((tool) => tool.spec), FINISH] : null,
        escalation: failures,
        append: {
          role: 'user',
          content: [...next, ...setup.takeMessages().map(textBlock), ...turnWarning()],
        },
      },
      signal,
    );
    if (reply.stopReason === 'refusal') throw modelRefused();
    return reply;
  };

  const turnWarning = (): readonly UserBlock[] => {
    const left = setup.maxTurns - turns;
    return left === LAST_TURNS
      ? [textBlock(`${left} turns are left after this one. Finish what can be finished.`)]
      : [];
  };

  return {
    turnsLeft: () => setup.maxTurns - turns,
    async workUntilFinish(feedback) {
      if (feedback !== null) {
        const { text, failed } = feedback;
        next = [...next, openFinish === null ? textBlock(text) : toolResult(openFinish, text, true)];
        if (failed) failures += 1;
      }
      for (;;) {
        signal.throwIfAborted();
        const turn = await takeTurn(await askNext(), turnSetup);
        next = turn.answers;
        openFinish = turn.finishCallId;
        useless = turn.useful ? 0 : useless + 1;
        if (turn.summary !== null) return turn.summary;
        if (useless >= MAX_USELESS_REPLIES) throw modelUnhelpful();
      }
    },
  };
}

const modelUnhelpful = (): PtcError =>
  new PtcError({
    code: 'model-unhelpful',
    message: `The model gave ${MAX_USELESS_REPLIES} replies in a row that nothing could be made of.`,
    remedy: 'Say more about the task, or choose another model: `models` in `.github/ptc.yml`.',
    retryable: true,
  });

const modelRefused = (): PtcError =>
  new PtcError({
    code: 'model-refused',
    message: 'The model refused the task.',
    remedy: 'Look at what the issue asks for, or choose another model: `models` in `.github/ptc.yml`.',
    retryable: false,
  });

const turnsUsedUp = (maxTurns: number): PtcError =>
  new PtcError({
    code: 'turns-used-up',
    message: `The agent did not finish within its ${maxTurns} turns.`,
    remedy: 'Split the task, or raise the limit of turns.',
    retryable: false,
  });
