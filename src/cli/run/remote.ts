import { mkdir } from 'node:fs/promises';
import { PtcError } from '../../domain/errors.ts';
import { git, gitOrNull, GitRefused } from '../git.ts';

export interface RemoteQuestion {
  /** Address as git takes it. */
  readonly url: string;
  /** Branch, tag or commit; null is the remote's HEAD. */
  readonly base: string | null;
  /** A bare repository is made here. */
  readonly folder: string;
  readonly signal: AbortSignal;
}

export interface RemoteBase {
  readonly baseSha: string;
  readonly baseName: string;
}

/**
 * Fetches one commit without history, with whatever credentials the user's git has.
 * @throws PtcError `url-has-credentials`, `fetch-failed`, `base-unknown`, `no-commits`
 */
export async function fetchRemote({ url, base, folder, signal }: RemoteQuestion): Promise<RemoteBase> {
  refuseCredentials(url);
  await mkdir(folder, { recursive: true });
  const call = { folder, signal };
  try {
    await git(['init', '--quiet', '--bare', '--template=', '.'], call);
    const found = await findBase(url, base, call);
    const refspec = `+${found.baseSha}:refs/heads/ptc-base`;
    const args = [
      'fetch',
      '--quiet',
      '--depth=1',
      '--no-tags',
      '--no-recurse-submodules',
      '--',
      url,
      refspec,
    ];
    await git(args, call);
    return found;
  } catch (error) {
    throw error instanceof GitRefused ? fetchFailed(url, error) : error;
  }
}

async function findBase(
  url: string,
  base: string | null,
  call: { readonly folder: string; readonly signal: AbortSignal },
): Promise<RemoteBase> {
  if (base !== null && /^[\da-f]{40}$/.test(base)) return { baseSha: base, baseName: base.slice(0, 12) };
  const listing = await git(['ls-remote', '--symref', '--', url], call);
  const refs = new Map<string, string>();
  let head: string | null = null;
  for (const line of listing.split('\n')) {
    const [value = '', name = ''] = line.split('\t');
    if (value.startsWith('ref: ') && name === 'HEAD') head = value.slice('ref: refs/heads/'.length);
    else refs.set(name, value);
  }
  if (base === null) {
    const baseSha = refs.get('HEAD');
    if (baseSha === undefined) throw empty(url);
    return { baseSha, baseName: head ?? baseSha.slice(0, 12) };
  }
  const names = [`refs/heads/${base}`, `refs/tags/${base}^{}`, `refs/tags/${base}`, base];
  const baseSha = names.map((name) => refs.get(name)).find((sha) => sha !== undefined);
  if (baseSha !== undefined) return { baseSha, baseName: base };
  throw new PtcError({
    code: 'base-unknown',
    message: `“${base}” names no branch or tag of ${url}.`,
    remedy: 'Name a branch, a tag or a whole commit id with --base.',
    retryable: false,
  });
}

/**
 * Puts the branch onto the remote it came from; one that is there already with something else is refused.
 * @throws PtcError `push-failed`
 */
export async function pushBranch(
  folder: string,
  url: string,
  branch: string,
  signal: AbortSignal,
): Promise<void> {
  const ref = `refs/heads/${branch}`;
  try {
    await git(['push', '--quiet', '--no-verify', '--', url, `${ref}:${ref}`], { folder, signal });
  } catch (cause) {
    if (!(cause instanceof GitRefused)) throw cause;
    throw new PtcError(
      {
        code: 'push-failed',
        message: `The branch ${branch} was made but not pushed: ${cause.said.slice(-1000)}`,
        remedy: `Push it yourself: git -C '${folder}' push ${url} ${branch}`,
        retryable: true,
      },
      { cause },
    );
  }
}

/** True when the remote has a branch of that name. */
export const remoteHas = async (
  folder: string,
  url: string,
  branch: string,
  signal: AbortSignal,
): Promise<boolean> =>
  (await gitOrNull(['ls-remote', '--exit-code', '--', url, `refs/heads/${branch}`], { folder, signal })) !==
  null;

/** A password in an address would stand in the process list, in recordings and in errors. */
function refuseCredentials(url: string): void {
  const user = /^[a-z][a-z\d+.-]*:\/\/([^/@]*)@/i.exec(url)?.[1] ?? '';
  if (!/:|^(?:gh[a-z]_|github_pat_|glpat-)/.test(user)) return;
  throw new PtcError({
    code: 'url-has-credentials',
    message: 'The repository’s address has a password or a token in it.',
    remedy: 'Leave it out and let a credential helper of git hold it (git help credentials).',
    retryable: false,
  });
}

const empty = (url: string): PtcError =>
  new PtcError({
    code: 'no-commits',
    message: `${url} has no commits yet.`,
    remedy: 'Push a commit to it, or name a branch with --base.',
    retryable: false,
  });

const fetchFailed = (url: string, cause: GitRefused): PtcError =>
  new PtcError(
    {
      code: 'fetch-failed',
      message: `${url} could not be fetched: ${cause.said.slice(-1000)}`,
      remedy: 'Check the address and your access with `git ls-remote`; no password is asked for here.',
      retryable: true,
    },
    { cause },
  );
