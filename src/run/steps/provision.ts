import { PtcError, toProblem } from '../../domain/errors.ts';
import { type Plan } from '../../domain/plan.ts';
import { type RepositorySettings } from '../../domain/repository-settings.ts';
import { fit } from '../../domain/report/text.ts';
import { placeOf, type Run } from '../../domain/run.ts';
import { fullName } from '../../domain/trigger.ts';
import { type ModelChoice } from '../../protocol/conversation.ts';
import { EMPTY_BASE_SHA } from '../../protocol/empty-base.ts';
import { type RunnerJob } from '../../protocol/runner-job.ts';
import { PROTOCOL_VERSION } from '../../protocol/version.ts';
import { throwIfCancelled, unlessCancelled } from '../cancellation.ts';
import { type Ports } from '../ports.ts';
import { awaitWorkspace } from './await-workspace.ts';

/** What was settled before the runner started and holds for the whole run. */
export interface Provision {
  readonly baseSha: string;
  /** In the order they are asked; at least one. */
  readonly models: readonly ModelChoice[];
  readonly budgetUsd: number;
  /** How many workspaces of the run were lost before this one. */
  readonly life: number;
}

/**
 * A workspace with a runner at work on the job. The base commit, the models and the budget are chosen here,
 * by the app, from what the forge and the operator say.
 *
 * @param lost what was settled for a workspace that was lost: the work goes on from the same commit
 */
export async function provision(ports: Ports, run: Run, lost: Provision | null): Promise<Provision> {
  const [settings, baseSha] = await Promise.all([
    readSettings(ports, run),
    lost?.baseSha ?? resolveBase(ports, run),
  ]);
  const life = lost === null ? 0 : lost.life + 1;
  const models = ports.models.choose(run.options.models ?? settings.models ?? null);
  if (models.length === 0) throw noModel();
  const workspace = await awaitWorkspace(ports, run);
  if ((await workspace.runnerState()) === 'not-started') {
    if (run.repository !== null) {
      const { token, expiresAt } = await ports.forge.cloneToken(run);
      await ports.openMailbox(workspace).put('clone-token', { type: 'clone-token', token, expiresAt });
    }
    const begun = life === 0 ? { plan: await planOf(ports, run), resume: null } : null;
    const asked = toJob(ports, run, settings, baseSha);
    const job = begun === null ? await goingOn(ports.store, run, asked, life) : { ...asked, ...begun };
    await ports.store.saveJob(run.id, job);
    await workspace.startRunner(job, ports.stopping);
  }
  return { baseSha, models, budgetUsd: budgetOf(ports, run, settings), life };
}

/** In US dollars: the least of what the operator, the repository and whoever asked allow. */
export const budgetOf = (
  { policy }: Pick<Ports, 'policy'>,
  { options }: Run,
  { budget }: RepositorySettings,
): number => Math.min(policy.budgetUsd, budget ?? Infinity, options.budgetUsd ?? Infinity);

/** Enough to hand over what there is. */
const LEAST_TIME_MS = 1000;
/** It may quote what the planner answered, and is read with each look at the run. */
const MAX_REASON = 1000;

/** The plan that came with the request, or one of the operator's planner; null where the runner plans itself. */
async function planOf(ports: Ports, run: Run): Promise<Plan | null> {
  const { planner, policy, stopping } = ports;
  const wanted = run.options.planned && policy.job.mode === 'run';
  if (run.plan !== null || planner === null || !wanted) return run.plan;
  const { title, body, words } = run.task;
  const context = [body, words].filter((part) => part.trim() !== '').join('\n\n');
  const question = { goal: title, context: context === '' ? null : context };
  try {
    return await unlessCancelled(ports, run.id, (signal) => planner.plan(question, signal));
  } catch (thrown) {
    stopping.throwIfAborted();
    await throwIfCancelled(ports.store, run.id);
    const problem = toProblem(thrown);
    ports.log.warn({ runId: run.id, problem }, 'the planner gave no plan, so the runner makes one');
    await ports.store.addWarning(
      run.id,
      `The planner gave no plan, so one was made here: ${fit(problem.message, MAX_REASON, '…')}`,
    );
    return null;
  }
}

