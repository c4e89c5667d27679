/**
 * Daytona's API as the local server of the tests speaks it, with sandboxes that are simulated: for more of them than a
 * machine could run. Never asks for a key; answers at once.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { type Duplex } from 'node:stream';
import * as z from 'zod';
import { acceptStream, refuseStream, streamCommand } from '../../helpers/daytona/log-stream.ts';
import { readUpload } from '../../helpers/daytona/toolbox.ts';
import { type RunnerScript } from './simulated-runner.ts';
import { createSandbox, type SimulatedSandbox } from './simulated-sandbox.ts';

export interface SimulatedDaytona {
  readonly url: string;
  /** How many requests it has answered. */
  requests(): number;
  /** Most there were at once. */
  mostSandboxes(): number;
  close(): Promise<void>;
}

interface State {
  readonly sandboxes: Map<string, SimulatedSandbox>;
  readonly manifest: string;
  readonly script: () => RunnerScript;
  baseUrl: string;
  requests: number;
  most: number;
}

interface Call {
  readonly state: State;
  readonly id: string;
  readonly query: URLSearchParams;
  readonly content: Uint8Array<ArrayBuffer>;
  readonly contentType: string;
}

class HttpError extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

export async function startSimulatedDaytona(
  manifest: string,
  script: () => RunnerScript,
): Promise<SimulatedDaytona> {
  const state: State = { sandboxes: new Map(), manifest, script, baseUrl: '', requests: 0, most: 0 };
  const streams = new Set<Duplex>();
  const server = createServer((request, response) => {
    answer(state, request).then(
      (value) => response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(value)),
      (error: unknown) => {
        const status = error instanceof HttpError ? error.status : 500;
        const message = String(error);
        response.writeHead(status, { 'content-type': 'application/json' });
        response.end(JSON.stringify({ statusCode: status, message, error: message }));
      },
    );
  });
  server.on('upgrade', (request: IncomingMessage, socket: Duplex) => {
    streams.add(socket);
    socket.on('close', () => streams.delete(socket));
    const launched = state.sandboxes.get(
      new URL(request.url ?? '/', state.baseUrl).pathname.split('/')[2] ?? '',
    )?.launched;
    if (!launched) return refuseStream(socket, 404);
    acceptStream(request, socket);
    streamCommand(socket, launched, Number.POSITIVE_INFINITY);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  state.baseUrl = `http://127.0.0.1:${address.port}`;
  return {
    url: state.baseUrl,
    requests: () => state.requests,
    mostSandboxes: () => state.most,
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      for (const stream of streams) stream.destroy();
      for (const sandbox of state.sandboxes.values()) sandbox.remove();
      await closed;
    },
  };
}

async function answer(state: State, request: IncomingMessage): Promise<unknown> {
  state.requests += 1;
  const url = new URL(request.url ?? '/', state.baseUrl);
  const [first = '', id = '', ...rest] = url.pathname.split('/').slice(1).map(decodeURIComponent);
  const path = [first, ...(id === '' ? [] : ['{id}']), ...rest].join('/');
  const handle = ROUTES.find(([route]) => route.test(`${request.method ?? ''} /${path}`))?.[1];
  const content = new Uint8Array(await buffer(request));
  if (handle === undefined) throw new HttpError(404, `no route ${request.method ?? ''} /${path}`);
  return handle({
    state,
    id,
    query: url.searchParams,
    content,
    contentType: request.headers['content-type'] ?? '',
  });
}

const Draft = z.object({ name: z.string(), labels: z.record(z.string(), z.string()) });
const Execute = z.object({ command: z.string() });
const Labels = z.record(z.string(), z.string());

const parsed = <T>(schema: z.ZodType<T>, { content }: Call): T =>
  schema.parse(JSON.parse(Buffer.from(content).toString('utf8')));

function sandboxOf({ state, id }: Call): SimulatedSandbox {
  const found = state.sandboxes.get(id) ?? [...state.sandboxes.values()].find(({ name }) => name === id);
  if (found === undefined) throw new HttpError(404, `Sandbox ${id} not found`);
  return found;
}

const launchedOf = (call: Call) => {
  const launched = sandboxOf(call).launched;
  if (launched === null) throw new HttpError(404, 'session not found');
  const exitCode = launched.exitCode();
  return { id: launched.id, command: launched.command, ...(exitCode === null ? {} : { exitCode }) };
};

const ROUTES: readonly (readonly [RegExp, (call: Call) => unknown])[] = [
  [
    /^POST \/toolbox\/{id}\/process\/execute$/,
    (call) => sandboxOf(call).execute(parsed(Execute, call).command),
  ],
  [
    /^POST \/toolbox\/{id}\/files\/bulk-upload$/,
    async (call) => {
      for (const file of await readUpload(call.content, call.contentType))
        sandboxOf(call).upload(file.path, file.content);
      return {};
    },
  ],
  [/^GET \/toolbox\/{id}\/process\/session\/[^/]+\/command\/[^/]+$/, launchedOf],
  [
    /^GET \/toolbox\/{id}\/process\/session\/[^/]+$/,
    (call) => ({ sessionId: '', commands: [launchedOf(call)] }),
  ],
  [/^POST \/toolbox\/{id}\/process\/session$/, () => ({})],
  [
    /^POST \/toolbox\/{id}\/process\/session\/[^/]+\/exec$/,
    (call) => ({ cmdId: sandboxOf(call).launch(parsed(Execute, call).command).id }),
  ],
  [/^POST \/sandbox$/, create],
  [/^GET \/sandbox\/{id}$/, (call) => present(call.state, sandboxOf(call))],
  [
    /^DELETE \/sandbox\/{id}$/,
    (call) => {
      const sandbox = sandboxOf(call);
      sandbox.remove();
      call.state.sandboxes.delete(sandbox.id);
      return present(call.state, sandbox);
    },
  ],
  [
    /^GET \/sandbox$/,
    ({ state, query }) => {
      const wanted = Object.entries(Labels.parse(JSON.parse(query.get('labels') ?? '{}')));
      const items = [...state.sandboxes.values()]
        .filter(({ labels }) => wanted.every(([key, value]) => labels[key] === value))
        .map((sandbox) => present(state, sandbox));
      return { items, nextCursor: null };
    },
  ],
  [/^POST \/sandbox\/{id}\/last-activity$/, () => ({})],
];

function create(call: Call): unknown {
  const { state } = call;
  const { manifest, script } = state;
  const sandbox = createSandbox({ ...parsed(Draft, call), manifest, script });
  state.sandboxes.set(sandbox.id, sandbox);
  state.most = Math.max(state.most, state.sandboxes.size);
  return present(state, sandbox);
}

const present = ({ baseUrl }: State, { id, name, labels }: SimulatedSandbox): unknown => ({
  id,
  name,
  labels,
  state: 'started',
  desiredState: 'started',
  snapshot: 'simulated',
  target: 'eu',
  env: {},
  organizationId: 'organization',
  user: 'daytona',
  public: false,
  networkBlockAll: false,
  cpu: 1,
  gpu: 0,
  memory: 1,
  disk: 3,
  toolboxProxyUrl: `${baseUrl}/toolbox`,
});
