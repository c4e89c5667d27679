import { setTimeout as sleep } from 'node:timers/promises';
import { toProblem } from '../domain/errors.ts';
import { type Log, type RunHead, type RunStore } from '../run/ports.ts';

/** How late a waiting request may hear of what happened. */
const POLL_MS = 100;

/** Tells how far runs have come, whichever worker does them, by one question to the database for all who wait. */
export interface RunWatch {
  /** Resolves once the run's head is as wanted; to null when there is no such run, or once `signal` aborts. */
  until(runId: string, isWanted: (head: RunHead) => boolean, signal: AbortSignal): Promise<RunHead | null>;
}

interface Waiter {
  readonly runId: string;
  readonly isWanted: (head: RunHead) => boolean;
  readonly resolve: (head: RunHead | null) => void;
}

export function createRunWatch(store: Pick<RunStore, 'heads'>, log: Log): RunWatch {
  const waiters = new Set<Waiter>();
  let isLooking = false;

  const settle = (waiter: Waiter, head: RunHead | null): void => {
    waiters.delete(waiter);
    waiter.resolve(head);
  };
  const look = async (): Promise<void> => {
    const asked = [...waiters];
    const heads = await store.heads([...new Set(asked.map(({ runId }) => runId))]);
    const byRun = new Map(heads.map((head) => [head.runId, head]));
    for (const waiter of asked) {
      const head = byRun.get(waiter.runId) ?? null;
      if (head === null || waiter.isWanted(head)) settle(waiter, head);
    }
  };
  const keepLooking = async (): Promise<void> => {
    isLooking = true;
    while (waiters.size > 0) {
      await look().catch((error: unknown) =>
        log.warn({ problem: toProblem(error) }, 'nobody could be told how far the runs have come'),
      );
      if (waiters.size > 0) await sleep(POLL_MS);
    }
    isLooking = false;
  };

  return {
    until: (runId, isWanted, signal) => {
      const { promise, resolve } = Promise.withResolvers<RunHead | null>();
      if (signal.aborted) return Promise.resolve(null);
      const waiter: Waiter = { runId, isWanted, resolve };
      waiters.add(waiter);
      const giveUp = (): void => settle(waiter, null);
      signal.addEventListener('abort', giveUp, { once: true });
      if (!isLooking) void keepLooking();
      return promise.finally(() => signal.removeEventListener('abort', giveUp));
    },
  };
}
