import { type Kysely, sql } from 'kysely';
import { type Migration, Migrator } from 'kysely/migration';
import { PtcError } from '../domain/errors.ts';
import { withLock } from './advisory-lock.ts';
import { type Database } from './database.ts';
import { type Tables } from './tables.ts';

/** In order of their names; one that was released is never edited again. */
export const MIGRATIONS: Readonly<Record<string, Migration>> = {
  '0001-first': { up: async (db) => inOrder(db, FIRST_TABLES) },
  '0002-models-in-order': { up: async (db) => inOrder(db, MODELS_IN_ORDER) },
  '0003-jobs': { up: async (db) => inOrder(db, JOBS) },
  '0004-api-keys': { up: async (db) => inOrder(db, API_KEYS) },
  '0005-webhook-endpoints': { up: async (db) => inOrder(db, WEBHOOK_ENDPOINTS) },
  '0006-runs-by-api': { up: async (db) => inOrder(db, RUNS_BY_API) },
  '0007-executions': { up: async (db) => inOrder(db, EXECUTIONS) },
  '0008-standalone-runs': { up: async (db) => inOrder(db, STANDALONE_RUNS) },
  '0009-versions-of-workers': { up: async (db) => inOrder(db, VERSIONS_OF_WORKERS) },
};

/**
 * Brings the schema up to date. Safe when several processes start at once on an empty database. Rejects with
 * `migration-failed`; what a failed migration did is rolled back.
 */
export async function migrate(database: Database, signal: AbortSignal): Promise<void> {
  await withLock(database, 'start-up', signal, async () => {
    const migrator = new Migrator({
      db: database.kysely,
      provider: { getMigrations: async () => ({ ...MIGRATIONS }) },
      migrationTableName: 'ptc_migration',
      migrationLockTableName: 'ptc_migration_lock',
    });
    const { error } = await migrator.migrateToLatest();
    if (error !== undefined) throw migrationFailed(error);
  });
}

async function inOrder(db: Kysely<Tables>, statements: readonly string[]): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}

const FIRST_TABLES = [
  `create table runs (
    id text primary key,
    run json not null,
    repository_id bigint not null,
    subject_number integer not null,
    branch text not null,
    phase text not null default 'queued',
    cancel_requested_by text,
    comment_id bigint,
    outcome json,
    event_seq integer not null default 0,
    event_offset bigint not null default 0,
    created_at timestamptz not null,
    started_at timestamptz,
    finished_at timestamptz,
    stripped_at timestamptz
  )`,
  `create unique index runs_one_active_a_subject on runs (repository_id, subject_number)
    where finished_at is null`,
  `create index runs_of_subject on runs (repository_id, subject_number, created_at desc)`,
  `create index runs_newest on runs (created_at desc)`,
  `create index runs_to_strip on runs (finished_at) where stripped_at is null`,
  `create table run_results (
    run_id text primary key references runs (id) on delete cascade,
    result json not null
  )`,
  `create table run_events (
    run_id text not null references runs (id) on delete cascade,
    seq integer not null,
    event json not null,
    primary key (run_id, seq)
  )`,
  `create table model_calls (
    run_id text not null references runs (id) on delete cascade,
    request_key text not null,
    ordinal bigint generated always as identity,
    request_id json not null,
    reply json not null,
    model text not null,
    cost_usd double precision not null,
    duration_ms double precision not null,
    input_tokens bigint not null,
    output_tokens bigint not null,
    primary key (run_id, request_key)
  )`,
  `create table webhook_outbox (
    id text primary key,
    run_id text not null,
    ordinal bigint generated always as identity,
    type text not null,
    payload json not null,
    created_at timestamptz not null,
    attempts integer not null default 0,
    next_attempt_at timestamptz not null,
    delivered_at timestamptz,
    dead_at timestamptz,
    last_error text
  )`,
  `create index webhook_outbox_due on webhook_outbox (next_attempt_at)
    where delivered_at is null and dead_at is null`,
  `create index webhook_outbox_of_run on webhook_outbox (run_id, ordinal)
    where delivered_at is null and dead_at is null`,
  `create table executor_lease (
    id text primary key,
    started_at timestamptz not null,
    expires_at timestamptz not null,
    claimed_by text,
    claim_expires_at timestamptz
  )`,
  `create table takeovers (
    workflow_id text not null,
    executor_id text not null,
    executor_started_at timestamptz not null,
    taken_at timestamptz not null default now(),
    primary key (workflow_id, executor_id, executor_started_at)
  )`,
];

const MODELS_IN_ORDER = [
  `alter table model_calls add column passed_over json, add column escalated boolean not null default false`,
  `update model_calls set model = regexp_replace(model, '^([a-z]+)/', '\\1:')`,
];

const JOBS = [`alter table runs add column job json`];

const API_KEYS = [
  `create table api_keys (
    id text primary key,
    name text not null,
    scopes json not null,
    hash text not null,
    created_at timestamptz not null,
    last_used_at timestamptz,
    revoked_at timestamptz
  )`,
];

/** What was stored before was for the one receiver there could be. */
const WEBHOOK_ENDPOINTS = [
  `alter table webhook_outbox add column endpoint text not null default '1', add column gone_at timestamptz`,
  `alter table webhook_outbox alter column endpoint drop default`,
  `alter table webhook_outbox drop constraint webhook_outbox_pkey, add primary key (id, endpoint)`,
  `drop index webhook_outbox_of_run`,
  `create index webhook_outbox_of_run on webhook_outbox (run_id, endpoint, ordinal)`,
  `create index webhook_outbox_dead on webhook_outbox (dead_at desc) where dead_at is not null`,
];

/** A run may come without a subject, or even without a repository. */
const RUNS_BY_API = [
  `alter table runs
    alter column repository_id drop not null,
    alter column subject_number drop not null,
    alter column branch drop not null,
    add column warnings json`,
  `create index runs_queued on runs (created_at) where phase = 'queued' and finished_at is null`,
];

/** One that was served from the cache has neither plan nor run, only the execution whose result it was given. */
const EXECUTIONS = [
  `create table executions (
    id text primary key,
    fingerprint text not null,
    cache_key text,
    ttl_s integer not null,
    plan json,
    run_id text,
    source_id text references executions (id) on delete cascade,
    created_at timestamptz not null,
    result json,
    status text,
    has_artifacts boolean,
    has_tests boolean,
    settled_at timestamptz
  )`,
  `create index executions_cached on executions (cache_key, settled_at desc) where settled_at is not null`,
  `create index executions_open on executions (created_at) where settled_at is null and run_id is not null`,
  `create index executions_of_source on executions (source_id) where source_id is not null`,
];

const STANDALONE_RUNS = [
  `create table standalone_runs (
    run_id text primary key references runs (id) on delete cascade,
    secret_hash text not null,
    state json not null,
    updated_at timestamptz not null
  )`,
];

const VERSIONS_OF_WORKERS = [`alter table executor_lease add column version text`];

function migrationFailed(cause: unknown): PtcError {
  return new PtcError(
    {
      code: 'migration-failed',
      message: `The database schema could not be brought up to date: ${cause instanceof Error ? cause.message : String(cause)}`,
      remedy:
        'Check that the database user may create tables, and that no newer PTC Bot has used this database.',
      retryable: false,
    },
    { cause },
  );
}
