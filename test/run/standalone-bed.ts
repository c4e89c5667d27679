import { type RepositoryRun } from '../../src/domain/run.ts';
import {
  afterNews,
  NOTHING_HEARD,
  type StandaloneState,
  type WorkspaceNews,
} from '../../src/domain/workspace-news.ts';
import { type Ports, type PullRequestInfo, type RunStore, type StandaloneRuns } from '../../src/run/ports.ts';
import { makeRun } from '../api/seed.ts';
import { memoryRunStore } from '../helpers/memory-run-store.ts';

/** What of the world a step of a run that stands alone reaches; the forge and the workspace are stand-ins. */
export interface StandaloneStepBed {
  readonly run: RepositoryRun;
  readonly ports: Ports;
  readonly store: RunStore;
  readonly standaloneRuns: StandaloneRuns;
  /** The variables each workspace was started with. */
  readonly started: readonly Readonly<Record<string, string>>[];
  /** Runs whose workspaces were removed. */
  readonly removed: readonly string[];
  readonly stop: AbortController;
  hear(news: Partial<WorkspaceNews>): Promise<void>;
}

export interface StepBedOptions {
  readonly run?: Partial<RepositoryRun>;
  readonly state?: 'not-started' | 'running' | 'exited' | null;
  /** Text of the workspace's end.json. */
  readonly endFile?: string;
  readonly pullRequests?: readonly PullRequestInfo[];
  readonly settings?: string;
  readonly ports?: Partial<Ports>;
}

/** A run of which nothing has been heard yet. */
export async function standaloneStepBed(options: StepBedOptions = {}): Promise<StandaloneStepBed> {
  const run = { ...makeRun('run-a'), ...options.run };
  const store = memoryRunStore();
  await store.create(run);
  const standaloneRuns = memoryStandaloneRuns();
  const stop = new AbortController();
  const started: Readonly<Record<string, string>>[] = [];
  const removed: string[] = [];
  let state = options.state === undefined ? 'running' : options.state;
  const workspace = {
    runId: run.id,
    runnerState: () => Promise.resolve(state),
    startStandalone: (variables: Readonly<Record<string, string>>) => {
      started.push(variables);
      state = 'running';
      return Promise.resolve();
    },
    read: () => Promise.resolve(options.endFile === undefined ? null : Buffer.from(options.endFile)),
  };
  const forge = {
    putComment: () => Promise.resolve(1),
    settingsText: () => Promise.resolve(options.settings ?? null),
    workToken: () =>
      Promise.resolve({ token: 'ghs_work', expiresAt: new Date(Date.now() + 3_600_000).toISOString() }),
    pullRequest: (_place: unknown, number: number) => {
      const found = options.pullRequests?.find((each) => each.number === number);
      return found === undefined ? Promise.reject(new Error('not found')) : Promise.resolve(found);
    },
  };
  const found = state === null ? null : workspace;
  const ports = {
    store,
    standaloneRuns,
    forge,
    workspaces: {
      find: () => Promise.resolve(found),
      ensure: () => Promise.resolve(workspace),
      remove: (runId: string) => Promise.resolve(void removed.push(runId)),
    },
    policy: { publicUrl: null },
    log: { info: () => {}, warn: () => {}, error: () => {} },
    stopping: stop.signal,
    ...options.ports,
  };
  return {
    run,
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the rest of the ports is never reached
    ports: ports as unknown as Ports,
    store,
    standaloneRuns,
    started,
    removed,
    stop,
    hear: (news) => standaloneRuns.hear(run.id, newsOf(run.id, news)),
  };
}

export const newsOf = (taskId: string, news: Partial<WorkspaceNews>): WorkspaceNews => ({
  type: 'task.progress',
  taskId,
  workspaceId: 'workspace-1',
  branchName: '',
  prUrl: '',
  status: 'running',
  error: '',
  message: '',
  ...news,
});

/** The table without a database. */
function memoryStandaloneRuns(): StandaloneRuns {
  const entries = new Map<string, { readonly secretHash: string; state: StandaloneState }>();
  return {
    expect: async (runId, secretHash) => void entries.set(runId, { secretHash, state: NOTHING_HEARD }),
    secretHash: async (runId) => entries.get(runId)?.secretHash ?? null,
    state: async (runId) => entries.get(runId)?.state ?? null,
    hear: async (runId, news) => {
      const entry = entries.get(runId);
      if (entry !== undefined) entry.state = afterNews(entry.state, news);
    },
  };
}
