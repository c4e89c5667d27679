import * as z from 'zod';
import { type ToolSpec } from '../../protocol/conversation.ts';

/** What a tool tells the model, and in one line what it did, for people. */
export interface ToolAnswer {
  readonly text: string;
  readonly isError: boolean;
  readonly summary: string;
  /** The call could not be understood at all. */
  readonly unusable?: true;
}

export interface Tool {
  readonly spec: ToolSpec;
  /**
   * Resolves with an error answer for whatever the model got wrong; rejects only when the run cannot go on.
   * `truncated`: the model's token limit cut the reply that holds the call.
   */
  call(input: unknown, truncated: boolean): Promise<ToolAnswer>;
}

/** Something in the call that the model can put right; the message is for the model. */
export class ToolMisuse extends Error {}

interface ToolDefinition<I> {
  readonly name: string;
  readonly description: string;
  readonly input: z.ZodType<I>;
  readonly run: (input: I, truncated: boolean) => Promise<ToolAnswer>;
}

export function defineTool<I>({ name, description, input, run }: ToolDefinition<I>): Tool {
  return {
    spec: toolSpec(name, description, input),
    async call(raw, truncated) {
      const parsed = input.safeParse(raw);
      if (!parsed.success) return unusableInput(name, parsed.error, truncated);
      try {
        return await run(parsed.data, truncated);
      } catch (error) {
        if (error instanceof ToolMisuse) return misuse(error.message);
        throw error;
      }
    },
  };
}

export function toolSpec(name: string, description: string, input: z.ZodType): ToolSpec {
  const { $schema: _, ...inputSchema } = z.toJSONSchema(input, { io: 'input' });
  return { name, description, inputSchema };
}

export const misuse = (text: string): ToolAnswer => ({
  text,
  isError: true,
  summary: text.split('\n')[0] ?? '',
});

export function unusableInput(name: string, error: z.ZodError, truncated: boolean): ToolAnswer {
  const why = truncated ? ' Your reply was cut at its token limit: send less at once.' : '';
  const text = `The input of ${name} is not valid:\n${z.prettifyError(error)}${why}`;
  return { text, isError: true, summary: `${name}: invalid input`, unusable: true };
}
