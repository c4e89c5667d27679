import { sql } from 'kysely';
import { DEFAULT_CACHE_TTL_S, type PTCArtifactResult, type PTCExecutionPlan } from '../protocol/roma.ts';
import {
  type ExecutionCounts,
  type ExecutionRequest,
  type ExecutionStore,
  type StoredExecution,
} from '../run/executions/ports.ts';
import { type Database } from './database.ts';
import { inBatches } from './in-batches.ts';
import { toJson, toText } from './json.ts';
import { whenReachable } from './transient.ts';

/** Ten years: longer than anything is kept, and short enough to be added to any time. */
const MAX_TTL_S = 10 * 365 * 24 * 3600;

const MAX_BATCH = 100;
const MAX_BATCH_CHARS = 1_000_000;

/** The table of executions; what its methods promise stands in run/executions/ports.ts. */
export function createExecutionStore(database: Database): ExecutionStore {
  const { kysely } = database;
  const take = inBatches({
    ask: (questions: readonly Question[]) => whenReachable(() => takeAll(database, questions)),
    sizeOf: ({ planText }) => planText.length,
    maxQuestions: MAX_BATCH,
    maxSize: MAX_BATCH_CHARS,
  });
  return {
    take: async (request, now, maxUnsettled) => {
      const id = toText(request.plan.execution_id);
      const question = { ...request, id, planText: toJson(request.plan), now, maxUnsettled };
      // Another request under the same id may have come in between: then it is there by now.
      return (await take(question)) ?? take(question);
    },
    get: (id) => whenReachable(() => get(database, toText(id))),
    orderOf: (id, runId) =>
      whenReachable(async () => {
        const row = await kysely
          .selectFrom('executions')
          .select(['plan', 'cache_key'])
          .where('id', '=', toText(id))
          .where('run_id', '=', runId)
          .executeTakeFirst();
        return row === undefined || row.plan === null ? null : { plan: row.plan, cacheKey: row.cache_key };
      }),
    settle: (id, result, now) =>
      whenReachable(async () => {
        await kysely
          .updateTable('executions')
          .set({
            result: toJson(result),
            status: result.status,
            has_artifacts: result.artifacts.length > 0,
            has_tests: result.test_results !== null,
            settled_at: now,
          })
          .where('id', '=', toText(id))
          .where('settled_at', 'is', null)
          .execute();
      }),
    unstarted: (limit) => whenReachable(() => unstarted(database, limit)),
    counts: () => whenReachable(() => counts(database)),
  };
}

interface Row {
  readonly id: string;
  readonly fingerprint: string;
  readonly cache_key: string | null;
  readonly run_id: string | null;
  readonly source_id: string | null;
  readonly created_at: Date;
  readonly result: PTCArtifactResult | null;
}

/**
 * One statement, one round trip, for executions that come at once: finds each, or what the cache has for it, or room
 * for its run; of several under one id the first is the new one.
 *
 * A result is served that is no older than the plan wants it, nor than its own plan did. Served are, `always`, those
 * with files that did not fail, otherwise successes, and where tests are wanted those that were tested. The order of what is added keeps
 * two servers from waiting for each other.
 */
const TAKE = `
    with asked as (
      select * from unnest($1::text[], $2::text[], $3::text[], $4::integer[], $5::text[], $6::text[],
        $7::timestamptz[], $8::timestamptz[], $9::boolean[], $10::boolean[], $11::bigint[]) with ordinality
      as asked (id, fingerprint, cache_key, ttl_s, plan, run_id, now, since, is_always, is_tested, max_open, place)
    ), known as (
      select asked.place, taken.id, taken.fingerprint, taken.cache_key, taken.run_id, taken.source_id,
        taken.created_at
      from asked join executions as taken on taken.id = asked.id
    ), source as materialized (
      select asked.place, kept.id from asked cross join lateral (
        select id from executions
        where cache_key = asked.cache_key
          and settled_at > asked.since
          and settled_at + ttl_s * interval '1 second' > asked.now
          and case when asked.is_always then has_artifacts and status <> 'FAILURE'
            else status = 'SUCCESS' and (has_tests or not asked.is_tested) end
        order by settled_at desc limit 1
      ) as kept
    ), new as (
      select id, row_number() over (order by min(place)) as turn from asked
      where not exists (select from known where known.place = asked.place)
        and not exists (select from source where source.place = asked.place)
      group by id
    ), open as (
      select count(*) as number from executions join runs on runs.id = executions.run_id
      where settled_at is null and run_id is not null and runs.finished_at is null
    ), added as (
      insert into executions (id, fingerprint, cache_key, ttl_s, plan, run_id, source_id, created_at)
      select asked.id, asked.fingerprint, asked.cache_key, asked.ttl_s,
        case when source.id is null then asked.plan::json end,
        case when source.id is null then asked.run_id end,
        source.id, asked.now
      from asked left join source on source.place = asked.place left join new on new.id = asked.id
      where not exists (select from known where known.place = asked.place)
        and (source.id is not null or (select number from open) + new.turn <= asked.max_open)
      order by asked.id, asked.place
      on conflict do nothing
      returning id, fingerprint, cache_key, run_id, source_id, created_at
    ), taken as (
      select known.*, false as is_new from known
      union all
      select asked.place, added.*, row_number() over (partition by asked.id order by asked.place) = 1
      from added join asked on asked.id = added.id
    )
    select taken.*, kept.result
    from taken left join executions as kept on kept.id = coalesce(taken.source_id, taken.id)`;

