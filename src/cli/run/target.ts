import { stat } from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { PtcError } from '../../domain/errors.ts';
import { git, gitOrNull, GitRefused } from '../git.ts';
import { fetchRemote } from './remote.ts';

/** The repository a run works for, and the commit it starts from. */
export interface Target {
  /** Where the branch is made; git finds the repository from here. */
  readonly folder: string;
  /** Where the runner clones from, on this machine. */
  readonly cloneUrl: string;
  readonly owner: string;
  readonly name: string;
  readonly baseSha: string;
  /** Branch, tag or commit, as people call it. */
  readonly baseName: string;
  /** Where the branch can be pushed; null for a repository on this machine. */
  readonly remoteUrl: string | null;
  /** What whoever asked should know before the run. */
  readonly notes: readonly string[];
}

export interface TargetQuestion {
  /** A path or an URL. */
  readonly repository: string;
  /** What to start from; null is the current commit. */
  readonly base: string | null;
  /** Relative paths start here. */
  readonly callerFolder: string;
  /** What has to be fetched goes here; made when needed. */
  readonly fetchInto: string;
  readonly signal: AbortSignal;
}

/**
 * Finds the repository and settles the base. Nothing in a repository of this machine is changed.
 * @throws PtcError `repository-missing`, `not-a-repository`, `repository-not-trusted`, `no-commits`,
 *   `base-unknown`, `object-format-unsupported`, `fetch-failed`, `url-has-credentials`
 */
export async function openTarget(question: TargetQuestion): Promise<Target> {
  const { repository } = question;
  const target = isUrl(repository) ? await openRemote(question) : await openLocal(question);
  if (target.baseSha.length !== 40) throw otherObjectFormat();
  return { ...target, notes: [...target.notes, ...(await contentNotes(target, question.signal))] };
}

/** `scheme://…`, or `user@host:path` as ssh has it. */
const isUrl = (repository: string): boolean =>
  /^[a-z][a-z\d+.-]*:\/\//i.test(repository) || /^[\w.-]+@[\w.-]+:/.test(repository);

async function openRemote(question: TargetQuestion): Promise<Target> {
  const { repository: url, base, fetchInto: folder, signal } = question;
  const { baseSha, baseName } = await fetchRemote({ url, base, folder, signal });
  return {
    folder,
    cloneUrl: pathToFileURL(folder).href,
    ...nameOf(url),
    baseSha,
    baseName,
    remoteUrl: url,
    notes: [],
  };
}

async function openLocal(question: TargetQuestion): Promise<Target> {
  const { base, signal } = question;
  const folder = path.resolve(question.callerFolder, question.repository);
  await assertFolder(folder);
  const call = { folder, signal };
  const gitDir = (
    await git(['rev-parse', '--path-format=absolute', '--git-common-dir'], call).catch(notOne)
  ).trim();
  const baseSha = await resolveBase(base, call);
  const branch = await gitOrNull(['symbolic-ref', '--quiet', '--short', 'HEAD'], call);
  const mirrored = (await isOwn(gitDir)) ? null : await mirror(gitDir, baseSha, question);
  return {
    folder,
    cloneUrl: pathToFileURL(mirrored ?? gitDir).href,
    ...nameOf(gitDir.replace(/\/\.git$/, '')),
    owner: 'local',
    baseSha,
    baseName: base ?? branch ?? baseSha.slice(0, 12),
    remoteUrl: null,
    notes: await stateNotes(call, { base, branch, baseSha }),
  };

  function notOne(error: unknown): never {
    throw error instanceof GitRefused ? notARepository(folder, error) : error;
  }
}

async function assertFolder(folder: string): Promise<void> {
  const found = await stat(folder).catch(() => null);
  if (found?.isDirectory() === true) return;
  throw new PtcError({
    code: 'repository-missing',
    message: found === null ? `There is no folder ${folder}.` : `${folder} is a file.`,
    remedy: 'Name the folder of a git repository, or its URL, with --repo.',
    retryable: false,
  });
}

