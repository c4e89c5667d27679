import * as z from 'zod';
import { PtcError } from '../../domain/errors.ts';
import { type ModelReply, type ToolSpec } from '../../protocol/conversation.ts';
import { type AskModel } from '../ask-model.ts';
import { textBlock, toolResult, type UserBlock } from '../agent-turn.ts';

/** A question is asked so often until it is given up. */
const TRIES = 2;

export interface Question<T> {
  readonly text: string;
  /** The tool whose input is the answer. */
  readonly tool: ToolSpec;
  /** Throws PtcError, whose message is told to the model, for an answer that cannot be used. */
  readonly read: (input: unknown) => T;
}

/** A conversation of questions whose answers are values, not work. */
export interface Interview {
  /**
   * Asks, and once more with the fault named when the answer cannot be used.
   * @throws what `read` throws at the second answer, `answer-missing`, what the model's port throws,
   * and the signal's reason
   */
  ask<T>(question: Question<T>): Promise<T>;
}

export interface InterviewSetup {
  readonly ask: AskModel;
  readonly conversationId: string;
  readonly system: string;
  /** All the tools that questions of this conversation will name. */
  readonly tools: readonly ToolSpec[];
  readonly signal: AbortSignal;
}

export function openInterview(setup: InterviewSetup): Interview {
  let isFirst = true;
  /** Calls of the last reply: each wants an answer of its own before anything else is said. */
  let open: readonly string[] = [];

  const say = async (text: string, isError: boolean): Promise<ModelReply> => {
    const [answered, ...others] = open;
    const content: readonly UserBlock[] =
      answered === undefined
        ? [textBlock(text)]
        : [toolResult(answered, text, isError), ...others.map((id) => toolResult(id, 'Not used.', true))];
    const reply = await setup.ask(
      {
        conversationId: setup.conversationId,
        system: isFirst ? setup.system : null,
        tools: isFirst ? setup.tools : null,
        append: { role: 'user', content },
        escalation: 0,
      },
      setup.signal,
    );
    isFirst = false;
    open = reply.message.content.flatMap((block) => (block.type === 'tool_use' ? [block.id] : []));
    return reply;
  };

  return {
    async ask({ text, tool, read }) {
      let said = text;
      for (let tried = 1; ; tried += 1) {
        const reply = await say(said, tried > 1);
        try {
          return read(answerIn(reply, tool.name));
        } catch (error) {
          if (!(error instanceof PtcError) || tried === TRIES) throw error;
          said = `That answer cannot be used: ${error.message}\nAnswer once more by calling ${tool.name}.`;
        }
      }
    },
  };
}

/** The input of the named tool, or, from a model without tool calls, the JSON of its text. */
function answerIn({ message, stopReason }: ModelReply, tool: string): unknown {
  if (stopReason === 'refusal') throw noAnswer('The model refused to answer.');
  if (stopReason === 'max_tokens')
    throw noAnswer('The model’s answer was cut at its token limit: fewer words are needed.');
  const call = message.content.findLast((block) => block.type === 'tool_use' && block.name === tool);
  if (call?.type === 'tool_use') return call.input;
  const text = message.content.flatMap((block) => (block.type === 'text' ? [block.text] : [])).join('\n');
  const json = text.slice(text.indexOf('{'), text.lastIndexOf('}') + 1);
  try {
    return JSON.parse(json);
  } catch {
    throw noAnswer(`The model’s answer neither calls ${tool} nor is it JSON.`);
  }
}

const REMEDY = 'Say more about the task, or choose another model: `models` in `.github/ptc.yml`.';

const noAnswer = (message: string): PtcError =>
  new PtcError({ code: 'answer-missing', message, remedy: REMEDY, retryable: true });

/** Reads an answer by its schema; the fault it throws is told to the model. */
export const readAs =
  <T>(schema: z.ZodType<T>) =>
  (input: unknown): T => {
    const parsed = schema.safeParse(input);
    if (parsed.success) return parsed.data;
    throw new PtcError({
      code: 'answer-invalid',
      message: `The model’s answer is not valid: ${z.prettifyError(parsed.error)}`,
      remedy: REMEDY,
      retryable: true,
    });
  };
