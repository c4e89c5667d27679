import { DBOS } from '@dbos-inc/dbos-sdk';
import { type Pool } from 'pg';
import { type OutdatedMeans, takeUpOutdated } from './outdated.ts';
import { type Log } from './ports.ts';
import { RUN_QUEUE, type Workflows } from './workflow.ts';

/** Raised when running workflows of the old code could not be continued by the new, which then takes them up. */
export const APPLICATION_VERSION = 'runs-v3';
const QUEUE_POLL_MS = 100;

/** Does the work while no other process does such work. */
type Exclusively = <T>(work: () => Promise<T>) => Promise<T>;

export interface EngineSettings {
  readonly pool: Pool;
  readonly workerId: string;
  readonly maxRuns: number;
  readonly maxRunsPerWorker: number;
  /** Held while the engine makes its tables: several first starts at once would race. */
  readonly exclusively: Exclusively;
  readonly log: Log;
}

/** Starts the durable engine, with all workflows registered: what was under way when this worker last ended goes on. */
export async function launchEngine(settings: EngineSettings): Promise<void> {
  DBOS.setConfig({
    name: 'ptc-bot',
    executorID: settings.workerId,
    applicationVersion: APPLICATION_VERSION,
    systemDatabasePool: settings.pool,
    // Never connected to: the pool above is. The engine wants a URL to show in its errors.
    systemDatabaseUrl: 'postgresql://ptc@pool/ptc',
    useListenNotify: false,
    logger: engineLog(settings.log),
  });
  await settings.exclusively(() => DBOS.launch());
  await DBOS.registerQueue(RUN_QUEUE, {
    globalConcurrency: settings.maxRuns,
    // The engine refuses more of them than there may be at all.
    workerConcurrency: Math.min(settings.maxRunsPerWorker, settings.maxRuns),
    partitionConcurrency: 1,
    minPollingIntervalMs: QUEUE_POLL_MS,
    onConflict: 'always_update',
  });
}

interface TakeoverMeans extends OutdatedMeans {
  readonly workflows: Workflows;
  /** The one that the engine is launched with. */
  readonly exclusively: Exclusively;
}

/** What a lease needs to know of the engine to take over a dead worker's runs. */
export const takeoverBy = ({ workflows, exclusively, ...means }: TakeoverMeans) => ({
  listPending: async (workerIds: readonly string[]): Promise<readonly string[]> =>
    (await listPending({ executorId: [...workerIds] })).map(({ workflowID }) => workflowID),
  /** Hands them to whichever worker has a place free; what was in no queue goes on at once. */
  resume: async (workflowIds: readonly string[]): Promise<void> => {
    const pending = await listPending({ workflowIDs: [...workflowIds] });
    const byQueue = Map.groupBy(pending, ({ queueName }) => queueName);
    for (const [queueName, workflows] of byQueue) {
      const ids = workflows.map(({ workflowID }) => workflowID);
      await DBOS.resumeWorkflows(ids, queueName === undefined ? {} : { queueName });
    }
  },
  // A worker that starts has its lease before it launches: it is either seen or kept waiting.
  takeUpOutdated: (livingVersions: () => Promise<readonly (string | null)[]>): Promise<void> =>
    exclusively(async () =>
      takeUpOutdated({ ...means, workflows }, APPLICATION_VERSION, await livingVersions()),
    ),
  startQueued: () => workflows.startQueued(),
  failAsPoison: async (workflowId: string, takeovers: number): Promise<void> => {
    // Its own clean-up is what a poisoned run cannot be trusted with: another workflow does it.
    await DBOS.cancelWorkflow(workflowId);
    if (workflowId.startsWith('run-')) await workflows.giveUp(workflowId, takeovers);
  },
});

const listPending = (which: { readonly executorId: string[] } | { readonly workflowIDs: string[] }) =>
  DBOS.listWorkflows({ ...which, status: 'PENDING', loadInput: false, loadOutput: false });

const engineLog = (log: Log) => ({
  info: () => {},
  debug: () => {},
  warn: (entry: unknown) => log.warn({ engine: String(entry) }, 'the workflow engine warns'),
  error: (entry: unknown) =>
    log.error(
      { engine: entry instanceof Error ? entry.message : String(entry) },
      'the workflow engine failed',
    ),
});
