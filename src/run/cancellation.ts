import { setTimeout as sleep } from 'node:timers/promises';
import { PtcError } from '../domain/errors.ts';
import { type RunStore } from './ports.ts';

const POLL_MS = 500;

/** Why a run ends that somebody has asked to be cancelled. */
export const cancelled = (by: string): PtcError =>
  new PtcError({
    code: 'cancelled',
    message: `The run was cancelled by ${by}.`,
    remedy: 'Comment `/ptc build` to start again.',
    retryable: false,
  });

/** Throws when somebody has asked for the run to be cancelled. */
export async function throwIfCancelled(store: Pick<RunStore, 'get'>, runId: string): Promise<void> {
  const by = (await store.get(runId))?.cancelRequestedBy ?? null;
  if (by !== null) throw cancelled(by);
}

/**
 * Does `work`, which gets a signal that aborts when somebody cancels the run or the process is to end. Rejects with
 * `cancelled` in the one case, with the reason of `stopping` in the other.
 */
export async function unlessCancelled<T>(
  {
    store,
    stopping,
  }: { readonly store: Pick<RunStore, 'get' | 'cancelRequestedBy'>; readonly stopping: AbortSignal },
  runId: string,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const ending = new AbortController();
  const signal = AbortSignal.any([stopping, ending.signal]);
  const listening = cancellationOf(store, runId, signal).then(() => ending.abort());
  try {
    return await work(signal);
  } catch (thrown) {
    stopping.throwIfAborted();
    await throwIfCancelled(store, runId);
    throw thrown;
  } finally {
    ending.abort();
    await listening;
  }
}

/**
 * Resolves to whoever cancels the run; null when `signal` aborts first. All who wait look at the same moments, so
 * that the store can answer all of them at once.
 */
export async function cancellationOf(
  store: Pick<RunStore, 'cancelRequestedBy'>,
  runId: string,
  signal: AbortSignal,
): Promise<string | null> {
  while (!signal.aborted) {
    const by = await store.cancelRequestedBy(runId).catch(() => null);
    if (by !== null) return by;
    await sleep(POLL_MS - (performance.now() % POLL_MS), undefined, { signal }).catch(() => {});
  }
  return null;
}
