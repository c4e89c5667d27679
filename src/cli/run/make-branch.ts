import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { BRANCH_PREFIX } from '../../domain/branch-name.ts';
import { PtcError } from '../../domain/errors.ts';
import { type ChangedFile } from '../../protocol/runner-result.ts';
import { git, gitOrNull, GitRefused } from '../git.ts';

const MAX_NUMBER = 1000;

export interface BranchOrder {
  readonly folder: string;
  readonly baseSha: string;
  /** The name asked for, or a title to make one of; only made-up names are numbered when taken. */
  readonly name: { readonly wanted: string } | { readonly title: string };
  readonly files: readonly ChangedFile[];
  /** Whole commit message. Its last line names the run: by that the commit is found again. */
  readonly message: string;
  readonly signal: AbortSignal;
}

export interface MadeBranch {
  readonly name: string;
  readonly commitSha: string;
}

/**
 * The change as one commit on a new branch, made of git's objects alone: working tree, index and HEAD stay as
 * they are. Again with the same message it finds the branch it made.
 * @throws PtcError `branch-taken`, `branch-name-invalid`
 */
export async function makeBranch(order: BranchOrder): Promise<MadeBranch> {
  const { folder, signal } = order;
  const names = 'wanted' in order.name ? [order.name.wanted] : numbered(slugOf(order.name.title));
  await assertName(names[0] ?? '', order);
  let commitSha: string | null = null;
  for (const name of names) {
    const there = await gitOrNull(['rev-parse', '--verify', '--quiet', `refs/heads/${name}`], {
      folder,
      signal,
    });
    if (there !== null) {
      if (await isOurs(there, order)) return { name, commitSha: there };
      continue;
    }
    commitSha ??= await commit(order);
    // The empty old value: made only while there is none of that name.
    const made = await gitOrNull(['update-ref', '-m', 'ptc run', `refs/heads/${name}`, commitSha, ''], {
      folder,
      signal,
    });
    if (made !== null) return { name, commitSha };
  }
  throw taken(names[0] ?? '');
}

const slugOf = (title: string): string =>
  title
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^a-z\d]+/g, '-')
    .slice(0, 40)
    .replace(/^-+|-+$/g, '') || 'task';

const numbered = (slug: string): readonly string[] =>
  Array.from(
    { length: MAX_NUMBER },
    (_, index) => `${BRANCH_PREFIX}${slug}${index === 0 ? '' : `-${index + 1}`}`,
  );

async function isOurs(
  commitSha: string,
  { folder, baseSha, message, signal }: BranchOrder,
): Promise<boolean> {
  const about = await git(['log', '-1', '--format=%P%n%B', commitSha], { folder, signal });
  return about.trim() === `${baseSha}\n${message.trim()}`;
}

async function commit({ folder, baseSha, files, message, signal }: BranchOrder): Promise<string> {
  const scratch = await mkdtemp(path.join(tmpdir(), 'ptc-commit-'));
  try {
    const call = { folder, signal, env: { GIT_INDEX_FILE: path.join(scratch, 'index') } };
    const blobs = await writeBlobs(files, scratch, call);
    await git(['read-tree', baseSha], call);
    const entries = files.map(({ path, mode, content }) =>
      content === null ? `0 ${'0'.repeat(40)}\t${path}\0` : `${mode} ${blobs.get(path) ?? ''}\t${path}\0`,
    );
    // What is taken away goes first: a file may stand where a folder was.
    const deletions = entries.filter((entry) => entry.startsWith('0 '));
    const additions = entries.filter((entry) => !entry.startsWith('0 '));
    await git(['update-index', '-z', '--index-info'], {
      ...call,
      input: [...deletions, ...additions].join(''),
    });
    const tree = (await git(['write-tree'], call)).trim();
    const env = { ...call.env, ...(await identity(call)) };
    return (
      await git(['commit-tree', tree, '-p', baseSha, '-F', '-'], { ...call, env, input: message })
    ).trim();
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

type Call = Parameters<typeof git>[1];

/** Blob ids by path, all by one git process. */
async function writeBlobs(
  files: readonly ChangedFile[],
  scratch: string,
  call: Call,
): Promise<ReadonlyMap<string, string>> {
  const kept = files.filter((file) => file.content !== null);
  const sources: string[] = [];
  for (const [index, file] of kept.entries()) {
    const source = path.join(scratch, `blob-${index}`);
    await writeFile(source, Buffer.from(file.content ?? '', file.encoding === 'base64' ? 'base64' : 'utf8'));
    sources.push(source);
  }
  const args = ['hash-object', '-w', '--no-filters', '--stdin-paths'];
  const ids =
    sources.length === 0 ? [] : (await git(args, { ...call, input: sources.join('\n') })).trim().split('\n');
  return new Map(kept.map((file, index) => [file.path, ids[index] ?? '']));
}

/** The user's own name where git knows one. */
async function identity(call: Call): Promise<Readonly<Record<string, string>>> {
  if ((await gitOrNull(['var', 'GIT_COMMITTER_IDENT'], call)) !== null) return {};
  const [name, email] = ['PTC Bot', 'ptc-bot@localhost'];
  return {
    GIT_AUTHOR_NAME: name,
    GIT_AUTHOR_EMAIL: email,
    GIT_COMMITTER_NAME: name,
    GIT_COMMITTER_EMAIL: email,
  };
}

/** Looked at before the run, too: nobody wants to hear of a bad name after paying for the work. */
export async function assertName(
  name: string,
  { folder, signal }: Pick<BranchOrder, 'folder' | 'signal'>,
): Promise<void> {
  try {
    await git(['check-ref-format', '--branch', name], { folder, signal });
  } catch (cause) {
    if (!(cause instanceof GitRefused)) throw cause;
    throw new PtcError(
      {
        code: 'branch-name-invalid',
        message: `“${name}” cannot name a branch.`,
        remedy: 'Give another name with --branch (git help check-ref-format).',
        retryable: false,
      },
      { cause },
    );
  }
}

/** Throws `branch-taken` when there is a branch of that name. */
export async function assertFree(
  name: string,
  { folder, signal }: Pick<BranchOrder, 'folder' | 'signal'>,
): Promise<void> {
  const args = ['rev-parse', '--verify', '--quiet', `refs/heads/${name}`];
  if ((await gitOrNull(args, { folder, signal })) !== null) throw taken(name);
}

const taken = (name: string): PtcError =>
  new PtcError({
    code: 'branch-taken',
    message: `There is a branch ${name} already, with something else on it.`,
    remedy: 'Give another name with --branch, or leave it out: then one is found.',
    retryable: false,
  });
