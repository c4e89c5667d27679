import { PtcError } from '../../domain/errors.ts';
import { type RepositorySettings } from '../../domain/repository-settings.ts';
import { type Run } from '../../domain/run.ts';
import { fullName } from '../../domain/trigger.ts';
import { type ModelChoice } from '../../protocol/conversation.ts';
import { type RunnerJob } from '../../protocol/runner-job.ts';
import { PROTOCOL_VERSION } from '../../protocol/version.ts';
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
  const models = ports.models.choose(settings.models ?? null);
  if (models.length === 0) throw noModel();
  const workspace = await awaitWorkspace(ports, run);
  if ((await workspace.runnerState()) === 'not-started') {
    const { token, expiresAt } = await ports.forge.cloneToken(run);
    await ports.openMailbox(workspace).put('clone-token', { type: 'clone-token', token, expiresAt });
    const job = {
      ...toJob(ports, run, settings, baseSha),
      ...(await whatWasDone(ports.store, run.id, life)),
    };
    await ports.store.saveJob(run.id, job);
    await workspace.startRunner(job, ports.stopping);
  }
  const budgetUsd = Math.min(ports.policy.budgetUsd, settings.budget ?? Infinity);
  return { baseSha, models, budgetUsd, life };
}

/** What the events of lost workspaces say: the plan, and each subtask that was worked out. */
async function whatWasDone(
  store: Ports['store'],
  runId: string,
  life: number,
): Promise<Pick<RunnerJob, 'plan' | 'resume'>> {
  if (life === 0) return { plan: null, resume: null };
  const [events, { seq }] = await Promise.all([store.events(runId, 0), store.position(runId)]);
  const plan = events.findLast((event) => event.type === 'plan')?.plan ?? null;
  const worked = events.filter((event) => event.type === 'subtask.worked');
  return { plan, resume: { life, firstSeq: seq + 1, worked } };
}

async function readSettings(ports: Ports, run: Run): Promise<RepositorySettings> {
  const text = await ports.forge.settingsText(run);
  const settings = text === null ? {} : ports.parseSettings(text);
  if ('code' in settings) throw new PtcError(settings);
  return settings;
}

async function resolveBase(ports: Ports, { repository, installationId, target }: Run): Promise<string> {
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
  const { repository, target, task } = run;
  return {
    protocolVersion: PROTOCOL_VERSION,
    runId: run.id,
    repository: {
      fullName: fullName(repository),
      cloneUrl: repository.cloneUrl,
      baseBranch: target.mode === 'new-pull-request' ? target.baseBranch : target.headBranch,
      baseSha,
      needsToken: true,
    },
    task,
    checks: {
      setup: settings.setup ?? null,
      test: settings.test ?? null,
      lint: settings.lint ?? null,
      typecheck: settings.typecheck ?? null,
    },
    ...ports.policy.job,
  };
}

const noModel = (): PtcError =>
  new PtcError({
    code: 'no-model',
    message: 'No model is configured.',
    remedy: 'The operator has to set a provider key and PTC_MODELS.',
    retryable: false,
  });
