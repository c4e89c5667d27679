/** The HTTP server: records, injects faults, hands on to the control plane or a toolbox, answers. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Duplex } from 'node:stream';
import { ApiError } from './api-error.ts';
import { CONTROL } from './control.ts';
import { type Course, type DaytonaFaults, type DaytonaRequest } from './faults.ts';
import { acceptStream, refuseStream, streamCommand } from './log-stream.ts';
import { type Sandbox } from './sandbox.ts';
import { type DaytonaStore } from './store.ts';
import { commandOf, type RawBody, readUpload, TOOLBOX, upload, type UploadedFile } from './toolbox.ts';

export interface ServerParts {
  readonly store: DaytonaStore;
  readonly faults: DaytonaFaults;
  readonly requests: DaytonaRequest[];
  readonly apiKey: string;
  /** Open log streams: the server does not count them among its connections. */
  readonly streams: Set<Duplex>;
  /** Before every answer, as if the service were so far away. */
  readonly latencyMs: () => number;
  readonly baseUrl: () => string;
}

/** A path taken apart: the route it is, and the ids in it. */
interface Target {
  readonly route: string;
  readonly isToolbox: boolean;
  readonly id: string;
  readonly sessionId: string;
  readonly commandId: string;
}

export function createDaytonaServer(parts: ServerParts): Server {
  const server = createServer((request, response) => {
    answer(parts, request, response).catch(() => response.destroy());
  });
  server.on('upgrade', (request: IncomingMessage, socket: Duplex) => {
    parts.streams.add(socket);
    socket.on('close', () => parts.streams.delete(socket));
    stream(parts, request, socket).catch(() => socket.destroy());
  });
  return server;
}

/** A request taken apart. */
interface Incoming {
  readonly target: Target;
  readonly url: URL;
  readonly authorization: string | undefined;
  readonly body: unknown;
  readonly files: readonly UploadedFile[];
}

const UPLOAD = 'POST /toolbox/files/bulk-upload';

async function receive(parts: ServerParts, request: IncomingMessage): Promise<Incoming> {
  const url = new URL(request.url ?? '/', parts.baseUrl());
  const target = parseTarget(request.method ?? 'GET', url.pathname);
  const { authorization } = request.headers;
  const content = await buffer(request);
  if (target.route === UPLOAD) {
    const files = await readUpload(content, request.headers['content-type'] ?? '');
    const body = files.map((file) => ({ path: file.path, sizeBytes: file.content.length }));
    return { target, url, authorization, body, files };
  }
  const body: unknown = content.length > 0 ? JSON.parse(content.toString('utf8')) : undefined;
  return { target, url, authorization, body, files: [] };
}

async function answer(parts: ServerParts, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const incoming = await receive(parts, request);
  const recorded = record(parts, incoming.target, incoming.url, incoming.body);
  const course = parts.faults.take(recorded);
  await sleep(parts.latencyMs());
  if (course.isSilent) return;
  await course.before(recorded);
  try {
    if (course.reply !== null) throw fixed(course.reply);
    authenticate(parts, incoming.authorization);
    const value = await handle(parts, incoming, course);
    await course.after(recorded, value);
    if (course.losesAnswer) response.destroy();
    else if (isRaw(value)) send(response, 200, value.contentType, value.content);
    else send(response, 200, 'application/json', Buffer.from(JSON.stringify(value)));
  } catch (error) {
    const failure = error instanceof ApiError ? error : new ApiError(500, String(error), 'INTERNAL');
    const text = Buffer.from(JSON.stringify(failure.envelope()));
    send(response, failure.status, 'application/json', text, course.reply?.headers);
  }
}

async function handle(
  parts: ServerParts,
  { target, url, body, files }: Incoming,
  course: Course,
): Promise<unknown> {
  const { store } = parts;
  const query = url.searchParams;
  const { route } = target;
  if (!target.isToolbox) {
    const { createdAs } = course;
    return (
      CONTROL[route]?.({ store, baseUrl: parts.baseUrl(), ...target, query, body, createdAs }) ??
      noRoute(route)
    );
  }
  const sandbox = startedSandbox(parts, target.id);
  if (route === UPLOAD) {
    await upload(sandbox, files);
    return {};
  }
  return TOOLBOX[route.replace(' /toolbox', ' ')]?.({ sandbox, query, body, ...target }) ?? noRoute(route);
}

/** A call nobody foresaw is to be seen. */
function noRoute(route: string): never {
  throw new ApiError(404, `no route ${route}`, 'NOT_FOUND');
}

async function stream(parts: ServerParts, request: IncomingMessage, socket: Duplex): Promise<void> {
  const url = new URL(request.url ?? '/', parts.baseUrl());
  const target = parseTarget('WS', url.pathname);
  const recorded = record(parts, target, url, undefined);
  const course = parts.faults.take(recorded);
  await sleep(parts.latencyMs());
  try {
    if (course.reply !== null) throw fixed(course.reply);
    authenticate(parts, request.headers.authorization);
    const sandbox = startedSandbox(parts, target.id);
    const command = commandOf(sandbox, target.sessionId, target.commandId);
    acceptStream(request, socket);
    if (!course.isSilent) streamCommand(socket, command, course.cutAfterBytes);
  } catch (error) {
    refuseStream(socket, error instanceof ApiError ? error.status : 500);
  }
}

function parseTarget(method: string, pathname: string): Target {
  const [first = '', id = '', ...rest] = pathname.split('/').slice(1).map(decodeURIComponent);
  if (first !== 'toolbox') {
    const path = ['', first, ...(id === '' ? [] : ['{id}']), ...rest].join('/');
    return { route: `${method} ${path}`, isToolbox: false, id, sessionId: '', commandId: '' };
  }
  const isSession = rest[0] === 'process' && rest[1] === 'session';
  const path = rest.map((part, index) => (isSession && (index === 2 || index === 4) ? '{id}' : part));
  const [sessionId = '', commandId = ''] = isSession ? [rest[2], rest[4]] : [];
  return { route: `${method} /toolbox/${path.join('/')}`, isToolbox: true, id, sessionId, commandId };
}

function record({ requests }: ServerParts, target: Target, url: URL, body: unknown): DaytonaRequest {
  const recorded: DaytonaRequest = {
    route: target.route,
    sandboxId: target.id === '' ? null : target.id,
    query: Object.fromEntries(url.searchParams),
    body,
    atMs: Date.now(),
  };
  requests.push(recorded);
  return recorded;
}

function authenticate({ apiKey }: ServerParts, authorization: string | undefined): void {
  if (authorization === `Bearer ${apiKey}`) return;
  throw new ApiError(401, 'Unauthorized', 'UNAUTHORIZED');
}

function startedSandbox({ store }: ServerParts, id: string): Sandbox {
  const sandbox = store.sandbox(id);
  if (sandbox.state !== 'started') throw new ApiError(400, `Sandbox is ${sandbox.state}`, 'BAD_REQUEST');
  return sandbox;
}

const fixed = ({ status, message = 'made to fail' }: NonNullable<Course['reply']>): ApiError =>
  new ApiError(status, message);

const isRaw = (value: unknown): value is RawBody =>
  typeof value === 'object' && value !== null && 'contentType' in value;

function send(
  response: ServerResponse,
  status: number,
  contentType: string,
  content: Uint8Array,
  headers: Readonly<Record<string, string>> = {},
): void {
  if (response.destroyed) return;
  response.writeHead(status, { 'content-type': contentType, 'content-length': content.length, ...headers });
  response.end(content);
}
