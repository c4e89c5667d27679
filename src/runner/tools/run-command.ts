import * as z from 'zod';
import { type CommandEnd } from '../../protocol/proof.ts';
import { cutMiddle, type Fence } from '../fence.ts';
import { defineTool, type Tool } from './tool.ts';

const MAX_OUTPUT_BYTES = 16 * 1024;

const Input = z.strictObject({
  command: z.string().min(1).max(20_000).describe('Given to bash, in the root of the repository.'),
});

/** Runs one command of the agent in its tree, which is set up by then. */
export type RunAgentCommand = (command: string) => Promise<{
  readonly end: CommandEnd;
  /** What the model should know about the tree it ran in; empty when there is nothing. */
  readonly note: string;
}>;

export const runCommandTool = (run: RunAgentCommand, fence: Fence): Tool =>
  defineTool({
    name: 'run_command',
    description:
      'Runs a shell command in the repository, without network and with time and memory limits. Dependencies are installed. Nothing it starts outlives it.',
    input: Input,
    async run({ command }) {
      const { end, note } = await run(command);
      const ended = endInWords(end);
      const text = `${note}${ended}\n${fence('run_command', cutMiddle(end.output, MAX_OUTPUT_BYTES))}`;
      const failed = end.limit !== null || end.exitCode !== 0;
      return { text, isError: failed, summary: `${command.split('\n')[0]?.slice(0, 200) ?? ''}: ${ended}` };
    },
  });

export function endInWords({ exitCode, limit, durationMs }: CommandEnd): string {
  const seconds = (durationMs / 1000).toFixed(1);
  switch (limit) {
    case 'timeout':
      return `Ended at its time limit after ${seconds} s.`;
    case 'output':
      return 'Ended because it printed too much.';
    case 'memory':
      return 'Ended because it used too much memory.';
    case 'cancelled':
      return 'Cancelled.';
    case null:
      return `Exit code ${exitCode ?? 'unknown'} after ${seconds} s.`;
  }
}
