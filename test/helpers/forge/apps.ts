/** The App about itself: installations, tokens, deliveries. Users and limits too, which belong to no repository. */
import { randomBytes } from 'node:crypto';
import { ApiError, notFound } from './api-error.ts';
import { type Auth, covers } from './auth.ts';
import { type Call, type Handlers, type Reply, created, ok, page } from './call.ts';
import { presentApp, presentInstallation, presentRepository, presentUser } from './present.ts';
import {
  type App,
  type Installation,
  type PermissionLevel,
  type Permissions,
  type Repository,
  type User,
  findRepository,
  findUser,
} from './store.ts';
import { type Delivery, type Webhooks, presentDelivery } from './webhooks.ts';

const LEVELS: readonly PermissionLevel[] = ['read', 'write', 'admin'];

function appOf(auth: Auth): App {
  if (auth.kind !== 'app') throw new ApiError(401, 'A JSON web token could not be decoded');
  return auth.app;
}

function requireInstallation(call: Call): Installation {
  const app = appOf(call.auth);
  const installation = call.context.store.installations.get(Number(call.params['installation_id']));
  if (installation?.app !== app) throw notFound();
  return installation;
}

interface TokenBody {
  readonly repositories?: readonly string[];
  readonly repository_ids?: readonly number[];
  readonly permissions?: Permissions;
}

/** The repositories a token is narrowed to, or undefined for all of the installation. */
function narrow(call: Call, installation: Installation, body: TokenBody): readonly Repository[] | undefined {
  const { repositories, repository_ids: ids } = body;
  if (repositories === undefined && ids === undefined) return undefined;
  const { store } = call.context;
  const owned = [...store.repositories.values()].filter(({ owner }) => owner === installation.account);
  const wanted = [
    ...(repositories ?? []).map((name) => owned.find((repository) => repository.name === name)),
    ...(ids ?? []).map((id) => owned.find((repository) => repository.id === id)),
  ];
  return wanted.map((repository) => {
    if (repository) return repository;
    const message =
      'There is at least one repository that does not exist or is not accessible to the parent installation.';
    throw new ApiError(422, message);
  });
}

function permissionsFor(app: App, asked: Permissions | undefined): Permissions {
  for (const [name, level] of Object.entries(asked ?? {})) {
    const granted = app.permissions[name];
    if (granted === undefined || LEVELS.indexOf(granted) < LEVELS.indexOf(level)) {
      throw new ApiError(422, 'The permissions requested are not granted to this installation.');
    }
  }
  return asked === undefined ? app.permissions : { metadata: 'read', ...asked };
}

function createToken(call: Call, lifetimeMs: number): Reply {
  const installation = requireInstallation(call);
  const { store } = call.context;
  const body = (call.body ?? {}) as TokenBody;
  const repositories = narrow(call, installation, body);
  const permissions = permissionsFor(installation.app, body.permissions);
  const token = `ghs_${randomBytes(18).toString('hex')}`;
  const expiresAtMs = Date.now() + lifetimeMs;
  store.tokens.set(token, {
    kind: 'installation',
    installation,
    permissions,
    repositoryIds: repositories && new Set(repositories.map(({ id }) => id)),
    expiresAtMs,
  });
  return created({
    token,
    expires_at: new Date(expiresAtMs).toISOString().replace(/\.\d+Z$/, 'Z'),
    permissions,
    repository_selection: repositories === undefined ? 'all' : 'selected',
    ...(repositories && {
      repositories: repositories.map((repository) => presentRepository(store, repository)),
    }),
  });
}

function presentAccount(call: Call, user: User): Reply {
  const counts = { public_repos: 0, public_gists: 0, followers: 0, following: 0 };
  const texts = {
    name: null,
    company: null,
    blog: null,
    location: null,
    email: null,
    hireable: null,
    bio: null,
  };
  const dates = { created_at: user.createdAt, updated_at: user.createdAt };
  return ok({
    ...presentUser(call.context.store, user),
    ...texts,
    ...counts,
    ...dates,
    user_view_type: 'public',
  });
}

