import { type FSWatcher, statSync, watch } from 'node:fs';
import path from 'node:path';
import { setImmediate as immediate } from 'node:timers/promises';

/** For file systems that tell nothing of changes, and machines without a watch left to give. */
const POLL_MS = 250;

/**
 * Resolves when the file is longer than `knownBytes`, when something happened to it, or after 250 ms. Rejects
 * with the signal's reason.
 */
export async function fileChange(file: string, knownBytes: number, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  const { promise, resolve } = Promise.withResolvers<void>();
  const watcher = startWatch(file, resolve);
  const timer = setTimeout(resolve, POLL_MS);
  const wake = (): void => resolve();
  signal.addEventListener('abort', wake, { once: true });
  try {
    // Between the last read and the watch it may have grown unseen. Others have their turn all the same.
    await (sizeOf(file) > knownBytes ? immediate() : promise);
    signal.throwIfAborted();
  } finally {
    clearTimeout(timer);
    watcher?.close();
    signal.removeEventListener('abort', wake);
  }
}

function sizeOf(file: string): number {
  try {
    return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  } catch {
    return 0;
  }
}

function startWatch(file: string, onChange: () => void): FSWatcher | null {
  try {
    return watch(path.dirname(file), (_event, name) => {
      if (name === null || name === path.basename(file)) onChange();
    }).on('error', () => {});
  } catch {
    return null;
  }
}
