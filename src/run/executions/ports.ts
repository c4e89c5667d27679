import {
  type ExecutionStatus,
  type PTCArtifactResult,
  type PTCExecutionPlan,
  type ServiceStats,
} from '../../protocol/roma.ts';

/** An execution as it is asked for. */
export interface ExecutionRequest {
  readonly plan: PTCExecutionPlan;
  /** The same for every request that asks for the same, whenever it was made. */
  readonly fingerprint: string;
  /** Null when neither to be served from the cache nor to be kept for it. */
  readonly cacheKey: string | null;
  /** The run that does it, should none have been chosen before. */
  readonly runId: string;
}

/** An execution as it is kept. */
export interface StoredExecution {
  readonly id: string;
  readonly fingerprint: string;
  readonly cacheKey: string | null;
  readonly createdAt: string;
  readonly work:
    | { readonly kind: 'under-way'; readonly runId: string }
    | { readonly kind: 'settled'; readonly runId: string; readonly result: PTCArtifactResult }
    /** Served from the cache: what an earlier execution came to. */
    | { readonly kind: 'hit'; readonly sourceId: string; readonly result: PTCArtifactResult };
}

/** How many executions there are, by how they ended. */
export interface ExecutionCounts {
  readonly byStatus: Readonly<Record<Exclude<ExecutionStatus, 'CACHE_HIT'>, number>>;
  readonly hits: number;
  /** Of all, those that asked the cache. */
  readonly lookUps: number;
  /** Nothing has been done for them yet. */
  readonly waiting: number;
  readonly running: number;
}

/** What is remembered of executions. Each method is one transaction and safe to repeat. */
export interface ExecutionStore {
  /**
   * Takes the execution up: with a run, or with what the cache has for it. Resolves to what is kept under its id, be
   * it of another plan, with `isNew` when that came of this very request; to null when `maxUnsettled` are under way
   * already.
   */
  take(
    request: ExecutionRequest,
    now: Date,
    maxUnsettled: number,
  ): Promise<{ readonly execution: StoredExecution; readonly isNew: boolean } | null>;
  get(id: string): Promise<StoredExecution | null>;
  /** What this run was asked for; null when it is not the execution's. */
  orderOf(id: string, runId: string): Promise<Pick<ExecutionRequest, 'plan' | 'cacheKey'> | null>;
  /** The first result stays. */
  settle(id: string, result: PTCArtifactResult, now: Date): Promise<void>;
  /** Those whose server died before it had started their run, at most `limit` and oldest first. */
  unstarted(limit: number): Promise<readonly { readonly plan: PTCExecutionPlan; readonly runId: string }[]>;
  counts(): Promise<ExecutionCounts>;
}

/** The code service, as its routes see it. */
export interface Executions {
  /**
   * Takes the plan up, or finds what was taken up under its id before: its result, or the run to wait for. Rejects
   * with `execution-conflict`, `queue-full`, `callback-refused`, `repository-unknown` and what the forge says.
   */
  submit(plan: PTCExecutionPlan): Promise<Submitted>;
  /** The result of an execution whose run is finished. Rejects with `execution-unknown`. */
  result(executionId: string): Promise<PTCArtifactResult>;
  /** Starts what was stored by a process that died before it had started it. */
  startUnstarted(): Promise<void>;
  stats(): Promise<ServiceStats>;
}

export type Submitted =
  | { readonly kind: 'settled'; readonly result: PTCArtifactResult }
  | { readonly kind: 'under-way'; readonly runId: string };
