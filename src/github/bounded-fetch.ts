const STATUSES_WITHOUT_BODY: ReadonlySet<number> = new Set([204, 205, 304]);

/**
 * A `fetch` whose answers are read to their end within `timeoutMs`, and that `signal` ends. Octokit takes an
 * answer that is cut short for an empty one; read here, it is a failed request instead.
 */
export function boundedFetch(timeoutMs: number, signal: AbortSignal): typeof fetch {
  return async (input, init) => {
    const signals = [signal, AbortSignal.timeout(timeoutMs), ...(init?.signal ? [init.signal] : [])];
    const response = await fetch(input, { ...init, signal: AbortSignal.any(signals) });
    const body = await response.arrayBuffer();
    const { status, statusText, headers } = response;
    return new Response(STATUSES_WITHOUT_BODY.has(status) ? null : body, { status, statusText, headers });
  };
}
