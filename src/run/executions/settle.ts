import { type Outcome, type Run } from '../../domain/run.ts';
import { type Ports } from '../ports.ts';
import { runUrl } from '../steps/run-url.ts';
import { artifactResultOf } from './artifact-result.ts';

/** Stores what came of a run as the result of the execution it does, if it does one. */
export async function settleExecution(
  {
    store,
    executions,
    policy,
  }: Pick<Ports, 'store' | 'executions'> & {
    readonly policy: Pick<Ports['policy'], 'publicUrl'>;
  },
  run: Run,
  outcome: Outcome,
): Promise<void> {
  if (run.execution === null) return;
  const order = await executions.orderOf(run.execution.id, run.id);
  if (order === null) return;
  const [stored, result, spending, events] = await Promise.all([
    store.get(run.id),
    store.result(run.id),
    store.spending(run.id),
    store.events(run.id, 0),
  ]);
  const now = new Date();
  const ended = {
    ...order,
    run,
    runUrl: runUrl(policy, run.id),
    warnings: stored?.warnings ?? [],
    startedAt: stored?.startedAt ?? null,
    outcome,
    result,
    spending,
    // Those at a subtask are its own.
    attempts: events.filter(({ type, subtask }) => type === 'attempt' && subtask === undefined).length,
  };
  await executions.settle(run.execution.id, artifactResultOf(ended, now), now);
}
