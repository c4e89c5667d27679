/**
 * Nothing came from the server for too long. Reaches the caller as the cause of whatever an SDK throws; the SDKs
 * replace what is called a timeout by an error of their own that has no cause, hence the name.
 */
export class SilentServer extends Error {
  readonly idleMs: number;

  constructor(idleMs: number) {
    super(`No byte for ${idleMs} ms`);
    this.name = 'SilentServer';
    this.idleMs = idleMs;
  }
}

/**
 * `fetch` that gives up when no byte arrives for `idleMs`, before the headers or within the body. Bytes count,
 * not events, so that the keep-alive comments and pings of a long-thinking model keep the request alive.
 */
export function fetchWithIdleTimeout(idleMs: number): typeof fetch {
  return async (input, init) => {
    const idle = new AbortController();
    const timer = setTimeout(() => idle.abort(new SilentServer(idleMs)), idleMs).unref();
    const signal = init?.signal ? AbortSignal.any([init.signal, idle.signal]) : idle.signal;
    let response: Response;
    try {
      response = await fetch(input, { ...init, signal });
    } catch (error) {
      clearTimeout(timer);
      throw error;
    }
    if (response.body === null) {
      clearTimeout(timer);
      return response;
    }
    timer.refresh();
    const body = ReadableStream.from(
      watch(
        response.body,
        () => timer.refresh(),
        () => clearTimeout(timer),
      ),
    );
    const { status, statusText, headers } = response;
    return new Response(body, { status, statusText, headers });
  };
}

async function* watch(
  body: AsyncIterable<Uint8Array>,
  onChunk: () => void,
  onEnd: () => void,
): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of body) {
      onChunk();
      yield chunk;
    }
  } finally {
    onEnd();
  }
}
