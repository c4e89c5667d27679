import { DBOS } from '@dbos-inc/dbos-sdk';
import { type Pool } from 'pg';
import { type Log, type Ports } from './ports.ts';
import { registerWorkflows, RUN_QUEUE, type Workflows } from './workflow.ts';

/** Raised when running workflows of the old code could not be continued by the new. */
const APPLICATION_VERSION = 'runs-v1';
const QUEUE_POLL_MS = 250;

export interface EngineSettings {
  readonly pool: Pool;
  readonly workerId: string;
  readonly maxRuns: number;
  readonly maxRunsPerWorker: number;
  /** Held while the engine makes its tables: several first starts at once would race. */
  readonly exclusively: <T>(work: () => Promise<T>) => Promise<T>;
}

/** Starts the durable engine: what was under way when this worker last ended goes on. */
export async function launchEngine(settings: EngineSettings, ports: Ports): Promise<Workflows> {
  const workflows = registerWorkflows(ports);
  DBOS.setConfig({
    name: 'ptc-bot',
    executorID: settings.workerId,
    applicationVersion: APPLICATION_VERSION,
    systemDatabasePool: settings.pool,
    // Never connected to: the pool above is. The engine wants a URL to show in its errors.
    systemDatabaseUrl: 'postgresql://ptc@pool/ptc',
    useListenNotify: false,
    logger: engineLog(ports.log),
  });
  await settings.exclusively(() => DBOS.launch());
  await DBOS.registerQueue(RUN_QUEUE, {
    globalConcurrency: settings.maxRuns,
    workerConcurrency: settings.maxRunsPerWorker,
    partitionConcurrency: 1,
    minPollingIntervalMs: QUEUE_POLL_MS,
    onConflict: 'always_update',
  });
  return workflows;
}

/** What a lease needs to know of the engine to take over a dead worker's runs. */
export const takeover = {
  /** Ids of unfinished workflows of those workers. */
  listPending: async (workerIds: readonly string[]): Promise<readonly string[]> =>
    (
      await DBOS.listWorkflows({
        executorId: [...workerIds],
        status: 'PENDING',
        loadInput: false,
        loadOutput: false,
      })
    ).map(({ workflowID }) => workflowID),
  /** Hands them to whichever worker has a place free. */
  resume: async (workflowIds: readonly string[]): Promise<void> => {
    await DBOS.resumeWorkflows([...workflowIds], { queueName: RUN_QUEUE });
  },
};

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
