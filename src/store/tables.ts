import { type ColumnType, type Generated } from 'kysely';
import type * as z from 'zod';
import { type Scope } from '../domain/api-key.ts';
import { type Outcome, type Phase, type Run } from '../domain/run.ts';
import { type StandaloneState } from '../domain/workspace-news.ts';
import { type ModelReply } from '../protocol/conversation.ts';
import { type PTCArtifactResult, type PTCExecutionPlan } from '../protocol/roma.ts';
import { type RunnerEvent } from '../protocol/runner-event.ts';
import { type RunnerJob } from '../protocol/runner-job.ts';
import { type OutgoingWebhook, type StoredModelCall } from '../run/ports.ts';
import { type RunnerResult } from '../protocol/runner-result.ts';

/**
 * A value kept as `json`, written as text. Not `jsonb`: that refuses U+0000 and lone surrogates, which
 * untrusted output may hold, while `json` keeps the escapes that JSON.stringify makes of them as they are.
 */
type Json<T> = ColumnType<T, string, string>;
type JsonOrNull<T> = ColumnType<T | null, string | null, string | null>;
/** A 64-bit column: the driver hands it out as text. */
type BigInteger = ColumnType<string, number, number>;
type Moment = ColumnType<Date, Date | string, Date | string>;
type MomentOrNull = ColumnType<Date | null, Date | string | null, Date | string | null>;

interface RunsTable {
  id: string;
  /** As it was written: without what came to runs later. */
  run: Json<z.input<typeof Run>>;
  /** What its runner was told. */
  job: ColumnType<RunnerJob | null, string | null | undefined, string | null>;
  /** Null for work from nothing. */
  repository_id: ColumnType<string | null, number | null, number | null>;
  /** Null for a run that came through the API. */
  subject_number: number | null;
  branch: string | null;
  phase: Generated<Phase>;
  cancel_requested_by: string | null;
  comment_id: ColumnType<string | null, number | null | undefined, number>;
  outcome: ColumnType<Outcome | null, string | null | undefined, string>;
  warnings: ColumnType<readonly string[] | null, string | null | undefined, string>;
  event_seq: Generated<number>;
  event_offset: ColumnType<string, number | undefined, number>;
  created_at: Moment;
  started_at: MomentOrNull;
  finished_at: MomentOrNull;
  /** When its job, events, result and model calls were deleted for age. */
  stripped_at: MomentOrNull;
}

interface RunResultsTable {
  run_id: string;
  result: Json<RunnerResult>;
}

interface RunEventsTable {
  run_id: string;
  seq: number;
  event: Json<RunnerEvent>;
}

interface ModelCallsTable {
  run_id: string;
  /** SHA-256 of the request id, which is untrusted text of any length; a refusal’s has that of its model too. */
  request_key: string;
  ordinal: Generated<string>;
  request_id: Json<string>;
  reply: Json<ModelReply>;
  model: string;
  cost_usd: number;
  duration_ms: number;
  input_tokens: BigInteger;
  output_tokens: BigInteger;
  /** Null when nobody was. */
  passed_over: JsonOrNull<StoredModelCall['passedOver']>;
  escalated: Generated<boolean>;
}

interface WebhookOutboxTable {
  id: string;
  /** One of the operator’s receivers by its number, from 1, or the address of a callback. */
  endpoint: string;
  run_id: string;
  ordinal: Generated<string>;
  type: OutgoingWebhook['type'];
  payload: Json<Readonly<Record<string, unknown>>>;
  created_at: Moment;
  attempts: Generated<number>;
  next_attempt_at: Moment;
  delivered_at: MomentOrNull;
  dead_at: MomentOrNull;
  /** When the receiver answered that it wants no more of this run. */
  gone_at: MomentOrNull;
  last_error: string | null;
}

interface ExecutorLeaseTable {
  id: string;
  /** Of the workflows' code; null for a worker that is older than this column. */
  version: string | null;
  started_at: Moment;
  expires_at: Moment;
  claimed_by: string | null;
  claim_expires_at: MomentOrNull;
}

/** One row for each time a workflow was taken over from one life of an executor. */
interface TakeoversTable {
  workflow_id: string;
  executor_id: string;
  executor_started_at: Moment;
  taken_at: Generated<Date>;
}

interface ApiKeysTable {
  id: string;
  name: string;
  scopes: Json<readonly Scope[]>;
  /** SHA-256 of the whole key, in hex. */
  hash: string;
  created_at: Moment;
  last_used_at: MomentOrNull;
  revoked_at: MomentOrNull;
}

interface ExecutionsTable {
  id: string;
  fingerprint: string;
  cache_key: string | null;
  /** How long its result may be served; null for ever. */
  ttl_s: number;
  plan: JsonOrNull<PTCExecutionPlan>;
  run_id: string | null;
  source_id: string | null;
  created_at: Moment;
  result: JsonOrNull<PTCArtifactResult>;
  /** This and the next two are of the result, for look-ups. */
  status: PTCArtifactResult['status'] | null;
  has_artifacts: boolean | null;
  has_tests: boolean | null;
  settled_at: MomentOrNull;
}

interface StandaloneRunsTable {
  run_id: string;
  /** SHA-256 of the secret its workspace posts with, in hex. */
  secret_hash: string;
  state: Json<StandaloneState>;
  updated_at: Moment;
}

/** Our tables. DBOS keeps its own in its own schema of the same database. */
export interface Tables {
  runs: RunsTable;
  run_results: RunResultsTable;
  run_events: RunEventsTable;
  model_calls: ModelCallsTable;
  webhook_outbox: WebhookOutboxTable;
  executor_lease: ExecutorLeaseTable;
  takeovers: TakeoversTable;
  api_keys: ApiKeysTable;
  executions: ExecutionsTable;
  standalone_runs: StandaloneRunsTable;
}
