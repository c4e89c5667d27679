/** What the forge remembers. Git objects and refs are not here: they live in the bare repositories. */
import { type KeyObject } from 'node:crypto';

export type Role = 'admin' | 'maintain' | 'write' | 'triage' | 'read';
export type PermissionLevel = 'read' | 'write' | 'admin';
export type Permissions = Readonly<Record<string, PermissionLevel>>;

export interface User {
  readonly id: number;
  readonly login: string;
  readonly type: 'User' | 'Bot' | 'Organization';
  readonly createdAt: string;
}

export interface App {
  readonly id: number;
  readonly slug: string;
  readonly owner: User;
  readonly bot: User;
  readonly publicKey: KeyObject;
  readonly permissions: Permissions;
  readonly events: readonly string[];
  readonly webhookSecret: string;
  readonly createdAt: string;
  webhookUrl: string | undefined;
}

/** An App installed for all repositories of an account. */
export interface Installation {
  readonly id: number;
  readonly app: App;
  readonly account: User;
  readonly createdAt: string;
}

export interface Label {
  readonly id: number;
  readonly name: string;
}

export interface Reaction {
  readonly id: number;
  readonly user: User;
  readonly content: string;
  readonly createdAt: string;
}

export interface Comment {
  readonly id: number;
  readonly user: User;
  readonly app: App | undefined;
  readonly createdAt: string;
  readonly reactions: Reaction[];
  body: string;
  updatedAt: string;
}

export interface Pull {
  readonly headRepository: Repository;
  readonly headBranch: string;
  baseBranch: string;
  /** The head branch's commit for as long as the pull request is open, then the last one. */
  headSha: string;
  baseSha: string;
  draft: boolean;
}

/** An issue, or with `pull` a pull request: they share numbers, comments, labels and reactions. */
export interface Issue {
  readonly id: number;
  readonly number: number;
  readonly user: User;
  readonly app: App | undefined;
  readonly createdAt: string;
  readonly labels: Label[];
  readonly comments: Comment[];
  readonly reactions: Reaction[];
  readonly pull: Pull | undefined;
  title: string;
  body: string | null;
  state: 'open' | 'closed';
  updatedAt: string;
  closedAt: string | null;
}

export interface CheckRun {
  readonly id: number;
  readonly app: App;
  readonly headSha: string;
  /** The keys of GitHub's own check run that a request may set. */
  fields: CheckRunFields;
}

export interface CheckRunFields {
  readonly name: string;
  readonly status: string;
  readonly conclusion: string | null;
  readonly started_at: string | null;
  readonly completed_at: string | null;
  readonly details_url: string | null;
  readonly external_id: string;
  readonly output: {
    readonly title: string | null;
    readonly summary: string | null;
    readonly text: string | null;
    readonly annotations: readonly unknown[];
  };
}

export interface Repository {
  readonly id: number;
  readonly owner: User;
  readonly name: string;
  /** The bare repository. */
  readonly dir: string;
  readonly isPrivate: boolean;
  readonly isArchived: boolean;
  readonly defaultBranch: string;
  readonly parent: Repository | undefined;
  readonly createdAt: string;
  readonly collaborators: Map<string, Role>;
  readonly labels: Map<string, Label>;
  readonly issues: Map<number, Issue>;
  readonly checkRuns: CheckRun[];
  /** Commits that GitHub made itself and would therefore show as verified. */
  readonly signedCommits: Set<string>;
  pushedAt: string;
}

export interface InstallationToken {
  readonly kind: 'installation';
  readonly installation: Installation;
  readonly permissions: Permissions;
  /** Undefined: every repository of the installation. */
  readonly repositoryIds: ReadonlySet<number> | undefined;
  expiresAtMs: number;
}
interface UserToken {
  readonly kind: 'user';
  readonly user: User;
}

export interface Store {
  /** Where the forge listens; set once it does. */
  url: string;
  readonly root: string;
  readonly users: Map<string, User>;
  readonly apps: Map<number, App>;
  readonly installations: Map<number, Installation>;
  readonly repositories: Map<string, Repository>;
  readonly tokens: Map<string, InstallationToken | UserToken>;
  nextId(): number;
}

export function createStore(root: string): Store {
  let lastId = 1000;
  return {
    url: '',
    root,
    users: new Map(),
    apps: new Map(),
    installations: new Map(),
    repositories: new Map(),
    tokens: new Map(),
    nextId: () => ++lastId,
  };
}

/** GitHub's dates have seconds, no milliseconds. */
export const now = (): string => new Date().toISOString().replace(/\.\d+Z$/, 'Z');

export const fullName = (repository: Repository): string => `${repository.owner.login}/${repository.name}`;

export function findRepository(store: Store, owner: string, name: string): Repository | undefined {
  return store.repositories.get(`${owner}/${name}`.toLowerCase());
}

export function findUser(store: Store, login: string): User | undefined {
  return store.users.get(login.toLowerCase());
}

export function addUser(store: Store, login: string, type: User['type'] = 'User'): User {
  const user: User = { id: store.nextId(), login, type, createdAt: now() };
  store.users.set(login.toLowerCase(), user);
  return user;
}

/** Undefined for somebody who is not a collaborator. */
export function roleOf(repository: Repository, user: User): Role | undefined {
  if (repository.owner === user) return 'admin';
  return repository.collaborators.get(user.login.toLowerCase());
}

export function installationsFor(store: Store, repository: Repository): readonly Installation[] {
  return [...store.installations.values()].filter(({ account }) => account === repository.owner);
}

export function labelOf(store: Store, repository: Repository, name: string): Label {
  const known = repository.labels.get(name.toLowerCase());
  if (known) return known;
  const label = { id: store.nextId(), name };
  repository.labels.set(name.toLowerCase(), label);
  return label;
}

export function nextNumber(repository: Repository): number {
  return repository.issues.size + 1;
}
