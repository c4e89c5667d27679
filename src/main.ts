#!/usr/bin/env node
import { exitCodeOfProblem } from './cli/run/exit-code.ts';
import { createProgram } from './cli/program.ts';
import { openTerminal } from './cli/terminal.ts';
import { toProblem } from './domain/errors.ts';

const terminal = openTerminal(process.env);
try {
  await createProgram(terminal).parseAsync();
} catch (thrown) {
  const { message, remedy, code } = toProblem(thrown);
  process.stderr.write(`${message}\n\n${remedy} (${code})\n`);
  process.exitCode = exitCodeOfProblem(code);
}
