/** The HTTP server: records, injects faults, hands on to git, GraphQL or REST, checks both ways, answers. */
import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { ApiError } from './api-error.ts';
import { type Auth, authenticate } from './auth.ts';
import { type ForgeContext, type Reply } from './call.ts';
import { type Contract, type MatchedRequest, decodePath } from './contract.ts';
import { type FaultReply, type Faults, type RecordedRequest } from './faults.ts';
import { serveGraphql } from './graphql.ts';
import { type RestHandlers, errorReply, serveRest } from './rest.ts';
import { type GitRequest, gitErrorReply, matchGit, serveGit } from './smart-http.ts';

const DOCS = 'https://docs.github.com/rest';
const RATE_LIMIT = 5000;

/** Where somebody left GitHub's description: whoever sent a request, or the forge itself. */
export interface Violation {
  readonly kind: 'request' | 'response' | 'webhook' | 'forge';
  /** "POST /repos/o/r/issues", or the webhook. */
  readonly where: string;
  readonly problems: readonly string[];
}

export interface ServerParts {
  readonly context: ForgeContext;
  readonly contract: Contract;
  readonly handlers: RestHandlers;
  readonly faults: Faults;
  readonly requests: RecordedRequest[];
  readonly violations: Violation[];
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** All that is known of a request before it is handled. */
interface Incoming {
  readonly request: IncomingMessage;
  readonly url: URL;
  readonly where: string;
  readonly git: GitRequest | undefined;
  readonly matched: MatchedRequest | undefined;
  readonly auth: Auth | ApiError;
  readonly body: unknown;
  readonly isMalformed: boolean;
}

async function readJson(request: IncomingMessage): Promise<Pick<Incoming, 'body' | 'isMalformed'>> {
  const sent = await text(request);
  if (sent === '') return { body: undefined, isMalformed: false };
  try {
    return { body: JSON.parse(sent) as unknown, isMalformed: false };
  } catch {
    return { body: undefined, isMalformed: true };
  }
}

function tryAuthenticate({ context }: ServerParts, header: string | undefined): Auth | ApiError {
  try {
    return authenticate(context.store, header);
  } catch (error) {
    if (error instanceof ApiError) return error;
    throw error;
  }
}

async function receive(parts: ServerParts, request: IncomingMessage): Promise<Incoming> {
  const url = new URL(request.url ?? '/', parts.context.store.url);
  const method = request.method ?? 'GET';
  const git = matchGit(parts.context, url);
  const json = git ? { body: undefined, isMalformed: false } : await readJson(request);
  const isRest = git === undefined && url.pathname !== '/graphql';
  return {
    ...json,
    request,
    url,
    where: `${method} ${url.pathname}`,
    git,
    matched: isRest ? parts.contract.match(method, url.pathname, url.searchParams, json.body) : undefined,
    auth: tryAuthenticate(parts, request.headers.authorization),
  };
}

function record(parts: ServerParts, incoming: Incoming): Mutable<RecordedRequest> {
  const { request, url, body, auth, matched } = incoming;
  const recorded: RecordedRequest = {
    id: parts.requests.length + 1,
    method: request.method ?? 'GET',
    path: decodePath(url.pathname),
    query: Object.fromEntries(url.searchParams),
    body,
    auth: auth instanceof ApiError ? 'refused' : auth.kind,
    atMs: Date.now(),
    operationId: matched?.operationId,
    status: undefined,
  };
  parts.requests.push(recorded);
  return recorded;
}

function judgeRequest(
  { violations }: ServerParts,
  { git, url, matched, where, isMalformed }: Incoming,
): void {
  if (git !== undefined || url.pathname === '/graphql') return;
  const problems = matched
    ? [...matched.invalid, ...matched.unknown]
    : ['no such operation in the description'];
  if (isMalformed) problems.push('the body is no JSON');
  if (problems.length > 0) violations.push({ kind: 'request', where, problems });
}

async function serve(parts: ServerParts, incoming: Incoming): Promise<Reply> {
  const { context, handlers } = parts;
  const { git, matched, auth, url, body, request } = incoming;
  if (auth instanceof ApiError) throw auth;
  if (git) return serveGit(context, git, auth, url, request);
  if (incoming.isMalformed) throw new ApiError(400, 'Problems parsing JSON');
  if (url.pathname === '/graphql') return serveGraphql(context, auth, body);
  if (matched === undefined) throw new ApiError(404, 'Not Found');
  const accept = request.headers.accept ?? '';
  return serveRest(context, handlers, matched, { auth, path: url.pathname, accept, body });
}

const isJson = (body: unknown): boolean => typeof body !== 'string' && !Buffer.isBuffer(body);

async function handle(parts: ServerParts, incoming: Incoming): Promise<Reply> {
  const { matched, git, where } = incoming;
  try {
    const reply = await serve(parts, incoming);
    if (matched && isJson(reply.body)) checkReply(parts, where, matched, reply);
    return reply;
  } catch (error) {
    if (!(error instanceof ApiError)) {
      parts.violations.push({ kind: 'forge', where, problems: [String(error)] });
      return { status: 500, body: { message: 'Server Error' } };
    }
    if (git) return gitErrorReply(error);
    const reply = errorReply(error, matched?.docsUrl ?? DOCS);
    if (matched) checkReply(parts, where, matched, reply);
    return reply;
  }
}

function checkReply(
  parts: ServerParts,
  where: string,
  matched: MatchedRequest,
  { status, body }: Reply,
): void {
  const shown = body === undefined ? undefined : (JSON.parse(JSON.stringify(body)) as unknown);
  const problems = parts.contract.checkResponse(matched.operationId, status, shown);
  if (problems.length > 0) parts.violations.push({ kind: 'response', where: `${where} ${status}`, problems });
}

function send(response: ServerResponse, requestId: number, { status, body, headers }: Reply): void {
  const limits = {
    'x-ratelimit-limit': String(RATE_LIMIT),
    'x-ratelimit-remaining': String(Math.max(1, RATE_LIMIT - requestId)),
    'x-ratelimit-used': String(Math.min(requestId, RATE_LIMIT)),
    'x-ratelimit-reset': String(Math.ceil(Date.now() / 1000) + 3600),
    'x-ratelimit-resource': 'core',
    'x-github-request-id': `FORGE:${requestId}`,
  };
  const type = isJson(body) ? { 'content-type': 'application/json; charset=utf-8' } : {};
  response.writeHead(status, { ...limits, ...(body === undefined ? {} : type), ...headers });
  response.end(body === undefined || !isJson(body) ? body : JSON.stringify(body));
}

/** The reply, or undefined when the requester is to wait for ever or to lose the connection. */
async function replyWithFault(
  parts: ServerParts,
  incoming: Incoming,
  recorded: RecordedRequest,
  fault: FaultReply | undefined,
): Promise<Reply | 'hang' | 'cut'> {
  if (fault === 'hang') return 'hang';
  if (typeof fault === 'object' && 'status' in fault) return fault;
  if (typeof fault === 'function') await fault(recorded);
  const reply = await handle(parts, incoming);
  if (typeof fault === 'object') await fault.after(recorded);
  return fault === 'lose-answer' ? 'cut' : reply;
}

async function respond(
  parts: ServerParts,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const incoming = await receive(parts, request);
  const recorded = record(parts, incoming);
  judgeRequest(parts, incoming);
  const reply = await replyWithFault(parts, incoming, recorded, parts.faults.take(recorded));
  if (reply === 'hang') return;
  if (reply === 'cut') {
    response.destroy();
    return;
  }
  recorded.status = reply.status;
  send(response, recorded.id, reply);
}

export function createForgeServer(parts: ServerParts): Server {
  return createServer((request, response) => {
    respond(parts, request, response).catch((error: unknown) => {
      parts.violations.push({ kind: 'forge', where: request.url ?? '', problems: [String(error)] });
      response.destroy();
    });
  });
}
