#!/usr/bin/env node
import { Command } from 'commander';
import { serve } from './cli/serve.ts';
import { toProblem } from './domain/errors.ts';

const program = new Command('ptc').description('The coding agent for GitHub that a maintainer can trust.');

program
  .command('serve')
  .description('take webhooks, work on runs and show them')
  .option('--unsafe-no-isolation', 'let a repository’s commands run without isolation where there is none')
  .action((options: { unsafeNoIsolation?: true }) =>
    serve(options.unsafeNoIsolation ? { ...process.env, PTC_UNSAFE_NO_ISOLATION: 'true' } : process.env),
  );

try {
  await program.parseAsync();
} catch (thrown) {
  const { message, remedy, code } = toProblem(thrown);
  process.stderr.write(`${message}\n\n${remedy} (${code})\n`);
  process.exitCode = 1;
}
