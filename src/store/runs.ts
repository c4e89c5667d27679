import { type Selectable, sql } from 'kysely';
import { type Phase, Run } from '../domain/run.ts';
import { type RunFilter, type RunStore, type StoredRun } from '../run/ports.ts';
import { cancelRequestStore } from './cancel-requests.ts';
import { type Database } from './database.ts';
import { toJson, toText } from './json.ts';
import { modelCallStore } from './model-calls.ts';
import { runEventStore } from './run-events.ts';
import { type Tables } from './tables.ts';
import { whenReachable } from './transient.ts';

/**
 * Runs and everything remembered of them. Each method is tried again while the database is out of reach, and
 * rejects with the retryable `database-unavailable` in the end.
 */
export function createRunStore(database: Database): RunStore {
  return {
    ...runRecordStore(database),
    ...cancelRequestStore(database),
    ...runResultStore(database),
    ...runEventStore(database),
    ...modelCallStore(database),
  };
}

/** All but the job, which can be long: a run's record is read twice a second while it is followed. */
const RECORD = [
  'run',
  'phase',
  'cancel_requested_by',
  'outcome',
  'warnings',
  'comment_id',
  'started_at',
  'finished_at',
] as const satisfies readonly (keyof Tables['runs'])[];

type RunRecords = Pick<
  RunStore,
  | 'create'
  | 'get'
  | 'ofSubject'
  | 'list'
  | 'heads'
  | 'queued'
  | 'addWarning'
  | 'enterPhase'
  | 'setCommentId'
  | 'requestCancel'
  | 'finish'
>;

function runRecordStore({ kysely }: Database): RunRecords {
  const unfinished = (runId: string) =>
    kysely.updateTable('runs').where('id', '=', runId).where('finished_at', 'is', null);
  return {
    create: (run) => whenReachable(() => insertRun(kysely, run)),
    get: (runId) => whenReachable(() => getRun(kysely, runId)),
    ofSubject: (repositoryId, subject) =>
      whenReachable(async () => {
        const row = await kysely
          .selectFrom('runs')
          .select(RECORD)
          .where('repository_id', '=', String(repositoryId))
          .where('subject_number', '=', subject.number)
          .orderBy(sql`finished_at is null`, 'desc')
          .orderBy('created_at', 'desc')
          .limit(1)
          .executeTakeFirst();
        return row ? toStoredRun(row) : null;
      }),
    list: (limit, filter) =>
      whenReachable(async () => {
        const rows = await listed(kysely, filter).limit(limit).execute();
        return rows.map((row) => toStoredRun(row));
      }),
    heads: (runIds) =>
      whenReachable(async () => {
        if (runIds.length === 0) return [];
        const rows = await kysely
          .selectFrom('runs')
          .select(['id', 'event_seq', 'phase', 'finished_at'])
          .where('id', 'in', runIds)
          .execute();
        return rows.map(({ id, event_seq, phase, finished_at }) => ({
          runId: id,
          seq: event_seq,
          phase,
          isFinished: finished_at !== null,
        }));
      }),
    queued: () =>
      whenReachable(async () => {
        const rows = await kysely
          .selectFrom('runs')
          .select('id')
          .where('phase', '=', 'queued')
          .where('finished_at', 'is', null)
          .orderBy('created_at')
          .execute();
        return rows.map(({ id }) => id);
      }),
    addWarning: (runId, words) => whenReachable(() => addWarning(kysely, runId, words)),
    enterPhase: (runId, phase) =>
      whenReachable(async () => {
        const row = await unfinished(runId)
          .set({
            phase: sql<Phase>`case when cancel_requested_by is null then ${phase} else phase end`,
            started_at: sql`coalesce(started_at, now())`,
          })
          .returning('cancel_requested_by')
          .executeTakeFirst();
        return row?.cancel_requested_by ?? null;
      }),
    setCommentId: (runId, commentId) =>
      whenReachable(async () => {
        await kysely.updateTable('runs').set({ comment_id: commentId }).where('id', '=', runId).execute();
      }),
    requestCancel: (runId, by) =>
      whenReachable(async () => {
        await unfinished(runId)
          .set({ cancel_requested_by: sql`coalesce(cancel_requested_by, ${toText(by)})` })
          .execute();
      }),
    finish: (runId, outcome) =>
      whenReachable(async () => {
        await unfinished(runId)
          .set({ outcome: toJson(outcome), phase: 'finished', finished_at: sql`now()` })
          .execute();
      }),
  };
}

