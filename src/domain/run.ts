import * as z from 'zod';
import { Plan } from './plan.ts';
import { Account, fullName, RepositoryRef, Subject } from './trigger.ts';

/** What is to be done, frozen at the moment of the delivery. All of it is untrusted text. */
export const Task = z
  .object({
    title: z.string(),
    body: z.string(),
    words: z.string(),
  })
  .readonly();
export type Task = z.infer<typeof Task>;

/** Where the work goes. */
export const Target = z.discriminatedUnion('mode', [
  /** A new branch and a new pull request into `baseBranch`. */
  z
    .object({
      mode: z.literal('new-pull-request'),
      baseBranch: z.string().min(1),
      headBranch: z.string().min(1),
    })
    .readonly(),
  /** One more commit on the branch of a pull request that is ours. */
  z
    .object({
      mode: z.literal('update-pull-request'),
      baseBranch: z.string().min(1),
      headBranch: z.string().min(1),
      number: z.number().int().positive(),
    })
    .readonly(),
]);
export type Target = z.infer<typeof Target>;

/** How the change is judged before it is handed on. */
export const Acceptance = z.enum([
  /** By the checks of the base, and by tests that fail on it. */
  'proof',
  /** In ROMA's three stages, by the checks that the change itself brings: for work from nothing. */
  'validation',
  /** Not at all: nothing of it is run. */
  'as-is',
]);
export type Acceptance = z.infer<typeof Acceptance>;

/** What whoever asked through the API wants kept to; null is as the operator says, who sets the limits to all of it. */
export const RunOptions = z
  .object({
    acceptance: Acceptance,
    budgetUsd: z.number().positive().nullable(),
    /** Models, `provider:model`, or providers, in the order they are to be asked. */
    models: z.array(z.string()).readonly().nullable(),
    /** Times the change may fail its checks, the first one included. */
    attempts: z.number().int().positive().nullable(),
    timeoutMs: z.number().int().positive().nullable(),
    /** Packages that are installed besides those that the change names itself. */
    dependencies: z.array(z.string()).readonly(),
    /** False for a task that is one of somebody else's plan already. */
    planned: z.boolean(),
  })
  .readonly();
export type RunOptions = z.infer<typeof RunOptions>;

export const DEFAULT_OPTIONS: RunOptions = {
  acceptance: 'proof',
  budgetUsd: null,
  models: null,
  attempts: null,
  timeoutMs: null,
  dependencies: [],
  planned: true,
};

/** Which of ROMA's executions a run does. */
const Execution = z
  .object({ id: z.string().min(1), romaTaskId: z.string().nullable(), projectName: z.string().nullable() })
  .readonly();
export type Execution = z.infer<typeof Execution>;

/** Runs that were stored before these fields came are read with their defaults. */
const asked = {
  id: z.string().min(1),
  /** Who wrote the label or the comment; null when it came through the API. */
  requester: Account.nullable(),
  task: Task,
  /** A plan that came with the request and is executed as given. */
  plan: Plan.nullable().default(null),
  options: RunOptions.default(DEFAULT_OPTIONS),
  /** Where whoever asked wants to hear of the run, besides the operator. */
  callbackUrl: z.url().nullable().default(null),
  createdAt: z.iso.datetime(),
};

/** Work on a repository, whose change becomes a pull request. */
export const RepositoryRun = z
  .object({
    ...asked,
    execution: Execution.nullable().default(null),
    installationId: z.number().int(),
    repository: RepositoryRef,
    /** The issue or pull request it came from; null when it came through the API. */
    subject: Subject.nullable(),
    commentId: z.number().int().nullable(),
    allow: z.array(z.string()).readonly(),
    target: Target,
  })
  .readonly();
export type RepositoryRun = z.infer<typeof RepositoryRun>;

/** Work from nothing, whose files are handed back as artifacts. */
export const ArtifactRun = z
  .object({ ...asked, execution: Execution, repository: z.null(), subject: z.null() })
  .readonly();
export type ArtifactRun = z.infer<typeof ArtifactRun>;

export const Run = z.union([RepositoryRun, ArtifactRun]);
export type Run = z.infer<typeof Run>;

/** Where a run works, in words: a repository with the issue, or which of ROMA's executions it is. */
export function placeOf({ repository, subject, execution }: Run): string {
  if (repository === null) return execution.projectName ?? `execution ${execution.id}`;
  return subject === null ? fullName(repository) : `${fullName(repository)} #${subject.number}`;
}

/** The phases of a run in their order; the last is reached on every path. */
export const PHASES = [
  'queued',
  'acknowledging',
  'provisioning',
  'running',
  'publishing',
  'reporting',
  'disposing',
  'finished',
] as const;
export const Phase = z.enum(PHASES);
export type Phase = z.infer<typeof Phase>;

export const ProblemSchema = z
  .object({ code: z.string(), message: z.string(), remedy: z.string(), retryable: z.boolean() })
  .readonly();

/** What was put on the forge. */
export const Publication = z
  .object({
    pullRequestNumber: z.number().int().positive(),
    pullRequestUrl: z.string(),
    branch: z.string(),
    commitSha: z.string(),
    draft: z.boolean(),
  })
  .readonly();
export type Publication = z.infer<typeof Publication>;

/**
 * How a run ended. `succeeded`: a pull request, or artifacts, with a green proof. `unproven`: a draft pull request,
 * or artifacts, whose proof is not green. `failed` and `cancelled` may still have left a draft (`publication`).
 */
export const Outcome = z
  .object({
    status: z.enum(['succeeded', 'unproven', 'failed', 'cancelled']),
    problem: ProblemSchema.nullable(),
    publication: Publication.nullable(),
  })
  .readonly();
export type Outcome = z.infer<typeof Outcome>;

const spent = {
  costUsd: z.number().nonnegative(),
  requests: z.number().int().nonnegative(),
  /** Tokens read from and written to a cache included. */
  inputTokens: z.number().int().nonnegative(),
  outputTokens: z.number().int().nonnegative(),
};

/** What a run's model calls have cost so far. */
export const Spending = z
  .object({
    ...spent,
    /** The part of each model, named `provider:model`, in the order they were first paid. */
    models: z.array(z.object({ ...spent, name: z.string() }).readonly()).readonly(),
    /** Answers that came from another model than the one whose turn it was. */
    fallOvers: z.number().int().nonnegative(),
    /** Times a conversation moved to the next model because checks had failed. */
    escalations: z.number().int().nonnegative(),
  })
  .readonly();
export type Spending = z.infer<typeof Spending>;
