import { setTimeout as sleep } from 'node:timers/promises';
import { PtcError } from '../../domain/errors.ts';
import { git } from '../git.ts';
import { tokenEnvironment } from '../repository.ts';

const RETRY_DELAYS_MS = [500, 2000];
const REMOTE_TIMEOUT_MS = 60_000;
const MAX_BRANCH_NAMES = 50;

/** The forge's git, and the token for it, which each git process gets by its environment and nobody keeps. */
export interface Remote {
  readonly gitDir: string;
  readonly cloneUrl: string;
  readonly token: string | null;
}

export interface Base {
  readonly branch: string;
  readonly sha: string;
}

/**
 * The commit to start from.
 * @param branch null is the remote's default branch
 * @throws PtcError `remote-unreachable`, `base-missing`
 */
export async function findBase(remote: Remote, branch: string | null, signal: AbortSignal): Promise<Base> {
  const ref = branch === null ? 'HEAD' : `refs/heads/${branch}`;
  const lines = await lsRemote(remote, ['--symref'], [ref], signal);
  const name = branch ?? lines.map((line) => /^ref: refs\/heads\/(.+)\tHEAD$/.exec(line)?.[1]).find(Boolean);
  const sha = lines
    .map((line) => /^([0-9a-f]{40})\t(.+)$/.exec(line))
    .find((found) => found?.[2] === ref)?.[1];
  if (name === undefined || sha === undefined) throw baseMissing(branch);
  return { branch: name, sha };
}

/**
 * Pushes the commit onto a branch that was not there before: the wanted name, or that with the lowest number
 * from 2 that is free. Somebody's branch is never moved. Resolves to the name.
 * @throws PtcError `push-failed`, `branch-names-taken`, `remote-unreachable`
 */
export async function pushNewBranch(
  remote: Remote,
  commit: string,
  wanted: string,
  signal: AbortSignal,
): Promise<string> {
  for (let tried = 0; ; tried += 1) {
    const branch = await freeName(remote, commit, wanted, signal);
    if (branch.isThere) return branch.name;
    try {
      await pushOnce(remote, commit, branch.name, signal);
      return branch.name;
    } catch (error) {
      signal.throwIfAborted();
      // Looked at again: the push may have come through, or somebody was faster with the name.
      const delayMs = RETRY_DELAYS_MS[tried];
      if (delayMs === undefined) throw pushFailed(branch.name, error);
      await sleep(delayMs, undefined, { signal });
    }
  }
}

async function pushOnce(remote: Remote, commit: string, branch: string, signal: AbortSignal): Promise<void> {
  const ref = `refs/heads/${branch}`;
  // The empty lease says that there must be no such branch.
  const args = ['push', '--quiet', '--porcelain', '--no-verify', `--force-with-lease=${ref}:`];
  await git([...args, remote.cloneUrl, `${commit}:${ref}`], { ...callOf(remote), signal });
}

async function freeName(
  remote: Remote,
  commit: string,
  wanted: string,
  signal: AbortSignal,
): Promise<{ readonly name: string; readonly isThere: boolean }> {
  const lines = await lsRemote(remote, [], [`refs/heads/${wanted}*`], signal);
  const taken = new Map(
    lines.map((line) => {
      const [sha = '', ref = ''] = line.split('\t');
      return [ref.replace('refs/heads/', ''), sha];
    }),
  );
  for (let number = 1; number <= MAX_BRANCH_NAMES; number += 1) {
    const name = number === 1 ? wanted : `${wanted}-${number}`;
    if (taken.get(name) === commit) return { name, isThere: true };
    const isFree = !taken.has(name) && !taken.keys().some((other) => other.startsWith(`${name}/`));
    if (isFree) return { name, isThere: false };
  }
  throw namesTaken(wanted);
}

async function lsRemote(
  remote: Remote,
  options: readonly string[],
  patterns: readonly string[],
  signal: AbortSignal,
): Promise<readonly string[]> {
  for (let tried = 0; ; tried += 1) {
    try {
      const args = ['ls-remote', '--quiet', ...options, remote.cloneUrl, ...patterns];
      const output = await git(args, { ...callOf(remote), signal });
      return output.toString().split('\n').filter(Boolean);
    } catch (error) {
      signal.throwIfAborted();
      const delayMs = RETRY_DELAYS_MS[tried];
      if (delayMs === undefined) throw unreachable(remote, error);
      await sleep(delayMs, undefined, { signal });
    }
  }
}

const callOf = ({ gitDir, cloneUrl, token }: Remote) => ({
  gitDir,
  env: tokenEnvironment(cloneUrl, token),
  timeoutMs: REMOTE_TIMEOUT_MS,
});

const saidBy = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause));

const unreachable = ({ cloneUrl, token }: Remote, cause: unknown): PtcError =>
  new PtcError(
    {
      code: 'remote-unreachable',
      message: `${cloneUrl} could not be asked for its branches: ${saidBy(cause)}`,
      remedy:
        token === null
          ? 'Check TARGET_REPO; a private repository needs GITHUB_TOKEN.'
          : 'Check TARGET_REPO, and that GITHUB_TOKEN is valid and may read the repository.',
      retryable: true,
    },
    { cause },
  );

const baseMissing = (branch: string | null): PtcError =>
  new PtcError({
    code: 'base-missing',
    message: branch === null ? 'The repository has no default branch.' : `There is no branch ${branch}.`,
    remedy: 'Set BASE_BRANCH to a branch of the repository that has a commit.',
    retryable: false,
  });

const pushFailed = (branch: string, cause: unknown): PtcError =>
  new PtcError(
    {
      code: 'push-failed',
      message: `The branch ${branch} could not be pushed: ${saidBy(cause)}`,
      remedy: 'Check that GITHUB_TOKEN may write contents of the repository. The patch is kept.',
      retryable: true,
    },
    { cause },
  );

const namesTaken = (branch: string): PtcError =>
  new PtcError({
    code: 'branch-names-taken',
    message: `The branches ${branch} to ${branch}-${MAX_BRANCH_NAMES} all exist.`,
    remedy: 'Delete the ones nobody needs, or set another BRANCH_NAME. The patch is kept.',
    retryable: false,
  });