function runResultStore({ kysely }: Database): Pick<RunStore, 'saveJob' | 'job' | 'saveResult' | 'result'> {
  return {
    saveJob: (runId, job) =>
      whenReachable(async () => {
        await kysely
          .updateTable('runs')
          .set({ job: toJson(job) })
          .where('id', '=', runId)
          .execute();
      }),
    job: (runId) =>
      whenReachable(async () => {
        const row = await kysely.selectFrom('runs').select('job').where('id', '=', runId).executeTakeFirst();
        return row?.job ?? null;
      }),
    saveResult: (runId, result) =>
      whenReachable(async () => {
        const text = toJson(result);
        await kysely
          .insertInto('run_results')
          .values({ run_id: runId, result: text })
          .onConflict((conflict) => conflict.column('run_id').doUpdateSet({ result: text }))
          .execute();
      }),
    result: (runId) =>
      whenReachable(async () => {
        const row = await kysely
          .selectFrom('run_results')
          .select('result')
          .where('run_id', '=', runId)
          .executeTakeFirst();
        return row?.result ?? null;
      }),
  };
}

async function insertRun(kysely: Database['kysely'], run: Run): ReturnType<RunStore['create']> {
  const inserted = await kysely
    .insertInto('runs')
    .values({
      id: run.id,
      run: toJson(run),
      ...(run.repository === null
        ? { repository_id: null, subject_number: null, branch: null }
        : {
            repository_id: run.repository.id,
            subject_number: run.subject?.number ?? null,
            branch: toText(run.target.headBranch),
          }),
      created_at: run.createdAt,
    })
    .onConflict((conflict) => conflict.doNothing())
    .returning('id')
    .executeTakeFirst();
  if (inserted) return 'created';
  const same = await kysely.selectFrom('runs').select('id').where('id', '=', run.id).executeTakeFirst();
  return same ? 'exists' : 'subject-busy';
}

async function getRun(kysely: Database['kysely'], runId: string): Promise<StoredRun | null> {
  const row = await kysely
    .selectFrom('runs')
    .select(RECORD)
    .where('id', '=', toText(runId))
    .executeTakeFirst();
  return row ? toStoredRun(row) : null;
}

/** Newest first. */
function listed(kysely: Database['kysely'], { before, status }: RunFilter = { before: null, status: null }) {
  let query = kysely.selectFrom('runs').select(RECORD).orderBy('created_at', 'desc').orderBy('id', 'desc');
  if (before !== null) {
    const last = sql`select created_at, id from runs where id = ${toText(before)}`;
    query = query.where(sql<boolean>`(created_at, id) < (${last})`);
  }
  if (status === 'queued' || status === 'running') {
    query = query.where('finished_at', 'is', null).where('phase', status === 'queued' ? '=' : '<>', 'queued');
  } else if (status !== null) {
    // As text, for Postgres takes no field out of JSON that holds U+0000. Within a string the quotes are escaped.
    query = query.where(sql`outcome::text`, 'like', `%"status":"${status}"%`);
  }
  return query;
}

async function addWarning(kysely: Database['kysely'], runId: string, words: string): Promise<void> {
  await kysely.transaction().execute(async (transaction) => {
    const row = await transaction
      .selectFrom('runs')
      .select('warnings')
      .where('id', '=', runId)
      .forUpdate()
      .executeTakeFirst();
    const warnings = row?.warnings ?? [];
    if (row === undefined || warnings.includes(words)) return;
    await transaction
      .updateTable('runs')
      .set({ warnings: toJson([...warnings, words]) })
      .where('id', '=', runId)
      .execute();
  });
}

function toStoredRun(row: Pick<Selectable<Tables['runs']>, (typeof RECORD)[number]>): StoredRun {
  return {
    run: Run.parse(row.run),
    phase: row.phase,
    cancelRequestedBy: row.cancel_requested_by,
    outcome: row.outcome,
    warnings: row.warnings ?? [],
    commentId: row.comment_id === null ? null : Number(row.comment_id),
    startedAt: row.started_at?.toISOString() ?? null,
    finishedAt: row.finished_at?.toISOString() ?? null,
  };
}
