import { PtcError, toProblem } from '../../domain/errors.ts';
import { type Run } from '../../domain/run.ts';
import { cancellationOf, throwIfCancelled, unlessCancelled } from '../cancellation.ts';
import { type Ports, type Workspace } from '../ports.ts';
import { putRunComment } from './put-run-comment.ts';

/** What passes by itself: others’ workspaces end, a snapshot gets built. */
const WORTH_WAITING: ReadonlySet<string> = new Set(['workspace-quota', 'snapshot-building']);
/** A run that waits holds one of the places for runs, so not for ever. */
const MOST_WAIT_MS = 15 * 60_000;
const FIRST_PAUSE_MS = 1_000;
const MOST_PAUSE_MS = 30_000;

/**
 * The run’s workspace. Where there is no room for one now the run waits for up to a quarter of an hour, says so
 * in its comment, and can be cancelled. Rejects as the provider does, and with `cancelled`.
 */
export async function awaitWorkspace(ports: Ports, run: Run): Promise<Workspace> {
  const { stopping, store, log } = ports;
  const deadline = performance.now() + MOST_WAIT_MS;
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, MOST_PAUSE_MS)) {
    try {
      // It can take minutes to come, or hang: whoever cancels the run is heard meanwhile.
      return await unlessCancelled(ports, run.id, (signal) => ports.workspaces.ensure(run, signal));
    } catch (thrown) {
      const problem = toProblem(thrown);
      if (!WORTH_WAITING.has(problem.code)) throw thrown;
      if (performance.now() > deadline)
        throw new PtcError({ ...problem, retryable: false }, { cause: thrown });
      log.warn({ runId: run.id, problem, pauseMs }, 'the run waits for a workspace');
      if (pauseMs === FIRST_PAUSE_MS) await tellOfWaiting(ports, run, problem.message);
      await cancellationOf(store, run.id, AbortSignal.any([stopping, AbortSignal.timeout(pauseMs)]));
      stopping.throwIfAborted();
      await throwIfCancelled(store, run.id);
    }
  }
}

/** The wait is what matters: a comment that cannot be written does not end it. */
async function tellOfWaiting(ports: Ports, run: Run, reason: string): Promise<void> {
  const steps = [`⏳ Waiting for a workspace: \`${reason.replaceAll(/[\s`]+/g, ' ')}\``];
  const state = { phase: 'provisioning', steps, outcome: null, proofLine: null } as const;
  await putRunComment(ports, run, state).catch((error: unknown) => {
    ports.log.warn({ runId: run.id, reason: String(error) }, 'the wait could not be told of');
  });
}
