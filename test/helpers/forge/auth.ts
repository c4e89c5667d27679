/** Who is calling, and may they do this? */
import { verify } from 'node:crypto';
import { ApiError, notFound } from './api-error.ts';
import {
  type App,
  type Installation,
  type InstallationToken,
  type PermissionLevel,
  type Repository,
  type Role,
  type Store,
  type User,
  roleOf,
} from './store.ts';

export type Auth =
  | { readonly kind: 'app'; readonly app: App }
  | { readonly kind: 'installation'; readonly installation: Installation; readonly token: InstallationToken }
  | { readonly kind: 'user'; readonly user: User }
  | { readonly kind: 'anonymous' };

/** What a request asks of a repository: of an App a permission (any of the names), of a person a role. */
export interface Need {
  readonly permissions: readonly string[];
  readonly level: PermissionLevel;
  /** 'read' is also given to everybody on public repositories. */
  readonly role: Role;
}

const LEVELS: readonly PermissionLevel[] = ['read', 'write', 'admin'];
const ROLES: readonly Role[] = ['read', 'triage', 'write', 'maintain', 'admin'];
const MAX_JWT_LIFE_S = 600;
const CLOCK_DRIFT_S = 60;

function decodePart(part: string | undefined): Record<string, unknown> {
  try {
    const claims: Record<string, unknown> = JSON.parse(Buffer.from(part ?? '', 'base64url').toString());
    return claims;
  } catch {
    throw new ApiError(401, 'A JSON web token could not be decoded');
  }
}

function authenticateApp(store: Store, jwt: string): Auth {
  const [header, payload, signature = ''] = jwt.split('.');
  const claims = decodePart(payload);
  const app = store.apps.get(Number(claims['iss']));
  if (decodePart(header)['alg'] !== 'RS256' || app === undefined) {
    throw new ApiError(401, 'A JSON web token could not be decoded');
  }
  const signed = Buffer.from(`${header}.${payload}`);
  if (!verify('RSA-SHA256', signed, app.publicKey, Buffer.from(signature, 'base64url'))) {
    throw new ApiError(401, 'A JSON web token could not be decoded');
  }
  const nowS = Date.now() / 1000;
  const [issuedAt, expiresAt] = [Number(claims['iat']), Number(claims['exp'])];
  if (!(issuedAt <= nowS + CLOCK_DRIFT_S)) {
    throw new ApiError(
      401,
      "'Issued at' claim ('iat') must be an Integer representing the time that the assertion was issued",
    );
  }
  if (!(expiresAt > nowS && expiresAt - issuedAt <= MAX_JWT_LIFE_S + CLOCK_DRIFT_S)) {
    throw new ApiError(
      401,
      "'Expiration time' claim ('exp') must be a numeric value representing the future time at which the assertion expires",
    );
  }
  return { kind: 'app', app };
}

/** By token alone, as both the API and git ask. Throws 401 for one that is unknown or has expired. */
function authenticateToken(store: Store, value: string): Auth {
  const token = store.tokens.get(value);
  if (token?.kind === 'user') return { kind: 'user', user: token.user };
  if (token?.kind === 'installation' && token.expiresAtMs > Date.now()) {
    return { kind: 'installation', installation: token.installation, token };
  }
  throw new ApiError(401, 'Bad credentials');
}

/** Reads an Authorization header: `Bearer` or `token` for the API, `Basic` (any name, token as password) for git. */
export function authenticate(store: Store, header: string | undefined): Auth {
  const [, scheme = '', value = ''] = /^(\w+)\s+(.+)$/.exec(header ?? '') ?? [];
  switch (scheme.toLowerCase()) {
    case '':
      return { kind: 'anonymous' };
    case 'basic': {
      const [, password = ''] = /:(.*)$/s.exec(Buffer.from(value, 'base64').toString()) ?? [];
      return authenticateToken(store, password);
    }
    default:
      return value.split('.').length === 3 ? authenticateApp(store, value) : authenticateToken(store, value);
  }
}

/** Undefined for an App by its JWT, which acts on no repository, and for nobody. */
export function actorOf(auth: Auth): { actor: User; app: App | undefined } | undefined {
  if (auth.kind === 'user') return { actor: auth.user, app: undefined };
  if (auth.kind !== 'installation') return undefined;
  const { app } = auth.installation;
  return { actor: app.bot, app };
}

export function covers(token: InstallationToken, repository: Repository): boolean {
  const isInstalled = token.installation.account === repository.owner;
  return isInstalled && (token.repositoryIds?.has(repository.id) ?? true);
}

export function hasPermission(token: InstallationToken, need: Pick<Need, 'permissions' | 'level'>): boolean {
  return need.permissions.some((name) => {
    const granted = token.permissions[name];
    return granted !== undefined && LEVELS.indexOf(granted) >= LEVELS.indexOf(need.level);
  });
}

function requireInstallation(token: InstallationToken, repository: Repository, need: Need): void {
  if (!covers(token, repository)) {
    if (repository.isPrivate) throw notFound();
    if (need.level === 'read') return;
  } else if (hasPermission(token, need)) return;
  throw new ApiError(403, 'Resource not accessible by integration');
}

function requireUser(user: User, repository: Repository, need: Need): void {
  const role = roleOf(repository, user) ?? (repository.isPrivate ? undefined : 'read');
  if (role === undefined) throw notFound();
  if (ROLES.indexOf(role) < ROLES.indexOf(need.role)) {
    throw new ApiError(403, 'Must have admin rights to Repository.');
  }
}

/** Throws 401, 403 or 404, whichever GitHub would give. */
export function requireAccess(auth: Auth, repository: Repository, need: Need): void {
  switch (auth.kind) {
    case 'installation':
      return requireInstallation(auth.token, repository, need);
    case 'user':
      return requireUser(auth.user, repository, need);
    case 'app':
      throw new ApiError(403, 'Resource not accessible by integration');
    case 'anonymous':
      if (repository.isPrivate) throw notFound();
      if (need.level !== 'read') throw new ApiError(401, 'Requires authentication');
  }
}

export function allows(auth: Auth, repository: Repository, need: Need): boolean {
  try {
    requireAccess(auth, repository, need);
    return true;
  } catch (error) {
    if (error instanceof ApiError) return false;
    throw error;
  }
}
