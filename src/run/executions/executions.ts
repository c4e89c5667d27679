import { randomUUID } from 'node:crypto';
import { PtcError, toProblem } from '../../domain/errors.ts';
import { type PTCArtifactResult, type PTCExecutionPlan, type ServiceStats } from '../../protocol/roma.ts';
import { type CallbackPolicy, callbackUrlOf } from '../callback.ts';
import { type Ports } from '../ports.ts';
import { type ResolvedRepository, resolveRepository } from '../resolve-repository.ts';
import { type Workflows } from '../workflow.ts';
import { cacheHitOf } from './cache-hit.ts';
import { cacheKeyOf, fingerprintOf } from './keys.ts';
import { type ExecutionCounts, type Executions, type StoredExecution } from './ports.ts';
import { runOfPlan } from './run-of-plan.ts';
import { settleExecution } from './settle.ts';

type Means = Pick<Ports, 'executions' | 'store' | 'forge' | 'policy' | 'log'>;

interface ExecutionRules {
  readonly callbacks: CallbackPolicy;
  /** Past so many that are under way nothing more is taken. */
  readonly maxUnsettled: number;
}

const STARTED_AT_ONCE = 1000;

/** The code service: plans become runs, or are answered with what is known of them. */
export function createExecutions(
  ports: Means,
  workflows: Pick<Workflows, 'start'>,
  rules: ExecutionRules,
): Executions {
  const { executions, store, log } = ports;

  const take = async (plan: PTCExecutionPlan, fingerprint: string, site: ResolvedRepository | null) => {
    const cacheKey =
      plan.cache_strategy === 'never' ? null : cacheKeyOf(plan, await baseOf(ports.forge, site));
    const request = { plan, fingerprint, cacheKey, runId: `run-${randomUUID()}` };
    const taken = await executions.take(request, new Date(), rules.maxUnsettled);
    if (taken === null) throw queueFull(rules.maxUnsettled);
    return { ...taken, site };
  };
  const start = async (
    plan: PTCExecutionPlan,
    run: { readonly id: string; readonly createdAt: string },
    site: ResolvedRepository | null,
  ): Promise<void> => {
    const callbackUrl = callbackOf(plan, rules.callbacks);
    await workflows.start(runOfPlan(plan, { ...run, callbackUrl }, site));
  };

  return {
    submit: async (plan) => {
      callbackOf(plan, rules.callbacks);
      const fingerprint = fingerprintOf(plan);
      // What is known needs no forge, which may be away.
      const known = plan.metadata.repository ? await executions.get(plan.execution_id) : null;
      const { execution, isNew, site } =
        known === null
          ? await take(plan, fingerprint, await siteOf(ports.forge, plan))
          : { execution: known, isNew: false, site: null };
      if (execution.fingerprint !== fingerprint) throw conflict(plan.execution_id);
      const { work, createdAt } = execution;
      if (work.kind !== 'under-way') {
        return { kind: 'settled', result: answerOf(plan.execution_id, execution, work.result) };
      }
      const { runId } = work;
      // A server may have died before it had started it, or another request may be about to.
      if (isNew || (await store.get(runId)) === null) {
        await start(plan, { id: runId, createdAt }, site ?? (await siteOf(ports.forge, plan)));
      }
      return { kind: 'under-way', runId };
    },
    result: async (executionId) => {
      const execution = await settledExecution(ports, executionId);
      if (execution === null || execution.work.kind === 'under-way') throw unknown(executionId);
      return answerOf(executionId, execution, execution.work.result);
    },
    startUnstarted: async () => {
      for (const { plan, runId } of await executions.unstarted(STARTED_AT_ONCE)) {
        const run = { id: runId, createdAt: new Date().toISOString() };
        await siteOf(ports.forge, plan)
          .then((site) => start(plan, run, site))
          .catch((thrown: unknown) =>
            log.warn({ runId, problem: toProblem(thrown) }, 'an execution could not be started'),
          );
      }
    },
    stats: async () => statsOf(await executions.counts()),
  };
}

const answerOf = (
  executionId: string,
  execution: StoredExecution,
  kept: PTCArtifactResult,
): PTCArtifactResult => (execution.work.kind === 'hit' ? cacheHitOf(executionId, execution, kept) : kept);

/** The execution with its result, be it that its run could not say at its end what came of it. */
async function settledExecution(ports: Means, id: string): Promise<StoredExecution | null> {
  const execution = await ports.executions.get(id);
  if (execution?.work.kind !== 'under-way') return execution;
  const stored = await ports.store.get(execution.work.runId);
  if (stored === null || stored.outcome === null) return execution;
  await settleExecution(ports, stored.run, stored.outcome);
  return ports.executions.get(id);
}

const siteOf = async (
  forge: Means['forge'],
  { metadata }: PTCExecutionPlan,
): Promise<ResolvedRepository | null> =>
  metadata.repository ? resolveRepository(forge, metadata.repository, metadata.base ?? null) : null;

const baseOf = async (forge: Means['forge'], site: ResolvedRepository | null): Promise<string | null> =>
  site === null ? null : forge.branchHead(site, site.baseBranch);

const callbackOf = ({ metadata }: PTCExecutionPlan, callbacks: CallbackPolicy): string | null =>
  metadata.callback_url ? callbackUrlOf(metadata.callback_url, 'metadata.callback_url', callbacks) : null;

function statsOf({ byStatus, hits, lookUps, waiting, running }: ExecutionCounts): ServiceStats {
  const { SUCCESS, PARTIAL_SUCCESS, FAILURE, TIMEOUT } = byStatus;
  const settled = SUCCESS + PARTIAL_SUCCESS + FAILURE + TIMEOUT + hits;
  return {
    total_executions: settled + waiting + running,
    successful_executions: SUCCESS + hits,
    partial_executions: PARTIAL_SUCCESS,
    failed_executions: FAILURE + TIMEOUT,
    running_executions: running,
    waiting_executions: waiting,
    cache_hits: hits,
    cache_hit_rate: lookUps === 0 ? 0 : hits / lookUps,
  };
}

const conflict = (id: string): PtcError =>
  new PtcError({
    code: 'execution-conflict',
    message: `Another plan was sent under the execution_id ${JSON.stringify(id)}.`,
    remedy: 'Use a new execution_id for each plan, and the same one only to send the same plan again.',
    retryable: false,
  });

const queueFull = (max: number): PtcError =>
  new PtcError({
    code: 'queue-full',
    message: `${max} executions are under way or wait, and more are not taken.`,
    remedy: 'Try again later, or let the operator raise PTC_MAX_WAITING or PTC_MAX_RUNS.',
    retryable: true,
  });

const unknown = (id: string): PtcError =>
  new PtcError({
    code: 'execution-unknown',
    message: `Of the execution ${JSON.stringify(id)} nothing is known.`,
    remedy: 'Send its plan again.',
    retryable: true,
  });
