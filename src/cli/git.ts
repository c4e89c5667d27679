import { execFile } from 'node:child_process';
import { PtcError } from '../domain/errors.ts';
import { withoutSecrets } from '../config.ts';

const TIMEOUT_MS = 10 * 60_000;
const MAX_OUTPUT_BYTES = 256 * 1024 * 1024;

/** Variables that point git at another repository than the one named: set inside of hooks, for example. */
const OF_A_REPOSITORY =
  /^GIT_(ALTERNATE_OBJECT_DIRECTORIES|OBJECT_DIRECTORY|DIR|WORK_TREE|IMPLICIT_WORK_TREE|GRAFT_FILE|INDEX_FILE|PREFIX|SHALLOW_FILE|COMMON_DIR|NAMESPACE)$/;

/** Nothing the repository names is started, and nothing of it is written by the way. */
const CAREFUL = [
  '--no-optional-locks',
  '--literal-pathspecs',
  '-c',
  'core.fsmonitor=false',
  '-c',
  'core.hooksPath=/dev/null',
  '-c',
  'protocol.ext.allow=never',
];

/** Git said no. `said` is what it printed, for whoever knows what that means here. */
export class GitRefused extends PtcError {
  readonly said: string;

  constructor(args: readonly string[], said: string, cause: Error) {
    super(
      {
        code: 'git-failed',
        message: `git ${args[0] ?? ''} failed: ${said.slice(-2000) || cause.message.slice(0, 500)}`,
        remedy: 'Try the same with git itself; what it says there tells what to mend.',
        retryable: false,
      },
      { cause },
    );
    this.said = said;
  }
}

export interface GitCall {
  /** The repository or a folder in it. */
  readonly folder: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string | Buffer;
  readonly signal: AbortSignal;
}

/**
 * What git prints, with the user's own configuration and credentials. For text and short lists.
 * @throws GitRefused; with an aborted signal, the signal's reason
 */
export function git(args: readonly string[], call: GitCall): Promise<string> {
  const inherited = Object.entries(withoutSecrets(process.env)).filter(
    ([name]) => !OF_A_REPOSITORY.test(name),
  );
  return new Promise((resolve, reject) => {
    const child = execFile(
      'git',
      [...CAREFUL, ...args],
      {
        cwd: call.folder,
        env: {
          ...Object.fromEntries(inherited),
          LC_ALL: 'C.UTF-8',
          GIT_LFS_SKIP_SMUDGE: '1',
          ...(process.stdin.isTTY ? {} : { GIT_TERMINAL_PROMPT: '0' }),
          ...call.env,
        },
        maxBuffer: MAX_OUTPUT_BYTES,
        timeout: TIMEOUT_MS,
        signal: call.signal,
      },
      (error, stdout, stderr) => {
        if (error === null) resolve(stdout);
        else if (call.signal.aborted) reject(call.signal.reason);
        else if ('code' in error && error.code === 'ENOENT') reject(notInstalled(error));
        else reject(new GitRefused(args, stderr.trim(), error));
      },
    );
    child.stdin?.on('error', () => {}); // git may end before it has read everything; its exit code tells
    child.stdin?.end(call.input ?? '');
  });
}

/** The same, without the last newline; null when git says no. */
export const gitOrNull = (args: readonly string[], call: GitCall): Promise<string | null> =>
  git(args, call).then(
    (text) => text.replace(/\n$/, ''),
    (error: unknown) => {
      if (error instanceof GitRefused) return null;
      throw error;
    },
  );

const notInstalled = (cause: Error): PtcError =>
  new PtcError(
    {
      code: 'git-missing',
      message: 'There is no git on this machine, or the folder is gone.',
      remedy: 'Install git 2.31 or newer; `ptc doctor` says what else is missing.',
      retryable: false,
    },
    { cause },
  );
