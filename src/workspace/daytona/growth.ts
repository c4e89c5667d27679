import { setTimeout as sleep } from 'node:timers/promises';
import { type Sandbox } from '@daytonaio/sdk';
import { type Call } from './call.ts';
import { followLauncher, type LauncherStream } from './launcher-stream.ts';
import { type Patience } from './settings.ts';
import { createToldSize } from './told-size.ts';

/** Between two looks while there is no stream. */
const POLL_MS = 1_000;
const LEAST_WAIT_MS = 50;

/** Tells a reader of the events when to read again. */
export interface Growth {
  beforeRead(): void;
  sawBytes(bytes: number): void;
  /** Resolves when there may be more than what was read, when the launcher ends, or after a while anyway. */
  wait(signal: AbortSignal): Promise<void>;
  stop(): void;
}

/** Follows the launcher from the first wait on. */
export function followGrowth(
  sandbox: Sandbox,
  call: Call,
  patience: Patience,
  processSignal: AbortSignal,
): Growth {
  const told = createToldSize();
  const waiters = new Set<() => void>();
  let stream: LauncherStream | null = null;
  /** A silence was waited out: if more has been written meanwhile, the stream is dead and does not know. */
  let isSuspect = false;

  const startStream = (): LauncherStream =>
    followLauncher({
      sandbox,
      call,
      patience,
      signal: processSignal,
      onLine: (line) => told.hear(line),
      onChange: () => {
        isSuspect = false;
        for (const waiter of waiters) waiter();
      },
    });

  return {
    beforeRead: () => told.beforeRead(),
    sawBytes(bytes) {
      if (told.sawBytes(bytes) && isSuspect) stream?.reopen();
      isSuspect = false;
    },
    async wait(signal) {
      signal.throwIfAborted();
      const following = (stream ??= startStream());
      if (told.isNews()) return;
      const { promise, resolve } = Promise.withResolvers<void>();
      const wakeIfNeeded = (): void => {
        if (told.isNews() || following.isOver()) resolve();
      };
      const onSilence = (): void => {
        isSuspect = following.isOpen();
        resolve();
      };
      const timer = setTimeout(onSilence, following.isOpen() ? patience.silenceMs : POLL_MS);
      const abort = (): void => resolve();
      waiters.add(wakeIfNeeded);
      signal.addEventListener('abort', abort, { once: true });
      try {
        // What is over stays over: whoever asks again and again is held back a little.
        await (following.isOver() ? sleep(LEAST_WAIT_MS, undefined, { signal }) : promise);
        signal.throwIfAborted();
      } finally {
        clearTimeout(timer);
        waiters.delete(wakeIfNeeded);
        signal.removeEventListener('abort', abort);
      }
    },
    stop: () => stream?.stop(),
  };
}
