import { PtcError } from '../../domain/errors.ts';
import { type SetupRun } from './set-up-tree.ts';

/** What the shell that runs the commands says of a program it does not find; not what a script's own shell says. */
const NOT_FOUND = /^(?:\/bin\/)?bash: line \d+: ([^\s:/]+): command not found$/m;

/** What programs say that are there and lack another one. */
const LACKING: readonly (readonly [string, RegExp])[] = [
  ['java', /JAVA_HOME (?:environment variable is not defined|is not set)/],
  ['the venv module of python3', /ensurepip is not\s+available/],
];

/**
 * The error for a command that failed because the machine lacks a program; null when it failed for another
 * reason or did not fail.
 */
export function missingToolchain({ command, end }: SetupRun): PtcError | null {
  if (end.exitCode === 0 || end.limit !== null) return null;
  const program = end.exitCode === 127 ? NOT_FOUND.exec(end.output)?.[1] : undefined;
  const missing = program ?? LACKING.find(([, said]) => said.test(end.output))?.[0];
  if (missing === undefined) return null;
  return new PtcError({
    code: 'toolchain-missing',
    message: `The repository needs ${missing}, which the workspace does not have: \`${command}\`.`,
    remedy: `Install ${missing} for all users (in /usr or /opt) on the machine that runs the workspaces, or in the workspace template, and ask again. Or name commands that do without it in \`.github/ptc.yml\` of the default branch.`,
    retryable: false,
  });
}
