import { setTimeout as sleep } from 'node:timers/promises';
import { PtcError } from '../../domain/errors.ts';
import { type DaytonaFailure, toFailure } from './failure.ts';
import { type Patience } from './settings.ts';

const TRIES = 4;

export interface CallOptions {
  /** Completes “when asked to …”. */
  readonly what: string;
  readonly signal: AbortSignal;
  readonly timeoutMs?: number;
  /** 1 for what must not be done twice. */
  readonly tries?: number;
}

/** Calls the SDK. Rejects with the signal’s reason or a PtcError. */
export type Call = <T>(body: () => Promise<T>, options: CallOptions) => Promise<T>;

/** Thrown when a call has failed for good; who knows more of it finds out here. */
export class DaytonaCallError extends PtcError {
  readonly failure: DaytonaFailure;

  constructor(failure: DaytonaFailure, cause: unknown) {
    super(failure.problem, { cause });
    this.failure = failure;
  }
}

/**
 * Every call gets a time, a cancel and a few tries. The SDK’s own default is a day for a request and half an
 * hour for a file, and most of its methods take no signal: what is given up on goes on unheard.
 */
export function createCall(patience: Patience): Call {
  return async (body, { what, signal, timeoutMs = patience.callMs, tries = TRIES }) => {
    for (let tried = 1; ; tried += 1) {
      signal.throwIfAborted();
      try {
        return await within(body, timeoutMs, signal);
      } catch (thrown) {
        signal.throwIfAborted();
        if (thrown instanceof PtcError) throw thrown;
        const failure = toFailure(thrown, what);
        if (!failure.problem.retryable || failure.status === 409 || tried >= tries) {
          throw new DaytonaCallError(failure, thrown);
        }
        const waitMs = Math.max(patience.retryMs * 2 ** (tried - 1), failure.retryAfterMs ?? 0);
        await sleep(Math.min(waitMs, patience.retryAfterMs), undefined, { signal });
      }
    }
  };
}

async function within<T>(body: () => Promise<T>, timeoutMs: number, signal: AbortSignal): Promise<T> {
  const { promise: stopped, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
  const abort = (): void => reject(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  const called = Promise.resolve().then(body);
  // Given up on, it may still fail: nobody is left to hear of it.
  called.catch(() => {});
  try {
    return await Promise.race([called, stopped]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', abort);
  }
}
