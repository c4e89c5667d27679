import { anonymousMemoryBytes } from './process-table.ts';

const INTERVAL_MS = 500;

/**
 * Calls `exceeded` once when a command's processes together hold more than `limitBytes` of memory of their
 * own. The limit that the kernel keeps counts for each process alone. Memory they got by forking is counted
 * once for each. Returns what stops the watch.
 */
export function watchMemory(
  pids: () => readonly number[],
  limitBytes: number,
  exceeded: () => void,
): () => void {
  const timer = setInterval(() => {
    const heldBytes = pids().reduce((sum, pid) => sum + anonymousMemoryBytes(pid), 0);
    if (heldBytes <= limitBytes) return;
    clearInterval(timer);
    exceeded();
  }, INTERVAL_MS);
  return () => clearInterval(timer);
}
