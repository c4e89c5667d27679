import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { PtcError } from '../domain/errors.ts';
import { type RunnerJob } from '../protocol/runner-job.ts';
import { type Commits, openCommits } from './commits.ts';
import { git, GIT_CONFIG, gitEnvironment } from './git.ts';
import { createTurns } from './command/turns.ts';
import { type WorkspaceFolder } from './workspace-folder.ts';

/** Waits before the second and the third try of a fetch. */
const RETRY_DELAYS_MS = [300, 1500];
/** A fetch that has received nothing for so long is ended. */
const STALLED_MS = 60_000;

/** The job's own repository: the base commit, and whatever is added to it here. */
export interface Repository extends Commits {
  readonly gitDir: string;
  readonly baseSha: string;
  /** Makes a fresh tree of the commit, with a git folder of its own outside of it. */
  checkOut(name: string, commit: string, signal: AbortSignal): Promise<Checkout>;
  /** Gives up a checkout and removes it, for room; what a command made unremovable may stay. */
  drop(checkout: Checkout): Promise<void>;
}

export interface Checkout {
  readonly path: string;
  /** Names index and head of this tree. */
  readonly gitDir: string;
}

/**
 * Fetches exactly the base commit, without history, tags or submodules.
 * @param token read-only token for this repository, null for a public one; kept nowhere
 * @throws PtcError `clone-failed`
 */
export async function fetchBase(
  folder: WorkspaceFolder,
  repository: RunnerJob['repository'],
  token: string | null,
  signal: AbortSignal,
): Promise<Repository> {
  const gitDir = folder.git;
  await mkdir(folder.trees, { recursive: true });
  await mkdir(gitDir, { recursive: true });
  await git(['init', '--quiet', '--bare', '--template='], { gitDir, signal });
  await writeFile(join(gitDir, 'config'), GIT_CONFIG);
  await fetchWithRetry(gitDir, repository, token, signal);
  const alone = oneByOne();
  return {
    gitDir,
    baseSha: repository.baseSha,
    ...openCommits(gitDir),
    async checkOut(name, commit, signal) {
      const tree = { path: join(folder.trees, name), gitDir: join(gitDir, 'worktrees', name) };
      const add = ['worktree', 'add', '--quiet', '--detach', '--no-checkout', tree.path, commit];
      await alone(() => git(add, { gitDir, signal }));
      await git(['reset', '--hard', '--quiet'], { gitDir: tree.gitDir, workTree: tree.path, signal });
      return tree;
    },
    async drop({ path }) {
      await rm(path, { recursive: true, force: true }).catch(() => {});
      await alone(() => git(['worktree', 'prune'], { gitDir, signal: null })).catch(() => {});
    },
  };
}

/** Git fails when it comes upon a worktree that another git is just making or taking away. */
function oneByOne(): <T>(work: () => Promise<T>) => Promise<T> {
  const turns = createTurns();
  return async (work) => {
    const finish = await turns.take();
    return work().finally(finish);
  };
}

async function fetchWithRetry(
  gitDir: string,
  repository: RunnerJob['repository'],
  token: string | null,
  signal: AbortSignal,
): Promise<void> {
  for (let tried = 0; ; tried += 1) {
    try {
      return await fetchOnce(gitDir, repository, token, signal);
    } catch (error) {
      signal.throwIfAborted();
      const delayMs = RETRY_DELAYS_MS[tried];
      if (delayMs === undefined) throw cloneFailed(repository, error);
      await sleep(delayMs);
      signal.throwIfAborted();
    }
  }
}

async function fetchOnce(
  gitDir: string,
  { cloneUrl, baseSha }: RunnerJob['repository'],
  token: string | null,
  signal: AbortSignal,
): Promise<void> {
  // Loaded here, because nothing else needs it.
  const { simpleGit } = await import('simple-git');
  const env = { ...gitEnvironment(), ...tokenEnvironment(cloneUrl, token) };
  const client = simpleGit({
    baseDir: gitDir,
    abort: signal,
    timeout: { block: STALLED_MS },
    allowEnvironment: Object.keys(env).filter((name) => name.startsWith('GIT_')),
    unsafe: { allowUnsafeConfigEnvCount: true, allowUnsafeConfigPaths: true },
  });
  const args = ['fetch', '--quiet', '--depth=1', '--no-tags', '--no-write-fetch-head', cloneUrl, baseSha];
  await client.env(env).raw(args);
}

/**
 * The token as a header for this server alone, in the environment of the one git process that needs it: not
 * in its arguments, which every user of the machine can read, and not in a file.
 */
export function tokenEnvironment(cloneUrl: string, token: string | null): Record<string, string> {
  if (token === null) return {};
  const basic = Buffer.from(`x-access-token:${token}`).toString('base64');
  return {
    GIT_CONFIG_COUNT: '1',
    GIT_CONFIG_KEY_0: `http.${new URL(cloneUrl).origin}/.extraHeader`,
    GIT_CONFIG_VALUE_0: `Authorization: basic ${basic}`,
  };
}

function cloneFailed({ fullName, baseSha }: RunnerJob['repository'], cause: unknown): PtcError {
  const said = cause instanceof Error ? cause.message.trim().slice(-1000) : String(cause);
  return new PtcError(
    {
      code: 'clone-failed',
      message: `Commit ${baseSha} of ${fullName} could not be fetched: ${said}`,
      remedy:
        'Check that the App is installed on the repository and that its address can be reached, then ask again.',
      retryable: true,
    },
    { cause },
  );
}
