import { toProblem } from '../domain/errors.ts';
import { createProgram } from './program.ts';
import { exitCodeOfProblem } from './run/exit-code.ts';
import { openTerminal } from './terminal.ts';

/** The ptc command. Never rejects: what goes wrong is printed and decides the exit code. */
export async function main(env: NodeJS.ProcessEnv): Promise<void> {
  try {
    await createProgram(openTerminal(env)).parseAsync();
  } catch (thrown) {
    const { message, remedy, code } = toProblem(thrown);
    process.stderr.write(`${message}\n\n${remedy} (${code})\n`);
    process.exitCode = exitCodeOfProblem(code);
  }
}
