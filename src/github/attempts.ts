import { setTimeout as sleep } from 'node:timers/promises';
import { isUnavailable, rateLimitPauseMs, toGitHubError } from './errors.ts';

const MAX_ATTEMPTS = 3;
/** A longer pause is left to the caller, who can do other work meanwhile. */
const MAX_PAUSE_MS = 60_000;

export interface AttemptOptions {
  /** Pause before the second attempt; it grows fourfold with each. */
  readonly firstPauseMs: number;
  /** Ends the pauses; what is under way is ended by the requests' own signal. */
  readonly signal: AbortSignal;
}

/**
 * Does `operation` again, three times at most, while GitHub is unavailable or asks for a pause of up to a
 * minute. The whole operation, which finds before it creates, and never a single request: one whose answer was
 * lost may have been carried out. Rejects with PtcError; `what` as in "open the pull request".
 */
export async function withAttempts<T>(
  what: string,
  operation: () => Promise<T>,
  { firstPauseMs, signal }: AttemptOptions,
): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await operation();
    } catch (thrown) {
      const pauseMs = isUnavailable(thrown)
        ? firstPauseMs * 4 ** (attempt - 1)
        : rateLimitPauseMs(thrown, Date.now());
      if (pauseMs === null || pauseMs > MAX_PAUSE_MS || attempt === MAX_ATTEMPTS || signal.aborted) {
        throw toGitHubError(thrown, what);
      }
      // Aborted, the next request is refused at once and says why.
      await sleep(pauseMs, undefined, { signal }).catch(() => undefined);
    }
  }
}
