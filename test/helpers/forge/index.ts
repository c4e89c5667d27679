/**
 * A GitHub-shaped forge on loopback for tests, the demo and benchmarks: GitHub's REST API, signed webhooks and git
 * over HTTP, on real bare repositories. What it is asked and what it answers is checked against GitHub's own OpenAPI
 * description; look at `violations` at the end of a test.
 */
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { appHandlers } from './apps.ts';
import { type ForgeContext } from './call.ts';
import { checkHandlers } from './checks.ts';
import { commentHandlers } from './comments.ts';
import { sharedContract } from './contract.ts';
import { type Faults, type RecordedRequest, createFaults } from './faults.ts';
import { gitDataHandlers } from './git-data.ts';
import { issueHandlers } from './issues.ts';
import { syncPulls } from './pull-sync.ts';
import { pullHandlers } from './pulls.ts';
import {
  type Files,
  type RepositoryHandle,
  createHandle,
  createRepository,
  forkRepository,
} from './repository.ts';
import { repositoryHandlers } from './repos.ts';
import { type Violation, createForgeServer } from './server.ts';
import {
  type App,
  type Permissions,
  type Repository,
  type Role,
  type Store,
  type User,
  addUser,
  createStore,
  findRepository,
  findUser,
  now,
} from './store.ts';
import { type Delivery, type Webhooks, createWebhooks } from './webhooks.ts';

export { type RecordedRequest, secondaryRateLimit } from './faults.ts';
export { type Files, type RepositoryHandle } from './repository.ts';

export interface ForgeOptions {
  /** How long installation tokens live; an hour, as on GitHub. */
  readonly tokenLifetimeMs?: number;
}

interface NewApp {
  readonly webhookSecret: string;
  readonly slug?: string;
  readonly permissions?: Permissions;
  readonly events?: readonly string[];
  readonly webhookUrl?: string;
}

export interface AppHandle {
  readonly appId: number;
  /** PEM. */
  readonly privateKey: string;
  readonly slug: string;
  readonly botLogin: string;
  /** Until it has one, an App gets no webhooks. */
  setWebhookUrl(url: string): void;
}

export interface NewRepositoryOptions {
  readonly owner: string;
  readonly name: string;
  readonly files: Files;
  readonly private?: boolean;
  readonly archived?: boolean;
  readonly collaborators?: Readonly<Record<string, Role>>;
  readonly defaultBranch?: string;
}

export interface ApiAnswer {
  readonly status: number;
  readonly headers: Headers;
  /** Parsed JSON, or the text where it is none. */
  readonly body: unknown;
}

export interface GivenToken {
  readonly token: string;
  readonly permissions: Permissions;
}

export interface Forge {
  /** http://127.0.0.1:<port>: the REST API at the root, git at {url}/{owner}/{repo}.git. */
  readonly url: string;
  addUser(user: { readonly login: string; readonly type?: User['type'] }): void;
  /** A token that acts as this person, for the API and for git. Unknown logins are added. */
  userToken(login: string): string;
  addApp(app: NewApp): AppHandle;
  /** Owner and collaborators that are unknown are added as people. */
  addRepository(options: NewRepositoryOptions): Promise<RepositoryHandle>;
  fork(fullName: string, owner: string): Promise<RepositoryHandle>;
  /** Installs for all repositories of the owner, also those that come later; the installation's id. */
  install(app: Pick<AppHandle, 'appId'>, owner: string): number;
  /** Throws when there is none. */
  repository(fullName: string): RepositoryHandle;
  /** One request as this person: `as('alice', 'POST', '/repos/o/r/issues/1/labels', {labels: ['x']})`. */
  as(login: string, method: string, path: string, body?: unknown): Promise<ApiAnswer>;
  readonly requests: readonly RecordedRequest[];
  readonly violations: readonly Violation[];
  readonly deliveries: readonly Delivery[];
  redeliver(deliveryId: number): Promise<Delivery>;
  /** Until every webhook sent so far has its answer. */
  settled(): Promise<void>;
  on: Faults['on'];
  /** Makes every installation token expire now. */
  expireTokens(): void;
  /** Every installation token given out so far. */
  installationTokens(): readonly GivenToken[];
  close(): Promise<void>;
}

const APP_PERMISSIONS: Permissions = {
  actions: 'read',
  checks: 'write',
  contents: 'write',
  issues: 'write',
  metadata: 'read',
  pull_requests: 'write',
};
const APP_EVENTS = ['issues', 'issue_comment', 'pull_request'];

const ensureUser = (store: Store, login: string, type: User['type'] = 'User'): User =>
  findUser(store, login) ?? addUser(store, login, type);

function addApp(store: Store, options: NewApp): AppHandle {
  const { slug = 'ptc-bot', permissions = APP_PERMISSIONS, events = APP_EVENTS } = options;
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const app: App = {
    id: store.nextId(),
    slug,
    owner: ensureUser(store, `${slug}-makers`, 'Organization'),
    bot: ensureUser(store, `${slug}[bot]`, 'Bot'),
    publicKey,
    permissions: { metadata: 'read', ...permissions },
    events,
    webhookSecret: options.webhookSecret,
    createdAt: now(),
    webhookUrl: options.webhookUrl,
  };
  store.apps.set(app.id, app);
  return {
    appId: app.id,
    privateKey: privateKey.export({ type: 'pkcs1', format: 'pem' }).toString(),
    slug,
    botLogin: app.bot.login,
    setWebhookUrl: (url) => {
      app.webhookUrl = url;
    },
  };
}

