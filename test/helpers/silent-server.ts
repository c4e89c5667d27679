import { createServer } from 'node:http';

/** A server that takes every request and never answers. */
export async function startSilentServer(): Promise<{
  readonly url: string;
  /** Requests taken so far. */
  requests(): number;
  stop(): void;
}> {
  let requests = 0;
  const server = createServer(() => {
    requests += 1;
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const bound = server.address();
  if (bound === null || typeof bound === 'string') throw new Error('the silent server has no port');
  return {
    url: `http://127.0.0.1:${bound.port}`,
    requests: () => requests,
    stop: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
