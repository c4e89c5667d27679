import * as z from 'zod';
import { Account, RepositoryRef, Subject } from './trigger.ts';

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

export const Run = z
  .object({
    id: z.string().min(1),
    deliveryId: z.string(),
    installationId: z.number().int(),
    repository: RepositoryRef,
    subject: Subject,
    commentId: z.number().int().nullable(),
    requester: Account,
    task: Task,
    allow: z.array(z.string()).readonly(),
    target: Target,
    /** Where whoever asked wants to hear of the run, besides the operator; null in runs that were stored without. */
    callbackUrl: z.url().nullable().default(null),
    createdAt: z.iso.datetime(),
  })
  .readonly();
export type Run = z.infer<typeof Run>;

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
 * How a run ended. `succeeded`: a pull request with a green proof. `unproven`: a draft pull request whose
 * proof is not green. `failed` and `cancelled` may still have left a draft (`publication`).
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
