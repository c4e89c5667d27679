import { randomBytes } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { userInfo } from 'node:os';
import path from 'node:path';
import { type RunConfig } from '../../config.ts';
import { PtcError } from '../../domain/errors.ts';
import { type RepositorySettings } from '../../domain/repository-settings.ts';
import { DEFAULT_OPTIONS, type RepositoryRun } from '../../domain/run.ts';
import { parseSettings } from '../../github/parse-settings.ts';
import { type RunnerJob } from '../../protocol/runner-job.ts';
import { PROTOCOL_VERSION } from '../../protocol/version.ts';
import { type Models } from '../../run/ports.ts';
import { runLimits } from '../../run-settings.ts';
import { createRunFolder, type RunFolder } from '../../store/run-folder.ts';
import { gitOrNull } from '../git.ts';
import { type Terminal } from '../terminal.ts';
import { assertFree, assertName } from './make-branch.ts';
import { keepOrder } from './order.ts';
import { remoteHas } from './remote.ts';
import { type RunRequest, usage } from './request.ts';
import { openTarget, type Target } from './target.ts';

export interface Preparation {
  readonly request: RunRequest;
  readonly config: RunConfig;
  readonly models: Models;
  /** The data folder. */
  readonly folder: string;
  readonly terminal: Terminal;
  readonly signal: AbortSignal;
}

/** Everything that can be known to be wrong before anything is paid, and then the folder of the run. */
export async function prepare(preparation: Preparation): Promise<Prepared> {
  const { folder } = preparation;
  const runId = newRunId();
  // Others may pass through, as commands under a user of their own must; what is in it they cannot list.
  await mkdir(folder, { recursive: true, mode: 0o711 });
  const runFolder = path.join(folder, 'runs', runId);
  try {
    return await prepareIn(runFolder, runId, preparation);
  } catch (error) {
    await rm(runFolder, { recursive: true, force: true });
    throw error;
  }
}

interface Prepared {
  readonly store: RunFolder;
  /** What whoever asked should know. */
  readonly notes: readonly string[];
}

async function prepareIn(runFolder: string, runId: string, preparation: Preparation): Promise<Prepared> {
  const { request, config, models, terminal, signal } = preparation;
  const { options } = request;
  const target = await openTarget({
    repository: options.repo,
    base: options.base ?? null,
    callerFolder: terminal.folder,
    fetchInto: path.join(runFolder, 'repository.git'),
    signal,
  });
  await assertBranch(request, target, signal);
  const settings = await readSettings(target, signal);
  const preferred = options.model === undefined ? (settings.models ?? null) : null;
  await mkdir(runFolder, { recursive: true, mode: 0o700 });
  await keepOrder(runFolder, {
    folder: target.folder,
    name: options.branch ?? null,
    allow: options.allow ?? [],
    pushTo: options.push === true ? target.remoteUrl : null,
    models: models.choose(preferred).map(({ provider, model }) => `${provider}:${model}`),
    budgetUsd: options.budget ?? Math.min(config.PTC_BUDGET_USD, settings.budget ?? Infinity),
    pid: process.pid,
  });
  const run = toRun(runId, request, target);
  const store = await createRunFolder(runFolder, run, toJob(preparation, run, target, settings));
  return { store, notes: target.notes };
}

/** Sorts by time, and two at once differ. */
const newRunId = (): string =>
  `${new Date()
    .toISOString()
    .replace(/[-:]|\..*/g, '')
    .replace('T', '-')}-${randomBytes(3).toString('hex')}`;

async function assertBranch({ options }: RunRequest, target: Target, signal: AbortSignal): Promise<void> {
  if (options.push === true && target.remoteUrl === null)
    throw usage(
      '--push works for a repository given by its URL.',
      'Leave it out, and push the branch with git.',
    );
  if (options.branch === undefined) return;
  await assertName(options.branch, { folder: target.folder, signal });
  await assertFree(options.branch, { folder: target.folder, signal });
  if (options.push !== true || target.remoteUrl === null) return;
  if (await remoteHas(target.folder, target.remoteUrl, options.branch, signal))
    throw usage(
      `${target.remoteUrl} has a branch ${options.branch} already.`,
      'Give another name with --branch.',
    );
}

async function readSettings({ folder, baseSha }: Target, signal: AbortSignal): Promise<RepositorySettings> {
  const text = await gitOrNull(['cat-file', 'blob', `${baseSha}:.github/ptc.yml`], { folder, signal });
  const settings = text === null ? {} : parseSettings(text);
  if ('code' in settings) throw new PtcError(settings);
  return settings;
}

/** A run as a server knows one; what only a forge has is left empty. */
function toRun(runId: string, { task, options }: RunRequest, target: Target): RepositoryRun {
  const { owner, name, baseName, cloneUrl } = target;
  return {
    id: runId,
    execution: null,
    installationId: 0,
    repository: { id: 0, owner, name, defaultBranch: baseName, cloneUrl, private: true },
    subject: { kind: 'issue', number: 1, title: task.title, body: task.body, url: '' },
    commentId: null,
    requester: { login: userInfo().username, id: 0, type: 'User' },
    task,
    plan: null,
    options: DEFAULT_OPTIONS,
    allow: options.allow ?? [],
    target: { mode: 'new-pull-request', baseBranch: baseName, headBranch: options.branch ?? 'ptc/run' },
    callbackUrl: null,
    createdAt: new Date().toISOString(),
  };
}

function toJob(
  { request, config }: Preparation,
  run: RepositoryRun,
  target: Target,
  settings: RepositorySettings,
): RunnerJob {
  const { job } = runLimits(config);
  return {
    protocolVersion: PROTOCOL_VERSION,
    runId: run.id,
    resume: null,
    repository: {
      fullName: `${target.owner}/${target.name}`,
      cloneUrl: target.cloneUrl,
      baseBranch: target.baseName,
      baseSha: target.baseSha,
      needsToken: false,
    },
    task: run.task,
    plan: request.plan,
    acceptance: 'proof',
    dependencies: [],
    checks: {
      setup: settings.setup ?? null,
      test: settings.test ?? null,
      lint: settings.lint ?? null,
      typecheck: settings.typecheck ?? null,
    },
    ...job,
    ...(request.options.planOnly === true ? { mode: 'plan-only' as const } : {}),
  };
}
