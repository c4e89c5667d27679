import { setTimeout as sleep } from 'node:timers/promises';
import { PtcError } from '../../domain/errors.ts';

const PATIENCE_MS = 10_000;

/**
 * Asks again, at growing distances up to 20 ms, until every process of a command is dead. The kernel tells
 * nobody but a parent when a process is gone, so there is nothing to wait on.
 */
export async function untilDead(isDead: () => boolean): Promise<void> {
  const startedAt = performance.now();
  for (let pauseMs = 1; !isDead(); pauseMs = Math.min(pauseMs * 2, 20)) {
    if (performance.now() - startedAt > PATIENCE_MS) {
      throw new PtcError({
        code: 'command-not-ended',
        message: `A process of the repository's command did not end within ${PATIENCE_MS / 1000} s of being killed.`,
        remedy:
          'Look for a stuck process (state D) on the machine of the workspace, then start the run again.',
        retryable: true,
      });
    }
    await sleep(pauseMs);
  }
}
