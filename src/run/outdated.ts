import { DBOS, type WorkflowStatus } from '@dbos-inc/dbos-sdk';
import * as z from 'zod';
import { Trigger } from '../domain/trigger.ts';
import { type Log, type RunStore } from './ports.ts';
import { GiveUpReason, type Workflows } from './workflow.ts';

export interface OutdatedMeans {
  readonly workflows: Pick<Workflows, 'submit' | 'giveUp'>;
  readonly store: Pick<RunStore, 'get'>;
  readonly log: Log;
}

/**
 * Takes up what code of other versions was to do, for the engine hands a workflow to its own version only. While a
 * worker of that version lives, it and its like go on with theirs, and are handed what this worker had begun when it
 * was one of them; a null in `living` is a worker that may be of any version.
 * One process at a time may do this, and none may launch the engine meanwhile. To be followed by `startQueued`.
 *
 * It may die anywhere: what comes after a workflow is stored before that workflow goes, and a queued run is found by
 * its phase.
 */
export async function takeUpOutdated(
  means: OutdatedMeans,
  version: string,
  living: readonly (string | null)[],
): Promise<void> {
  const unfinished = await DBOS.listWorkflows({
    status: ['PENDING', 'ENQUEUED'],
    loadInput: false,
    loadOutput: false,
  });
  const isKept = (other: string): boolean => living.includes(other) || living.includes(null);
  for (const { workflowID, applicationVersion = version, ...last } of unfinished) {
    if (applicationVersion === version) continue;
    if (isKept(applicationVersion)) {
      if (last.status === 'PENDING' && last.executorId === DBOS.executorID) await handOver(workflowID, last);
      continue;
    }
    const [workflow] = await DBOS.listWorkflows({ workflowIDs: [workflowID], loadOutput: false });
    if (workflow !== undefined) await takeUp(means, workflow);
  }
}

const handOver = (workflowId: string, { queueName }: Pick<WorkflowStatus, 'queueName'>) =>
  DBOS.resumeWorkflow(workflowId, queueName === undefined ? {} : { queueName });

async function takeUp({ workflows, store, log }: OutdatedMeans, workflow: WorkflowStatus): Promise<void> {
  const { workflowID, workflowName, applicationVersion } = workflow;
  const parsed = Outdated.safeParse({ name: workflowName, input: workflow.input });
  if (!parsed.success) {
    log.error(
      { workflowId: workflowID, applicationVersion },
      'a workflow of another version is not understood',
    );
    return;
  }
  const { name, input } = parsed.data;
  log.warn({ workflowId: workflowID, applicationVersion }, 'a workflow of another version is taken up');
  if (name === 'admit') await workflows.submit(input[0], successorOf(workflowID));
  else if (name === 'give-up') await workflows.giveUp(input[0], input[1], successorOf(workflowID));
  else {
    const stored = await store.get(input[0]);
    const isUnfinished = stored !== null && stored.outcome === null;
    // It is started anew under the same id.
    if (isUnfinished && stored.phase === 'queued') return DBOS.deleteWorkflow(workflowID);
    // Its steps are not those of this code.
    if (isUnfinished) await workflows.giveUp(input[0], 'server-upgraded');
  }
  await DBOS.cancelWorkflow(workflowID);
}

/** What every version has stored so far. */
const Outdated = z.discriminatedUnion('name', [
  z.object({ name: z.literal('admit'), input: z.tuple([Trigger]) }),
  z.object({ name: z.literal('run'), input: z.tuple([z.string()]) }),
  z.object({ name: z.literal('give-up'), input: z.tuple([z.string(), GiveUpReason]) }),
]);

/** `ID`, then `ID.2`, `ID.3` and so on: the same again is the same one, whatever versions come and go. */
function successorOf(workflowId: string): string {
  const [, first = workflowId, turn = '1'] = /^(.*)\.(\d+)$/.exec(workflowId) ?? [];
  return `${first}.${Number(turn) + 1}`;
}
