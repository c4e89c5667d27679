import { createServer } from 'node:http';
import { onTestFinished } from 'vitest';

export interface Received {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface Receiver {
  readonly url: string;
  readonly port: number;
  readonly received: readonly Received[];
  close(): Promise<void>;
}

/** How a receiver answers a request: a status, or not at all. */
type Answer = number | 'silence';

/** A real receiver over HTTP: the n-th request gets the n-th answer, the last one repeats. */
export async function startReceiver(
  answers: readonly Answer[],
  port = 0,
  host = '127.0.0.1',
): Promise<Receiver> {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    void Array.fromAsync<Buffer>(request).then((chunks) => {
      const headers = Object.entries(request.headers).map(([name, value]) => [name, String(value)]);
      received.push({ headers: Object.fromEntries(headers), body: Buffer.concat(chunks).toString() });
      const answer = answers[Math.min(received.length, answers.length) - 1] ?? 204;
      if (answer === 'silence') return;
      response.writeHead(answer, answer === 302 ? { location: 'http://127.0.0.1:1/' } : {});
      response.end(answer === 204 ? undefined : 'thanks');
    });
  });
  await new Promise<void>((resolve) => server.listen(port, host, resolve));
  const close = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  onTestFinished(close);
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The receiver has no port');
  return { url: `http://${host}:${address.port}/hook`, port: address.port, received, close };
}
