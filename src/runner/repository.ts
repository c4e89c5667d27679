import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { PtcError } from '../domain/errors.ts';
import { EMPTY_BASE_SHA } from '../protocol/empty-base.ts';
import { type RunnerJob } from '../protocol/runner-job.ts';
import { type Commits, openCommits } from './commits.ts';
import { EMPTY_INDEX } from './git-index.ts';
import { git, GIT_CONFIG, gitEnvironment } from './git.ts';
import { createTurns } from './command/turns.ts';
import { type WorkspaceFolder } from './workspace-folder.ts';

/** Waits before the second and the third try of a fetch. */
const RETRY_DELAYS_MS = [300, 1500];
/** A fetch that has received nothing for so long is ended. */
const STALLED_MS = 60_000;

/** A repository on a server. */
export type Origin = Omit<RunnerJob['repository'], 'cloneUrl'> & { readonly cloneUrl: string };

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
  origin: Origin,
  token: string | null,
  signal: AbortSignal,
): Promise<Repository> {
  await makeRepository(folder);
  await fetchWithRetry(folder.git, origin, token, signal);
  return openRepository(folder, origin.baseSha);
}

/** An empty repository, in the few files that git needs to know it as one. */
export async function makeRepository({ git: gitDir, trees }: WorkspaceFolder): Promise<void> {
  await mkdir(trees, { recursive: true });
  for (const name of ['objects', 'refs']) await mkdir(join(gitDir, name), { recursive: true });
  await writeFile(join(gitDir, 'HEAD'), 'ref: refs/heads/main\n');
  await writeFile(join(gitDir, 'config'), GIT_CONFIG);
}

/** The folder's repository, in which the base commit is there. */
export function openRepository(folder: WorkspaceFolder, baseSha: string): Repository {
  const gitDir = folder.git;
  const alone = oneByOne();
  return {
    gitDir,
    baseSha,
    ...openCommits(gitDir),
    async checkOut(name, commit, signal) {
      const tree = { path: join(folder.trees, name), gitDir: join(gitDir, 'worktrees', name) };
      if (commit === EMPTY_BASE_SHA) return checkOutNothing(tree, gitDir);
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

/** A tree of the commit without files, as git itself would make it; git has only to be asked where there are any. */
async function checkOutNothing(tree: Checkout, repository: string): Promise<Checkout> {
  await mkdir(tree.path, { recursive: true });
  await mkdir(tree.gitDir, { recursive: true });
  await writeFile(join(tree.gitDir, 'HEAD'), `${EMPTY_BASE_SHA}\n`);
  await writeFile(join(tree.gitDir, 'commondir'), `${relative(tree.gitDir, repository)}\n`);
  await writeFile(join(tree.gitDir, 'gitdir'), `${join(tree.path, '.git')}\n`);
  await writeFile(join(tree.gitDir, 'index'), EMPTY_INDEX);
  await writeFile(join(tree.path, '.git'), `gitdir: ${tree.gitDir}\n`);
  return tree;
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
  origin: Origin,
  token: string | null,
  signal: AbortSignal,
): Promise<void> {
  for (let tried = 0; ; tried += 1) {
    try {
      return await fetchOnce(gitDir, origin, token, signal);
    } catch (error) {
      signal.throwIfAborted();
      const delayMs = RETRY_DELAYS_MS[tried];
      if (delayMs === undefined) throw cloneFailed(origin, error);
      await sleep(delayMs);
      signal.throwIfAborted();
    }
  }
}

async function fetchOnce(
  gitDir: string,
  { cloneUrl, baseSha }: Origin,
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

function cloneFailed({ fullName, baseSha }: Origin, cause: unknown): PtcError {
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
