import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';

export interface RawRequest {
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: unknown;
  /** The body, byte for byte. */
  readonly text: string;
}

export interface RawServer {
  readonly url: string;
  /** Every request there was, as it came over the wire. */
  readonly requests: readonly RawRequest[];
}

export interface ProviderServer extends RawServer {
  close(): void;
}

export type Answer = (response: ServerResponse, request: RawRequest) => void | Promise<void>;

/** A provider by hand: the n-th request gets the n-th answer, the last answer repeats. */
export async function openProviderServer(...answers: readonly Answer[]): Promise<ProviderServer> {
  const requests: RawRequest[] = [];
  const server = createServer((request, response) => {
    void (async () => {
      const text = Buffer.concat(await Array.fromAsync<Buffer>(request)).toString();
      const body: unknown = JSON.parse(text);
      const seen = { path: request.url ?? '', headers: request.headers, body, text };
      requests.push(seen);
      await answers[Math.min(requests.length, answers.length) - 1]?.(response, seen);
    })();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${portOf(server)}`,
    requests,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** Server-sent events, then the end. Strings go out as they are. */
export const events =
  (...items: readonly (object | string)[]): Answer =>
  (response) => {
    begin(response);
    response.end(items.map(frame).join(''));
  };

/** Server-sent events, then a cut connection. */
export const eventsThenCut =
  (...items: readonly (object | string)[]): Answer =>
  (response) => {
    begin(response);
    response.write(items.map(frame).join(''), () => setTimeout(() => response.destroy(), 10));
  };

/** Server-sent events, then silence. */
export const eventsThenSilence =
  (...items: readonly (object | string)[]): Answer =>
  (response) => {
    begin(response);
    response.write(items.map(frame).join(''));
  };

export const json =
  (status: number, body: unknown, headers: Record<string, string> = {}): Answer =>
  (response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(JSON.stringify(body));
  };

function begin(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
}

function frame(item: object | string): string {
  if (typeof item === 'string') return item;
  const name = 'type' in item && typeof item.type === 'string' ? `event: ${item.type}\n` : '';
  return `${name}data: ${JSON.stringify(item)}\n\n`;
}

/** An address where nobody listens. */
export async function deadServer(): Promise<RawServer> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const port = portOf(server);
  await new Promise((resolve) => server.close(resolve));
  return { url: `http://127.0.0.1:${port}`, requests: [] };
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The server has no port');
  return address.port;
}