function listAccessible(call: Call): Reply {
  if (call.auth.kind !== 'installation') throw new ApiError(403, 'Resource not accessible by integration');
  const { token } = call.auth;
  const { store } = call.context;
  const all = [...store.repositories.values()].filter((repository) => covers(token, repository));
  const { items, headers } = page(call, all);
  const repositories = items.map((repository) => presentRepository(store, repository));
  return { status: 200, headers, body: { total_count: all.length, repositories } };
}

const installationHandlers = (tokenLifetimeMs: number): Handlers<Call> => ({
  'apps/get-authenticated': (call) => {
    const app = appOf(call.auth);
    const { installations } = call.context.store;
    const count = [...installations.values()].filter((installation) => installation.app === app).length;
    return ok({ ...presentApp(call.context.store, app), installations_count: count });
  },
  'apps/list-installations': (call) => {
    const app = appOf(call.auth);
    const { store } = call.context;
    const mine = [...store.installations.values()].filter((installation) => installation.app === app);
    const { items, headers } = page(call, mine);
    return {
      status: 200,
      headers,
      body: items.map((installation) => presentInstallation(store, installation)),
    };
  },
  'apps/get-installation': (call) => ok(presentInstallation(call.context.store, requireInstallation(call))),
  'apps/get-repo-installation': (call) => {
    const app = appOf(call.auth);
    const { store } = call.context;
    const repository = findRepository(store, String(call.params['owner']), String(call.params['repo']));
    const found = [...store.installations.values()].find(
      (installation) => installation.app === app && installation.account === repository?.owner,
    );
    if (found === undefined) throw notFound();
    return ok(presentInstallation(store, found));
  },
  'apps/create-installation-access-token': (call) => createToken(call, tokenLifetimeMs),
  'apps/list-repos-accessible-to-installation': listAccessible,
});

const deliveryHandlers = (webhooks: Webhooks): Handlers<Call> => {
  const requireDelivery = (call: Call): Delivery => {
    const app = appOf(call.auth);
    const found = webhooks.deliveries.find(({ id }) => id === call.params['delivery_id']);
    if (found?.app !== app) throw notFound();
    return found;
  };
  return {
    'apps/list-webhook-deliveries': (call) => {
      const app = appOf(call.auth);
      const { per_page: size = 30, cursor, status } = call.query;
      const isOk = ({ statusCode }: Delivery) => statusCode >= 200 && statusCode < 400;
      const matching = webhooks.deliveries
        .filter((delivery) => delivery.app === app && delivery.statusCode !== 0)
        .filter((delivery) => cursor === undefined || delivery.id < Number(cursor))
        .filter((delivery) => status === undefined || isOk(delivery) === (status === 'success'))
        .toReversed();
      const shown = matching.slice(0, Number(size));
      // Paged by cursor: the next page starts below the last delivery of this one.
      const next = new URL(`${call.context.store.url}${call.path}`);
      for (const [key, value] of Object.entries(call.query)) next.searchParams.set(key, String(value));
      next.searchParams.set('cursor', String(shown.at(-1)?.id ?? 0));
      return {
        status: 200,
        headers: shown.length < matching.length ? { link: `<${next.href}>; rel="next"` } : {},
        body: shown.map((delivery) => presentDelivery(delivery, false)),
      };
    },
    'apps/get-webhook-delivery': (call) => ok(presentDelivery(requireDelivery(call), true)),
    'apps/redeliver-webhook-delivery': (call) => {
      const { id } = requireDelivery(call);
      void webhooks.redeliver(id);
      return { status: 202, body: {} };
    },
  };
};

const accountHandlers: Handlers<Call> = {
  'users/get-authenticated': (call) => {
    if (call.auth.kind !== 'user') throw new ApiError(403, 'Resource not accessible by integration');
    return presentAccount(call, call.auth.user);
  },
  'users/get-by-username': (call) => {
    const user = findUser(call.context.store, String(call.params['username']));
    if (user === undefined) throw notFound();
    return presentAccount(call, user);
  },
  'rate-limit/get': () => {
    const limit = { limit: 5000, used: 0, remaining: 5000, reset: Math.ceil(Date.now() / 1000) + 3600 };
    return ok({ resources: { core: limit, search: limit }, rate: limit });
  },
};

export const appHandlers = (webhooks: Webhooks, tokenLifetimeMs: number): Handlers<Call> => ({
  ...installationHandlers(tokenLifetimeMs),
  ...deliveryHandlers(webhooks),
  ...accountHandlers,
});
