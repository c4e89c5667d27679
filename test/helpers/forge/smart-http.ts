/** Git over HTTP: clone, fetch and push, done by git's own `http-backend`. */
import { spawn } from 'node:child_process';
import { type IncomingMessage } from 'node:http';
import path from 'node:path';
import { ApiError } from './api-error.ts';
import { type Auth, actorOf, covers, hasPermission } from './auth.ts';
import { type ForgeContext, type Reply } from './call.ts';
import { gitEnvironment } from './git.ts';
import { type Repository, type Role, findRepository, roleOf } from './store.ts';

export interface GitRequest {
  readonly repository: Repository | undefined;
  /** What follows the repository: /info/refs, /git-upload-pack, /git-receive-pack. */
  readonly rest: string;
  readonly isWrite: boolean;
}

/** Undefined when `url` is none of git's addresses. */
export function matchGit(context: ForgeContext, url: URL): GitRequest | undefined {
  const pattern = /^\/([^/]+)\/([^/]+?)(?:\.git)?(\/info\/refs|\/git-upload-pack|\/git-receive-pack)$/;
  const [, owner = '', name = '', rest] = pattern.exec(url.pathname) ?? [];
  if (rest === undefined) return undefined;
  const isWrite = rest === '/git-receive-pack' || url.searchParams.get('service') === 'git-receive-pack';
  return { repository: findRepository(context.store, owner, name), rest, isWrite };
}

const PUSHES: ReadonlySet<Role> = new Set(['write', 'maintain', 'admin']);

function mayRead(auth: Auth, repository: Repository): boolean {
  if (!repository.isPrivate) return true;
  if (auth.kind === 'installation') {
    return (
      covers(auth.token, repository) &&
      hasPermission(auth.token, { permissions: ['contents'], level: 'read' })
    );
  }
  return auth.kind === 'user' && roleOf(repository, auth.user) !== undefined;
}

function mayPush(auth: Auth, repository: Repository): boolean {
  if (auth.kind === 'installation') {
    return (
      covers(auth.token, repository) &&
      hasPermission(auth.token, { permissions: ['contents'], level: 'write' })
    );
  }
  const role = auth.kind === 'user' ? roleOf(repository, auth.user) : undefined;
  return role !== undefined && PUSHES.has(role);
}

/** The repository, or 401, 403 or 404. */
function requireGitAccess({ repository, isWrite }: GitRequest, auth: Auth): Repository {
  const isAnonymous = auth.kind === 'anonymous';
  if (repository === undefined || !mayRead(auth, repository)) {
    throw isAnonymous
      ? new ApiError(401, 'Authentication required')
      : new ApiError(404, 'Repository not found.');
  }
  if (isWrite && !mayPush(auth, repository)) {
    const message = `Write access to repository not granted.`;
    throw isAnonymous ? new ApiError(401, 'Authentication required') : new ApiError(403, message);
  }
  return repository;
}

function backendEnvironment(request: IncomingMessage, url: URL, repository: Repository, rest: string) {
  const header = (name: string) => String(request.headers[name] ?? '');
  const length = header('content-length');
  return gitEnvironment({
    GIT_PROJECT_ROOT: path.dirname(repository.dir),
    GIT_HTTP_EXPORT_ALL: '1',
    PATH_INFO: `/${path.basename(repository.dir)}${rest}`,
    REQUEST_METHOD: request.method ?? 'GET',
    QUERY_STRING: url.search.slice(1),
    CONTENT_TYPE: header('content-type'),
    HTTP_CONTENT_ENCODING: header('content-encoding'),
    GIT_PROTOCOL: header('git-protocol'),
    REMOTE_USER: 'git',
    REMOTE_ADDR: '127.0.0.1',
    ...(length === '' ? {} : { CONTENT_LENGTH: length }),
  });
}

interface CgiAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

function parseCgi(output: Buffer): CgiAnswer {
  const end = output.indexOf('\r\n\r\n');
  const lines = output.subarray(0, Math.max(end, 0)).toString().split('\r\n');
  const headers = Object.fromEntries(
    lines.map((line) => {
      const [, name = '', value = ''] = /^([^:]+):\s*(.*)$/.exec(line) ?? [];
      return [name.toLowerCase(), value];
    }),
  );
  const { status = '200', ...rest } = headers;
  return { status: Number.parseInt(status, 10), headers: rest, body: output.subarray(end + 4) };
}

function runBackend(request: IncomingMessage, env: Record<string, string>): Promise<CgiAnswer> {
  return new Promise((resolve, reject) => {
    const child = spawn('git', ['http-backend'], { env, stdio: ['pipe', 'pipe', 'ignore'] });
    const out: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
    child.stdin.on('error', () => {}); // the backend may answer before it has read everything
    child.on('error', reject);
    child.on('close', () => resolve(parseCgi(Buffer.concat(out))));
    request.on('close', () => {
      if (!request.complete) child.kill();
    });
    request.pipe(child.stdin);
  });
}

/** Handles one request of git; after a push, pull requests have already followed. Throws 401, 403 or 404. */
export async function serveGit(
  context: ForgeContext,
  matched: GitRequest,
  auth: Auth,
  url: URL,
  request: IncomingMessage,
): Promise<Reply> {
  const repository = requireGitAccess(matched, auth);
  const { status, headers, body } = await runBackend(
    request,
    backendEnvironment(request, url, repository, matched.rest),
  );
  const pusher = actorOf(auth)?.actor;
  if (matched.rest === '/git-receive-pack' && pusher) await context.refsChanged(repository, pusher);
  return { status, headers, body };
}

/** Git shows the text of an error to its user, and asks for a password only when challenged. */
export function gitErrorReply(error: ApiError): Reply {
  const challenge: Record<string, string> =
    error.status === 401 ? { 'www-authenticate': 'Basic realm="GitHub"' } : {};
  return {
    status: error.status,
    body: error.message,
    headers: { 'content-type': 'text/plain', ...challenge },
  };
}
