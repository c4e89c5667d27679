import { execFile } from 'node:child_process';
import { type Problem, PtcError } from '../domain/errors.ts';

const TIMEOUT_MS = 120_000;
const MAX_OUTPUT_BYTES = 128 * 1024 * 1024;

/** Git said no. `exitCode` is git's own, null when it was ended or could not be started. */
export class GitFailed extends PtcError {
  readonly exitCode: number | null;

  constructor(problem: Problem, exitCode: number | null, options?: ErrorOptions) {
    super(problem, options);
    this.exitCode = exitCode;
  }
}

export interface GitCall {
  /** The repository, never found by looking around in a tree: what a command planted there is not asked. */
  readonly gitDir: string;
  readonly workTree?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string;
  readonly timeoutMs?: number;
  /** More output is a failure. */
  readonly maxOutputBytes?: number;
  /** Null for the few short calls that must not stop half way. */
  readonly signal: AbortSignal | null;
}

/**
 * Variables of the machine that git needs to reach a server; nothing else of the runner's environment, and
 * nothing of anybody's git configuration, reaches it.
 */
const FROM_MACHINE = [
  'PATH',
  'http_proxy',
  'https_proxy',
  'HTTPS_PROXY',
  'NO_PROXY',
  'no_proxy',
  'ALL_PROXY',
  'all_proxy',
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
  'GIT_SSL_CAINFO',
] as const;

export function gitEnvironment(): Record<string, string> {
  const machine = FROM_MACHINE.flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return {
    ...Object.fromEntries(machine),
    HOME: '/nonexistent',
    LC_ALL: 'C.UTF-8',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_ATTR_NOSYSTEM: '1',
    GIT_TERMINAL_PROMPT: '0',
    GIT_LFS_SKIP_SMUDGE: '1',
    GIT_LITERAL_PATHSPECS: '1',
  };
}

/**
 * The configuration of the job's repository, which lies outside the trees. It is all the configuration there
 * is: hooks, file system monitors and other programs a repository could name are off, and without filters in
 * it the attributes of a tree can start none.
 */
export const GIT_CONFIG = `[core]
	repositoryformatversion = 0
	bare = true
	hooksPath = /dev/null
	fsmonitor = false
	sshCommand = false
	autocrlf = false
	# Files change their owner when a tree is given to the commands' user.
	trustctime = false
	checkStat = minimal
[diff]
	external =
[fetch]
	recurseSubmodules = false
[gc]
	auto = 0
[maintenance]
	auto = false
[protocol "ext"]
	allow = never
[submodule]
	recurse = false
[user]
	name = PTC Bot
	email = ptc-bot@localhost
`;

/**
 * Standard output of one git command, as bytes. For everything on this machine: simple-git, which the fetch
 * uses for its stall timeout, hands out text only and takes no standard input.
 * @throws GitFailed; with an aborted signal, the signal's reason
 */
export function git(args: readonly string[], call: GitCall): Promise<Buffer> {
  const place = call.workTree === undefined ? [] : [`--work-tree=${call.workTree}`];
  return new Promise((resolve, reject) => {
    const child = execFile(
      'git',
      [`--git-dir=${call.gitDir}`, ...place, ...args],
      {
        cwd: call.workTree ?? call.gitDir,
        env: { ...gitEnvironment(), ...call.env },
        encoding: 'buffer',
        maxBuffer: call.maxOutputBytes ?? MAX_OUTPUT_BYTES,
        timeout: call.timeoutMs ?? TIMEOUT_MS,
        ...(call.signal === null ? {} : { signal: call.signal }),
      },
      (error, stdout, stderr) => {
        if (error === null) resolve(stdout);
        else reject(call.signal?.aborted === true ? call.signal.reason : gitFailure(args, error, stderr));
      },
    );
    child.stdin?.on('error', () => {}); // git may end before it has read everything; its exit code tells
    child.stdin?.end(call.input ?? '');
  });
}

function gitFailure(args: readonly string[], error: Error, stderr: Buffer): GitFailed {
  const said = stderr.toString().trim().slice(-2000) || error.message.slice(0, 500);
  const exitCode = 'code' in error && typeof error.code === 'number' ? error.code : null;
  const problem = {
    code: 'git-failed',
    message: `git ${args[0] ?? ''} failed in the workspace: ${said}`,
    remedy: 'Ask for the run again; if it fails the same way, report it as a bug with the run id.',
    retryable: true,
  };
  return new GitFailed(problem, exitCode, { cause: error });
}

/** The parts of a NUL-separated listing. */
export const nulSeparated = (output: Buffer): readonly string[] =>
  output
    .toString()
    .split('\0')
    .filter((part) => part !== '');
