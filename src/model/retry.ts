import { setTimeout as sleep } from 'node:timers/promises';
import { PtcError } from '../domain/errors.ts';
import { ModelFailure, outOfTime } from './failure.ts';

export interface RetryLimits {
  /** Tries in all, the first one included. */
  readonly tries: number;
  /** Longest wait after the first failed try; doubles with each further one. */
  readonly baseDelayMs: number;
  /** No wait is longer, whatever the provider asks for. */
  readonly maxDelayMs: number;
  /** All tries and waits together. */
  readonly totalTimeoutMs: number;
  /** False for a failure that is not worth another try although one could help; absent when all are. */
  readonly worthwhile?: (failure: ModelFailure) => boolean;
}

/**
 * Tries until an answer comes, a failure says that trying again cannot help, or the limits are reached. Waits
 * between tries as long as the provider asks for, else with exponential back-off and jitter.
 *
 * Rejects with PtcError: the last failure, `model-timeout`, or `cancelled` once `signal` aborts.
 */
export async function withRetry<T>(
  attempt: (signal: AbortSignal) => Promise<T>,
  limits: RetryLimits,
  signal: AbortSignal,
): Promise<T> {
  const deadline = new AbortController();
  const timer = setTimeout(() => deadline.abort(), limits.totalTimeoutMs);
  const either = AbortSignal.any([signal, deadline.signal]);
  try {
    return await tries(attempt, limits, either);
  } catch (error) {
    if (signal.aborted) throw cancelled();
    if (deadline.signal.aborted) throw outOfTime(limits.totalTimeoutMs);
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

async function tries<T>(
  attempt: (signal: AbortSignal) => Promise<T>,
  limits: RetryLimits,
  signal: AbortSignal,
): Promise<T> {
  for (let failed = 1; ; failed += 1) {
    signal.throwIfAborted();
    try {
      return await attempt(signal);
    } catch (error) {
      if (!(error instanceof ModelFailure) || !error.retryable) throw error;
      if (failed >= limits.tries || limits.worthwhile?.(error) === false) throw exhausted(error, failed);
      await sleep(waitMs(failed, error.retryAfterMs, limits, Math.random()), undefined, { signal });
    }
  }
}

/**
 * The wait after the `failed`-th try, `random` in 0..1. What the provider asks for is the least; jitter comes
 * on top of it, so that runs that were refused together do not come back together.
 */
export function waitMs(
  failed: number,
  retryAfterMs: number | null,
  limits: Pick<RetryLimits, 'baseDelayMs' | 'maxDelayMs'>,
  random: number,
): number {
  const backOff = limits.baseDelayMs * 2 ** (failed - 1);
  const wanted =
    retryAfterMs === null ? backOff / 2 + (backOff / 2) * random : retryAfterMs + limits.baseDelayMs * random;
  return Math.min(limits.maxDelayMs, wanted);
}

function exhausted(failure: ModelFailure, failed: number): ModelFailure {
  const { code, remedy, retryable } = failure;
  const message = failed === 1 ? failure.message : `${failure.message} (${failed} tries)`;
  return new ModelFailure({ code, message, remedy, retryable }, failure.retryAfterMs);
}

function cancelled(): PtcError {
  return new PtcError({
    code: 'cancelled',
    message: 'The question to the model was cancelled.',
    remedy: 'Comment `/ptc build` to start again.',
    retryable: false,
  });
}
