/** What a test does to a repository without going through the API: real commits in the real bare repository. */
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { type ForgeContext } from './call.ts';
import { noreplyAddress } from './commits.ts';
import {
  type TreeChange,
  cloneBare,
  git,
  gitBytes,
  initBare,
  readTree,
  resolveObject,
  writeCommit,
  writeTree,
} from './git.ts';
import { type Repository, type Role, type Store, type User, fullName, now } from './store.ts';

/** Content by path; null deletes. Modes: 100644 (the default), 100755, 120000 for a symlink. */
export type Files = Readonly<
  Record<string, string | null | { readonly content: string | Uint8Array; readonly mode?: string }>
>;

export interface RepositoryHandle {
  readonly id: number;
  readonly fullName: string;
  readonly defaultBranch: string;
  readonly cloneUrl: string;
  /** The bare repository's folder. */
  readonly dir: string;
  /** Commits on a branch, made from the default branch where it does not exist; the new commit's SHA. */
  commit(branch: string, files: Files, message: string): Promise<string>;
  /** Any git command on the bare repository; standard output without the last newline. */
  git(...args: string[]): Promise<string>;
  /** The commit of a branch, or undefined. */
  headOf(branch: string): Promise<string | undefined>;
  /** Every file's text by path. */
  filesAt(ref: string): Promise<Readonly<Record<string, string>>>;
}

function toChanges(files: Files): readonly TreeChange[] {
  return Object.entries(files).map(([name, file]) => {
    if (file === null) return { path: name, mode: '100644', sha: null };
    if (typeof file === 'string') return { path: name, mode: '100644', content: file };
    return { path: name, mode: file.mode ?? '100644', content: file.content };
  });
}

async function commitFiles(
  repository: Repository,
  branch: string,
  files: Files,
  message: string,
): Promise<string> {
  const { dir, owner, defaultBranch } = repository;
  const parent =
    (await resolveObject(dir, `refs/heads/${branch}`)) ??
    (await resolveObject(dir, `refs/heads/${defaultBranch}`));
  const author = { name: owner.login, email: noreplyAddress(owner), date: now() };
  const tree = await writeTree(dir, parent, toChanges(files));
  const commit = { tree, parents: parent ? [parent] : [], author, committer: author, message };
  const sha = await writeCommit(dir, commit);
  await git(dir, ['update-ref', `refs/heads/${branch}`, sha]);
  return sha;
}

export function createHandle(context: ForgeContext, repository: Repository): RepositoryHandle {
  const { dir, owner } = repository;
  return {
    id: repository.id,
    fullName: fullName(repository),
    defaultBranch: repository.defaultBranch,
    cloneUrl: `${context.store.url}/${fullName(repository)}.git`,
    dir,
    async commit(branch, files, message) {
      const sha = await commitFiles(repository, branch, files, message);
      await context.refsChanged(repository, owner);
      return sha;
    },
    async git(...args) {
      const output = await git(dir, args);
      await context.refsChanged(repository, owner);
      return output;
    },
    headOf: (branch) => resolveObject(dir, `refs/heads/${branch}`),
    async filesAt(ref) {
      const blobs = (await readTree(dir, ref, true)).filter(({ type }) => type === 'blob');
      const texts = blobs.map(async ({ path: name, sha }) => {
        const bytes = await gitBytes(dir, ['cat-file', 'blob', sha]);
        return [name, bytes.toString()] as const;
      });
      return Object.fromEntries(await Promise.all(texts));
    },
  };
}

interface NewRepository {
  readonly owner: User;
  readonly name: string;
  readonly defaultBranch: string;
  readonly isPrivate: boolean;
  readonly isArchived: boolean;
  readonly collaborators: Readonly<Record<string, Role>>;
  readonly parent: Repository | undefined;
}

function register(store: Store, about: NewRepository): Repository {
  const { collaborators, ...rest } = about;
  const repository: Repository = {
    ...rest,
    id: store.nextId(),
    dir: path.join(store.root, about.owner.login, `${about.name}.git`),
    createdAt: now(),
    collaborators: new Map(Object.entries(collaborators).map(([login, role]) => [login.toLowerCase(), role])),
    labels: new Map(),
    issues: new Map(),
    checkRuns: [],
    signedCommits: new Set(),
    pushedAt: now(),
  };
  store.repositories.set(fullName(repository).toLowerCase(), repository);
  return repository;
}

/** A bare repository with one commit that holds `files`. */
export async function createRepository(
  store: Store,
  about: Omit<NewRepository, 'parent'>,
  files: Files,
): Promise<Repository> {
  const repository = register(store, { ...about, parent: undefined });
  await initBare(repository.dir, repository.defaultBranch);
  await commitFiles(repository, repository.defaultBranch, files, 'Initial commit');
  return repository;
}

export async function forkRepository(store: Store, parent: Repository, owner: User): Promise<Repository> {
  const { name, defaultBranch, isPrivate, isArchived } = parent;
  const about = { owner, name, defaultBranch, isPrivate, isArchived, collaborators: {}, parent };
  const fork = register(store, about);
  await mkdir(path.dirname(fork.dir), { recursive: true });
  await cloneBare(parent.dir, fork.dir);
  return fork;
}