/** What the events of lost workspaces say: the plan, and each subtask that was worked out. */
async function whatWasDone(
  store: Ports['store'],
  runId: string,
  life: number,
): Promise<Pick<RunnerJob, 'plan' | 'resume'> & { readonly startedAt: string | null }> {
  const [events, { seq }] = await Promise.all([store.events(runId, 0), store.position(runId)]);
  const plan = events.findLast((event) => event.type === 'plan')?.plan ?? null;
  const worked = events.filter((event) => event.type === 'subtask.worked');
  return { startedAt: events[0]?.at ?? null, plan, resume: { life, firstSeq: seq + 1, worked } };
}

/** Of the repository’s default branch; rejects with what is wrong in them. */
export async function readSettings(ports: Ports, run: Run): Promise<RepositorySettings> {
  if (run.repository === null) return {};
  const text = await ports.forge.settingsText(run);
  const settings = text === null ? {} : ports.parseSettings(text);
  if ('code' in settings) throw new PtcError(settings);
  return settings;
}

/**
 * The job of a workspace that comes after lost ones. A plan that they had not begun with is still the run's, and the
 * time that whoever asked gives it is not given anew.
 */
async function goingOn(
  store: Ports['store'],
  { id, plan: given, options }: Run,
  asked: Omit<RunnerJob, 'plan' | 'resume'>,
  life: number,
): Promise<RunnerJob> {
  const [done, former] = await Promise.all([whatWasDone(store, id, life), store.job(id)]);
  const { startedAt, plan, resume } = done;
  const spentMs = startedAt === null ? 0 : Math.max(0, Date.now() - Date.parse(startedAt));
  const leftMs = Math.max(LEAST_TIME_MS, (options.timeoutMs ?? Infinity) - spentMs);
  const { limits } = asked;
  return {
    ...asked,
    limits: { ...limits, jobTimeoutMs: Math.min(limits.jobTimeoutMs, leftMs) },
    plan: plan ?? former?.plan ?? given,
    resume,
  };
}

async function resolveBase(ports: Ports, run: Run): Promise<string> {
  if (run.repository === null) return EMPTY_BASE_SHA;
  const { repository, installationId, target } = run;
  const branch = target.mode === 'new-pull-request' ? target.baseBranch : target.headBranch;
  const sha = await ports.forge.branchHead({ repository, installationId }, branch);
  if (sha !== null) return sha;
  throw new PtcError({
    code: 'base-branch-missing',
    message: `The branch ${branch} has no commits or no longer exists.`,
    remedy: 'Push a commit to it, then comment `/ptc build` again.',
    retryable: false,
  });
}

function toJob(
  ports: Ports,
  run: Run,
  settings: RepositorySettings,
  baseSha: string,
): Omit<RunnerJob, 'plan' | 'resume'> {
  const { options, task } = run;
  const { limits, isolation, mode } = ports.policy.job;
  return {
    protocolVersion: PROTOCOL_VERSION,
    runId: run.id,
    repository: { ...whereToStart(run), baseSha },
    task,
    acceptance: options.acceptance,
    dependencies: options.dependencies,
    checks: {
      setup: settings.setup ?? null,
      test: settings.test ?? null,
      lint: settings.lint ?? null,
      typecheck: settings.typecheck ?? null,
    },
    mode: options.planned ? mode : 'atomic',
    limits: {
      ...limits,
      attempts: options.attempts ?? limits.attempts,
      jobTimeoutMs: Math.min(limits.jobTimeoutMs, options.timeoutMs ?? Infinity),
    },
    isolation,
  };
}

function whereToStart(run: Run): Omit<RunnerJob['repository'], 'baseSha'> {
  if (run.repository === null)
    return { fullName: placeOf(run), cloneUrl: null, baseBranch: 'main', needsToken: false };
  const { repository, target } = run;
  return {
    fullName: fullName(repository),
    cloneUrl: repository.cloneUrl,
    baseBranch: target.mode === 'new-pull-request' ? target.baseBranch : target.headBranch,
    needsToken: true,
  };
}

const noModel = (): PtcError =>
  new PtcError({
    code: 'no-model',
    message: 'No model is configured.',
    remedy: 'The operator has to set a provider key and PTC_MODELS.',
    retryable: false,
  });