function install(store: Store, { appId }: Pick<AppHandle, 'appId'>, owner: string): number {
  const app = store.apps.get(appId);
  if (app === undefined) throw new Error(`no app ${appId}`);
  const installation = { id: store.nextId(), app, account: ensureUser(store, owner), createdAt: now() };
  store.installations.set(installation.id, installation);
  return installation.id;
}

function userToken(store: Store, login: string): string {
  const token = `ghp_${randomBytes(18).toString('hex')}`;
  store.tokens.set(token, { kind: 'user', user: ensureUser(store, login) });
  return token;
}

function requireRepository(store: Store, fullName: string): Repository {
  const [owner = '', name = ''] = fullName.split('/');
  const repository = findRepository(store, owner, name);
  if (repository === undefined) throw new Error(`no repository ${fullName}`);
  return repository;
}

async function callApi(url: string, token: string, method: string, body: unknown): Promise<ApiAnswer> {
  const response = await fetch(url, {
    method,
    headers: { authorization: `Bearer ${token}`, accept: 'application/vnd.github+json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  const isJson = response.headers.get('content-type')?.includes('json') ?? false;
  return {
    status: response.status,
    headers: response.headers,
    body: isJson ? (JSON.parse(text) as unknown) : text,
  };
}

function createContext(store: Store, webhooks: Webhooks): ForgeContext {
  const context: ForgeContext = {
    store,
    emit: (repository, event, action, sender, rest) => webhooks.emit(repository, event, action, sender, rest),
    refsChanged: (repository, sender) => syncPulls(context, repository, sender),
  };
  return context;
}

function listen(server: ReturnType<typeof createForgeServer>): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      if (typeof address === 'object' && address) resolve(`http://127.0.0.1:${address.port}`);
    });
  });
}

/** Starts an empty forge on a free port of loopback. */
export async function startForge({ tokenLifetimeMs = 3_600_000 }: ForgeOptions = {}): Promise<Forge> {
  const store = createStore(await mkdtemp(path.join(tmpdir(), 'ptc-forge-')));
  const contract = sharedContract();
  const requests: RecordedRequest[] = [];
  const violations: Violation[] = [];
  const faults = createFaults();
  const webhooks = createWebhooks(store, contract, (where, problems) =>
    violations.push({ kind: 'webhook', where, problems }),
  );
  const context = createContext(store, webhooks);
  const handlers = {
    apps: appHandlers(webhooks, tokenLifetimeMs),
    repositories: {
      ...repositoryHandlers,
      ...gitDataHandlers,
      ...issueHandlers,
      ...commentHandlers,
      ...pullHandlers,
      ...checkHandlers,
    },
  };
  const server = createForgeServer({ context, contract, handlers, faults, requests, violations });
  store.url = await listen(server);
  const tokens = new Map<string, string>();
  const tokenOf = (login: string): string => {
    const token = tokens.get(login) ?? userToken(store, login);
    tokens.set(login, token);
    return token;
  };

  return {
    url: store.url,
    addUser: ({ login, type }) => void ensureUser(store, login, type),
    userToken: tokenOf,
    addApp: (options) => addApp(store, options),
    async addRepository({
      owner,
      name,
      files,
      collaborators = {},
      defaultBranch = 'main',
      private: isPrivate = false,
      archived: isArchived = false,
    }) {
      for (const login of Object.keys(collaborators)) ensureUser(store, login);
      const account = ensureUser(store, owner);
      const about = { owner: account, name, defaultBranch, isPrivate, isArchived, collaborators };
      return createHandle(context, await createRepository(store, about, files));
    },
    async fork(fullName, owner) {
      const parent = requireRepository(store, fullName);
      return createHandle(context, await forkRepository(store, parent, ensureUser(store, owner)));
    },
    install: (app, owner) => install(store, app, owner),
    repository: (fullName) => createHandle(context, requireRepository(store, fullName)),
    as: (login, method, path, body) => callApi(store.url + path, tokenOf(login), method, body),
    requests,
    violations,
    deliveries: webhooks.deliveries,
    redeliver: (deliveryId) => webhooks.redeliver(deliveryId),
    settled: () => webhooks.settled(),
    on: (match, reply, options) => faults.on(match, reply, options),
    expireTokens() {
      for (const token of store.tokens.values()) if (token.kind === 'installation') token.expiresAtMs = 0;
    },
    installationTokens: () =>
      [...store.tokens].flatMap(([token, given]) =>
        given.kind === 'installation' ? [{ token, permissions: given.permissions }] : [],
      ),
    async close() {
      webhooks.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await webhooks.settled();
      await rm(store.root, { recursive: true, force: true, maxRetries: 5 }); // git may still be writing
    },
  };
}
