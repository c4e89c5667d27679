import { type Log } from '../run/ports.ts';
import { type Database } from './database.ts';
import { type DeadExecutor, type LeaseRows } from './lease-rows.ts';

/** Lives of workers a workflow may outlast: one that was there when so many died is taken to be the cause. */
const MAX_TAKEOVERS = 3;

/** What the durable engine must offer. None of it is called while a connection is held. */
export interface Takeover {
  /** Ids of the workflows that these executors have begun and not finished. */
  listPending(executorIds: readonly string[]): Promise<readonly string[]>;
  /** Puts them back into their queues. */
  resume(workflowIds: readonly string[]): Promise<void>;
  /** Takes up what code of other versions has begun, but for those whose workers live; null is any version. */
  takeUpOutdated(livingVersions: () => Promise<readonly (string | null)[]>): Promise<void>;
  /** Begins what was stored by a process that died before it had begun it; who that was is not known. */
  startQueued(): Promise<void>;
  /** Ends a workflow for good that was taken over `takeovers` times and outlived none of its workers. */
  failAsPoison(workflowId: string, takeovers: number): Promise<void>;
}

interface TakeoverContext {
  readonly database: Database;
  readonly takeover: Takeover;
  readonly rows: LeaseRows;
  /** The executor that takes over. */
  readonly by: string;
  readonly log: Log;
}

/**
 * Resumes what the dead executor had begun, or fails what has been taken over three times already. May be
 * repeated: a takeover counts once for each life of an executor. When something fails, the claim is given back
 * for the next sweep.
 */
export async function takeOverFrom(
  dead: DeadExecutor,
  { database, takeover, rows, by, log }: TakeoverContext,
): Promise<void> {
  try {
    const pending = await takeover.listPending([dead.id]);
    const counts = await countTakeovers(database, pending, dead);
    const isPoison = (id: string): boolean => (counts.get(id) ?? 0) > MAX_TAKEOVERS;
    for (const id of pending.filter((each) => isPoison(each))) {
      log.error({ workflowId: id }, 'a run was there each time a worker died: it is failed');
      await takeover.failAsPoison(id, MAX_TAKEOVERS);
    }
    const resumed = pending.filter((id) => !isPoison(id));
    if (resumed.length > 0) await takeover.resume(resumed);
    await takeover.takeUpOutdated(() => rows.livingVersions());
    await takeover.startQueued();
    log.warn({ executorId: dead.id, workflows: resumed }, 'took over from a dead worker');
    await rows.forget(dead, by);
  } catch (error) {
    await rows.giveBack(dead, by);
    throw error;
  }
}

async function countTakeovers(
  { kysely }: Database,
  workflowIds: readonly string[],
  dead: DeadExecutor,
): Promise<ReadonlyMap<string, number>> {
  if (workflowIds.length === 0) return new Map();
  await kysely
    .insertInto('takeovers')
    .values(
      workflowIds.map((id) => ({
        workflow_id: id,
        executor_id: dead.id,
        executor_started_at: dead.startedAt,
      })),
    )
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  const rows = await kysely
    .selectFrom('takeovers')
    .select(({ fn }) => ['workflow_id', fn.countAll<string>().as('takeovers')])
    .where('workflow_id', 'in', workflowIds)
    .groupBy('workflow_id')
    .execute();
  return new Map(rows.map((row) => [row.workflow_id, Number(row.takeovers)]));
}
