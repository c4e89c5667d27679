import { createHash, randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { branchNameOfGoal } from '../domain/branch-name.ts';
import { PtcError } from '../domain/errors.ts';
import { readPlan } from '../domain/plan.ts';
import {
  DEFAULT_OPTIONS,
  type RepositoryRun,
  type Run,
  type RunOptions,
  type Target,
  type Task,
} from '../domain/run.ts';
import { fullName } from '../domain/trigger.ts';
import { type RunRequest } from '../protocol/runs-api.ts';
import { type CallbackPolicy, callbackUrlOf } from './callback.ts';
import { type Forge, type Models, type RunIntake, type RunStore, type StoredRun } from './ports.ts';
import { resolveRepository } from './resolve-repository.ts';
import { type Workflows } from './workflow.ts';

/** Who a run is cancelled by when it is not somebody on the forge. */
const BY_API = 'a client of the API';
const MAX_TITLE_LENGTH = 200;

export interface IntakePorts {
  readonly forge: Pick<Forge, 'repository' | 'branchHead'>;
  readonly store: RunStore;
  readonly models: Pick<Models, 'choose'>;
}

/** Takes runs on repositories that are asked for through the API. */
export function createIntake(
  { forge, store, models }: IntakePorts,
  { start }: Pick<Workflows, 'start'>,
  callbacks: CallbackPolicy,
): RunIntake {
  const known = async (runId: string): Promise<StoredRun> => {
    const stored = await store.get(runId);
    if (stored === null) throw unknown();
    return stored;
  };
  const started = async (run: Run): Promise<StoredRun> => {
    if ((await start(run)) === 'subject-busy') throw busy();
    return known(run.id);
  };

  return {
    create: async (request, idempotencyKey) => {
      const asked = readRequest(request, models, callbacks);
      const id = idempotencyKey === null ? `run-${randomUUID()}` : idOf(idempotencyKey);
      const earlier = idempotencyKey === null ? null : await store.get(id);
      if (earlier !== null) return sameRequest(earlier, request, asked);
      const { baseBranch, ...place } = await resolveRepository(
        forge,
        request.repository,
        request.base ?? null,
      );
      const target: Target = {
        mode: 'new-pull-request',
        baseBranch,
        headBranch: branchNameOfGoal(request.goal, id),
      };
      const run = { ...asked, ...place, id, target, createdAt: new Date().toISOString() };
      // Another request with the same key may have come first.
      return sameRequest(await started(run), request, asked);
    },
    cancel: async (runId) => {
      const { outcome } = await known(runId);
      if (outcome !== null && outcome.status !== 'cancelled') throw finished();
      await store.requestCancel(runId, BY_API);
      return known(runId);
    },
    retry: async (runId) => {
      const { run, outcome } = await known(runId);
      if (outcome === null) throw active();
      const id = `run-${randomUUID()}`;
      return started({ ...onBranchOf(run, id), id, createdAt: new Date().toISOString() });
    },
  };
}

/** What a run is made of besides its place. */
type Asked = Omit<RepositoryRun, 'id' | 'installationId' | 'repository' | 'target' | 'createdAt'>;

function readRequest(request: RunRequest, models: Pick<Models, 'choose'>, callbacks: CallbackPolicy): Asked {
  const { options = {} } = request;
  return {
    requester: null,
    task: taskOf(request.goal),
    plan: request.plan ? readPlan(request.plan) : null,
    options: optionsOf(options, models),
    callbackUrl: request.callback_url ? callbackUrlOf(request.callback_url, 'callback_url', callbacks) : null,
    execution: null,
    subject: null,
    commentId: null,
    allow: options.allow ?? [],
  };
}

/** The first line is the title, as of an issue, where it is short enough. */
function taskOf(goal: string): Task {
  const [first = '', ...rest] = goal.trim().split('\n');
  const title = first.trim();
  return title.length <= MAX_TITLE_LENGTH
    ? { title, body: rest.join('\n').trim(), words: '' }
    : { title: `${title.slice(0, MAX_TITLE_LENGTH - 1).toWellFormed()}…`, body: goal.trim(), words: '' };
}

function optionsOf(asked: NonNullable<RunRequest['options']>, models: Pick<Models, 'choose'>): RunOptions {
  const offered = models.choose(null);
  const stranger = (asked.models ?? []).find((name) =>
    offered.every(({ provider, model }) => name !== provider && name !== `${provider}:${model}`),
  );
  if (stranger !== undefined) throw notOffered(stranger);
  return {
    ...DEFAULT_OPTIONS,
    budgetUsd: asked.budget_usd ?? null,
    models: asked.models ?? null,
    attempts: asked.attempts ?? null,
    timeoutMs: asked.timeout_seconds === undefined ? null : asked.timeout_seconds * 1000,
  };
}

/** The run of an earlier request, if it is this one that was made then. */
function sameRequest(stored: StoredRun, request: RunRequest, asked: Asked): StoredRun {
  const { run } = stored;
  if (run.repository !== null && isSamePlace(run, request) && isSameWork(run, asked)) return stored;
  throw new PtcError({
    code: 'idempotency-conflict',
    message: `Another request was made under this Idempotency-Key, and became the run ${run.id}.`,
    remedy: 'Use a new key for each run, and the same one only to send the same request again.',
    retryable: false,
  });
}

const isSamePlace = ({ repository, target }: RepositoryRun, request: RunRequest): boolean =>
  fullName(repository).toLowerCase() === request.repository.toLowerCase() &&
  target.baseBranch === (request.base ?? repository.defaultBranch);

function isSameWork(run: RepositoryRun, asked: Asked): boolean {
  // As both are stored: JSON has no fields that are undefined.
  const part = ({ task, plan, options, callbackUrl: url, allow }: Asked): unknown =>
    JSON.parse(JSON.stringify({ task, plan, options, url, allow }));
  return isDeepStrictEqual(part(run), part(asked));
}

/** A branch that has the run's id in its name is the run's own. */
function onBranchOf(run: Run, id: string): Run {
  if (run.repository === null || run.subject !== null || run.target.mode !== 'new-pull-request') return run;
  const headBranch = branchNameOfGoal(run.task.title, id);
  return { ...run, target: { ...run.target, headBranch } };
}

const idOf = (idempotencyKey: string): string =>
  `run-${createHash('sha256').update(idempotencyKey).digest('hex').slice(0, 32)}`;

const unknown = (): PtcError =>
  new PtcError({
    code: 'run-unknown',
    message: 'There is no run of this id.',
    remedy: 'GET /api/v1/runs lists those there are.',
    retryable: false,
  });

const finished = (): PtcError =>
  new PtcError({
    code: 'run-finished',
    message: 'The run is over, so it cannot be cancelled.',
    remedy: 'GET /api/v1/runs/{id} says how it ended.',
    retryable: false,
  });

const active = (): PtcError =>
  new PtcError({
    code: 'run-active',
    message: 'The run is not over yet, so it cannot be made again.',
    remedy: 'Wait for its end, or cancel it first.',
    retryable: false,
  });

const busy = (): PtcError =>
  new PtcError({
    code: 'subject-busy',
    message: 'Another run is at work on the same issue or pull request.',
    remedy: 'Wait for its end, or cancel it first.',
    retryable: false,
  });

const notOffered = (name: string): PtcError =>
  new PtcError({
    code: 'model-not-offered',
    message: `options.models names ${name}, which this server does not offer.`,
    remedy: 'Name models that the operator offers, as provider:model or provider, or leave them out.',
    retryable: false,
  });
