import { setTimeout as sleep } from 'node:timers/promises';
import { type Problem, PtcError, toProblem } from '../domain/errors.ts';

/** How a step ended, as a value: it is stored by the engine and must survive a restart unchanged. */
export type Settled<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problem: Problem };

const TRIES = 5;
const FIRST_DELAY_MS = 1_000;

/**
 * Runs a step's body until it succeeds, fails for good, or has been tried five times; `onRetry` is told of each
 * failure that is tried again. When the process is to
 * end it never settles: the engine then has no outcome stored and starts the step again in the next process.
 */
export async function settle<T>(
  body: () => Promise<T>,
  stopping: AbortSignal,
  onRetry: (problem: Problem, tried: number) => void,
): Promise<Settled<T>> {
  for (let tried = 1; ; tried += 1) {
    try {
      const value = await body();
      return { ok: true, value };
    } catch (thrown) {
      if (stopping.aborted) return never();
      const problem = toProblem(thrown);
      if (!problem.retryable || tried === TRIES) return { ok: false, problem };
      onRetry(problem, tried);
      await sleep(FIRST_DELAY_MS * 2 ** (tried - 1), undefined, { signal: stopping }).catch(never);
    }
  }
}

/** The value, or the problem thrown again. */
export function valueOf<T>(settled: Settled<T>): T {
  if (settled.ok) return settled.value;
  throw new PtcError(settled.problem);
}

const never = (): Promise<never> => new Promise(() => {});