interface Question extends ExecutionRequest {
  readonly id: string;
  readonly planText: string;
  readonly now: Date;
  readonly maxUnsettled: number;
}

/** Null for what there is no room for, or where another request was faster. */
async function takeAll(
  { pool }: Database,
  questions: readonly Question[],
): Promise<readonly Awaited<ReturnType<ExecutionStore['take']>>[]> {
  const column = <T>(of: (question: Question) => T): readonly T[] => questions.map(of);
  const values = [
    column(({ id }) => id),
    column(({ fingerprint }) => fingerprint),
    column(({ cacheKey }) => cacheKey),
    column(({ plan }) => ttlOf(plan)),
    column(({ planText }) => planText),
    column(({ runId }) => runId),
    column(({ now }) => now),
    column(oldestServed),
    column(({ plan }) => plan.cache_strategy === 'always'),
    column(({ plan }) => plan.enable_testing),
    column(({ maxUnsettled }) => maxUnsettled),
  ];
  const { rows } = await pool.query<Row & { readonly place: string; readonly is_new: boolean }>(TAKE, values);
  const byPlace = new Map(rows.map((row) => [Number(row.place), row]));
  return questions.map((_, index) => {
    const row = byPlace.get(index + 1);
    return row === undefined ? null : { execution: toExecution(row), isNew: row.is_new };
  });
}

const oldestServed = ({ plan, now }: Question): Date => new Date(now.getTime() - ttlOf(plan) * 1000);

/** Seconds. As ROMA has it, none named is the usual one. */
const ttlOf = ({ cache_ttl: ttl }: PTCExecutionPlan): number =>
  Math.min(ttl ?? DEFAULT_CACHE_TTL_S, MAX_TTL_S);

async function get({ kysely }: Database, id: string): Promise<StoredExecution | null> {
  const row = await kysely
    .selectFrom('executions as taken')
    .leftJoin('executions as kept', (join) =>
      join.on('kept.id', '=', sql<string>`coalesce(taken.source_id, taken.id)`),
    )
    .select([
      'taken.id',
      'taken.fingerprint',
      'taken.cache_key',
      'taken.run_id',
      'taken.source_id',
      'taken.created_at',
      'kept.result',
    ])
    .where('taken.id', '=', id)
    .executeTakeFirst();
  return row === undefined ? null : toExecution(row);
}

function toExecution(row: Row): StoredExecution {
  const { id, fingerprint, cache_key: cacheKey, created_at: createdAt } = row;
  return { id, fingerprint, cacheKey, createdAt: createdAt.toISOString(), work: workOf(row) };
}

function workOf({ run_id, source_id: sourceId, result }: Row): StoredExecution['work'] {
  const runId = run_id ?? '';
  if (result === null) return { kind: 'under-way', runId };
  return sourceId === null ? { kind: 'settled', runId, result } : { kind: 'hit', sourceId, result };
}

async function unstarted({ kysely }: Database, limit: number): ReturnType<ExecutionStore['unstarted']> {
  const rows = await kysely
    .selectFrom('executions')
    .leftJoin('runs', 'runs.id', 'executions.run_id')
    .select(['executions.plan', 'executions.run_id'])
    .where('executions.settled_at', 'is', null)
    .where('executions.run_id', 'is not', null)
    .where('runs.id', 'is', null)
    .orderBy('executions.created_at')
    .limit(limit)
    .execute();
  return rows.flatMap(({ plan, run_id: runId }) =>
    plan === null || runId === null ? [] : [{ plan, runId }],
  );
}

async function counts({ kysely }: Database): Promise<ExecutionCounts> {
  const rows = await kysely
    .selectFrom('executions')
    .leftJoin('runs', 'runs.id', 'executions.run_id')
    .select(({ fn }) => [
      'executions.status',
      sql<boolean>`executions.source_id is not null`.as('is_hit'),
      sql<boolean>`executions.cache_key is not null`.as('asked_cache'),
      sql<boolean>`coalesce(runs.phase, 'queued') = 'queued'`.as('is_waiting'),
      fn.countAll<string>().as('number'),
    ])
    .groupBy([sql`1`, sql`2`, sql`3`, sql`4`])
    .execute();
  const sum = (fits: (row: (typeof rows)[number]) => boolean): number =>
    rows.filter(fits).reduce((total, { number }) => total + Number(number), 0);
  const withStatus = (status: PTCArtifactResult['status']) => sum((row) => row.status === status);
  const isOpen = ({ status, is_hit: isHit }: (typeof rows)[number]) => status === null && !isHit;
  return {
    byStatus: {
      SUCCESS: withStatus('SUCCESS'),
      PARTIAL_SUCCESS: withStatus('PARTIAL_SUCCESS'),
      FAILURE: withStatus('FAILURE'),
      TIMEOUT: withStatus('TIMEOUT'),
    },
    hits: sum((row) => row.is_hit),
    lookUps: sum((row) => row.asked_cache),
    waiting: sum((row) => isOpen(row) && row.is_waiting),
    running: sum((row) => isOpen(row) && !row.is_waiting),
  };
}