async function resolveBase(
  base: string | null,
  call: { readonly folder: string; readonly signal: AbortSignal },
): Promise<string> {
  const args = ['rev-parse', '--verify', '--quiet', '--end-of-options', `${base ?? 'HEAD'}^{commit}`];
  const sha = await gitOrNull(args, call);
  if (sha !== null) return sha;
  if (base !== null) throw baseUnknown(base);
  throw new PtcError({
    code: 'no-commits',
    message: 'The repository has no commits yet (or HEAD names a branch without one).',
    remedy: 'Commit what there is, even an empty commit, or name a commit with --base.',
    retryable: false,
  });
}

/** Git hands out other people's repositories only to whoever trusts them by name, and the runner is nobody. */
async function isOwn(gitDir: string): Promise<boolean> {
  return (await stat(gitDir)).uid === process.geteuid?.();
}

async function mirror(gitDir: string, sha: string, question: TargetQuestion): Promise<string> {
  const { fetchInto: folder, signal } = question;
  await fetchRemote({ url: gitDir, base: sha, folder, signal });
  return folder;
}

async function stateNotes(
  call: { readonly folder: string; readonly signal: AbortSignal },
  { base, branch, baseSha }: { base: string | null; branch: string | null; baseSha: string },
): Promise<readonly string[]> {
  const from = `${base ?? 'HEAD'} (${baseSha.slice(0, 12)})`;
  const hasTree = (await git(['rev-parse', '--is-inside-work-tree'], call)).trim() === 'true';
  const status = !hasTree
    ? ''
    : await git(['status', '--porcelain=v1', '-z', '--no-renames', '--ignore-submodules=dirty'], call);
  const dirty = status.split('\0').filter((entry) => entry !== '').length;
  return [
    ...(dirty === 0
      ? []
      : [
          `${dirty} uncommitted ${dirty === 1 ? 'change is' : 'changes are'} not seen: the run works from ${from}.`,
        ]),
    ...(branch === null && base === null ? [`HEAD is detached; the run works from ${from}.`] : []),
  ];
}

async function contentNotes({ folder, baseSha }: Target, signal: AbortSignal): Promise<readonly string[]> {
  const text = (file: string): Promise<string | null> =>
    gitOrNull(['cat-file', 'blob', `${baseSha}:${file}`], { folder, signal });
  const [modules, attributes] = await Promise.all([text('.gitmodules'), text('.gitattributes')]);
  return [
    ...(modules === null ? [] : ['Submodules stay empty: their content is not fetched.']),
    ...(attributes !== null && /\bfilter=lfs\b/.test(attributes)
      ? ['Files in Git LFS are seen as pointers: their content is not fetched.']
      : []),
  ];
}

/** The last two parts of a path or URL. */
function nameOf(address: string): { readonly owner: string; readonly name: string } {
  const parts = address
    .replace(/^[a-z][a-z\d+.-]*:\/\/[^/]*/i, '')
    .replace(/\.git\/?$/, '')
    .split(/[/:]/)
    .filter((part) => part !== '');
  return { owner: parts.at(-2) ?? 'local', name: parts.at(-1) ?? 'repository' };
}

const baseUnknown = (base: string): PtcError =>
  new PtcError({
    code: 'base-unknown',
    message: `“${base}” names no commit of the repository.`,
    remedy: 'Name a branch, a tag or a commit that is there with --base.',
    retryable: false,
  });

function notARepository(folder: string, cause: GitRefused): PtcError {
  if (/dubious ownership/.test(cause.said)) {
    return new PtcError(
      {
        code: 'repository-not-trusted',
        message: `The repository ${folder} belongs to another user, and git does not trust it.`,
        remedy: `If you do: git config --global --add safe.directory '${folder}'`,
        retryable: false,
      },
      { cause },
    );
  }
  return new PtcError(
    {
      code: 'not-a-repository',
      message: `${folder} is not in a git repository.`,
      remedy: 'Name the folder of a git repository, or its URL, with --repo.',
      retryable: false,
    },
    { cause },
  );
}

const otherObjectFormat = (): PtcError =>
  new PtcError({
    code: 'object-format-unsupported',
    message: 'The repository uses SHA-256 object names, which are not supported.',
    remedy: 'Use a repository with SHA-1 object names.',
    retryable: false,
  });
