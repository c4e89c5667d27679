import * as z from 'zod';
import { PlanDocument, Subtask } from '../domain/plan.ts';
import { Phase, ProblemSchema } from '../domain/run.ts';
import { Proof } from './proof.ts';

const MAX_GOAL_LENGTH = 65_536;
const MAX_PATH_LENGTH = 1000;
const MAX_SECONDS = 86_400;

/** A branch as git allows it. */
export const BranchName = z
  .string()
  .min(1)
  .max(250)
  .refine((name) => isBranchName(name), 'is no name of a branch');

/** `owner/name` as GitHub allows it. */
export const RepositoryName = z
  .string()
  .regex(/^[\w-]{1,39}\/(?!\.{1,2}$)[\w.-]{1,100}$/, 'is not owner/name')
  .meta({ examples: ['octo/calculator'] });

/** What whoever asks wants kept to. The operator's own limits of money and time hold all the same. */
const RunRequestOptions = z.strictObject({
  budget_usd: z.number().positive().max(100_000).optional(),
  /** Paths that the publish gate lets through although it would ask. */
  allow: z.array(z.string().min(1).max(MAX_PATH_LENGTH)).max(100).readonly().optional(),
  /** Times the change may fail its checks, the first one included. */
  attempts: z.number().int().min(1).max(20).optional(),
  timeout_seconds: z.number().int().min(30).max(MAX_SECONDS).optional(),
  /** `provider:model`, or a provider for all of its models, in the order they are to be asked. */
  models: z.array(z.string().min(1).max(200)).min(1).max(20).readonly().optional(),
});

/** `POST /api/v1/runs` */
export const RunRequest = z
  .strictObject({
    repository: RepositoryName,
    /** The branch the work starts from and the pull request goes into; the default branch without one. */
    base: BranchName.nullish(),
    goal: z
      .string()
      .max(MAX_GOAL_LENGTH)
      .regex(/\S/, 'is empty')
      .refine((goal) => !goal.includes('\0') && goal.isWellFormed(), 'holds U+0000 or half a character'),
    /** ROMA's form; executed as given. */
    plan: PlanDocument.nullish(),
    options: RunRequestOptions.optional(),
    /** Where webhooks of this run go, besides the operator's receivers. */
    callback_url: z.string().max(4096).nullish(),
  })
  .readonly()
  .meta({ id: 'RunRequest' });
export type RunRequest = z.infer<typeof RunRequest>;

/** `running` is everything between the queue and the end. */
export const RunStatus = z.enum(['queued', 'running', 'succeeded', 'unproven', 'failed', 'cancelled']);
export type RunStatus = z.infer<typeof RunStatus>;

/** That a run was taken, or is asked to end. */
export const RunReceipt = z
  .object({ id: z.string(), url: z.string(), status: RunStatus })
  .readonly()
  .meta({ id: 'RunReceipt' });
export type RunReceipt = z.infer<typeof RunReceipt>;

const PullRequest = z
  .object({
    number: z.number().int(),
    url: z.string(),
    branch: z.string(),
    commit: z.string(),
    draft: z.boolean(),
  })
  .readonly();

/** One line of the list. Times are ISO 8601, null before they come. */
const summary = {
  id: z.string(),
  url: z.string(),
  status: RunStatus,
  phase: Phase,
  /** `owner/name`; null for work from nothing. */
  repository: z.string().nullable(),
  /** Null for a run that came through the API. */
  subject: z
    .object({ kind: z.enum(['issue', 'pull-request']), number: z.number().int(), url: z.string() })
    .readonly()
    .nullable(),
  /** Which of ROMA's executions it does. */
  execution: z
    .object({ execution_id: z.string(), roma_task_id: z.string().nullable() })
    .readonly()
    .nullable(),
  /** Login of whoever asked on the forge. */
  requested_by: z.string().nullable(),
  title: z.string(),
  pull_request: PullRequest.nullable(),
  problem: ProblemSchema.nullable(),
  created_at: z.string(),
  started_at: z.string().nullable(),
  finished_at: z.string().nullable(),
};

export const RunSummary = z.object(summary).readonly().meta({ id: 'RunSummary' });
export type RunSummary = z.infer<typeof RunSummary>;

/** `GET /api/v1/runs`: newest first; `next` is the `before` of the following page, null on the last one. */
export const RunList = z
  .object({ runs: z.array(RunSummary).readonly(), next: z.string().nullable() })
  .readonly()
  .meta({ id: 'RunList' });
export type RunList = z.infer<typeof RunList>;

const PlannedSubtask = z
  .object({
    ...Subtask.unwrap().pick({ goal: true, task_type: true }).shape,
    /** `worked-out`: it waits to be put together with the others. `stopped`: the run ended before it did. */
    state: z.enum(['waiting', 'at-work', 'worked-out', 'done', 'failed', 'skipped', 'stopped']),
    /** Why it failed or was skipped; else what it says of itself. */
    detail: z.string(),
  })
  .readonly();

const tokens = {
  cost_usd: z.number().nonnegative(),
  requests: z.number().int().nonnegative(),
  /** Tokens read from and written to a cache included. */
  input_tokens: z.number().int().nonnegative(),
  output_tokens: z.number().int().nonnegative(),
};

/** `GET /api/v1/runs/{id}` */
export const RunDocument = z
  .object({
    ...summary,
    /** The whole task in words. */
    goal: z.string(),
    /** The branch the work starts from. */
    base: z.string().nullable(),
    /** The branch the work goes to. */
    branch: z.string().nullable(),
    /** What is executed; null until there is a plan, and for one piece of work. */
    plan: z
      .object({
        subtasks: z.array(PlannedSubtask).readonly(),
        dependencies_graph: z.record(z.string(), z.array(z.string())),
      })
      .readonly()
      .nullable(),
    proof: z
      .object({ verdict: Proof.unwrap().shape.verdict, reasons: z.array(z.string()).readonly() })
      .readonly()
      .nullable(),
    /** What went another way than asked for without ending the run. */
    warnings: z.array(z.string()).readonly(),
    cancel_requested_by: z.string().nullable(),
    spending: z
      .object({
        ...tokens,
        models: z.array(z.object({ name: z.string(), ...tokens }).readonly()).readonly(),
      })
      .readonly(),
    links: z
      .object({
        events: z.string(),
        patch: z.string(),
        cancel: z.string(),
        retry: z.string(),
        page: z.string(),
      })
      .readonly(),
  })
  .readonly()
  .meta({ id: 'Run' });
export type RunDocument = z.infer<typeof RunDocument>;

/** The rules of `git check-ref-format`. */
function isBranchName(name: string): boolean {
  // oxlint-disable-next-line no-control-regex -- these are the characters that git refuses
  if (/[\u0000-\u0020\u007f~^:?*[\\]|\.\.|@\{|\/\/|^[-/.]|\/\.|[/.]$|^@$/.test(name)) return false;
  return !name.split('/').some((part) => part.endsWith('.lock')) && name.isWellFormed();
}
