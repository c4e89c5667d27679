import * as z from 'zod';
import { Subtask } from '../domain/plan.ts';
import { ProblemSchema } from '../domain/run.ts';
import { Proof } from './proof.ts';

export const WebhookType = z.enum([
  'run.accepted',
  'run.planned',
  'run.completed',
  'run.failed',
  'run.cancelled',
]);
export type WebhookType = z.infer<typeof WebhookType>;

/** What a webhook says of a run: the same fields for every type, null where there is nothing (yet). */
export const WebhookData = z
  .object({
    run_id: z.string(),
    /** `accepted`, `planned`, or how it ended. */
    status: z.enum(['accepted', 'planned', 'succeeded', 'unproven', 'failed', 'cancelled']),
    /** Which of ROMA’s executions it does. */
    execution: z
      .object({ execution_id: z.string(), roma_task_id: z.string().nullable() })
      .readonly()
      .nullable(),
    /** `owner/name`; null for work from nothing. */
    repository: z.string().nullable(),
    /** Null for a run that came through the API. */
    subject: z
      .object({ kind: z.enum(['issue', 'pull-request']), number: z.number().int(), url: z.string() })
      .readonly()
      .nullable(),
    /** Login of whoever asked on the forge. */
    requested_by: z.string().nullable(),
    /** ROMA’s form, with `run.planned` alone; text that models wrote. `context_input` and `files` are left out. */
    plan: z
      .object({
        subtasks: z.array(Subtask.unwrap().pick({ goal: true, task_type: true }).readonly()).readonly(),
        dependencies_graph: z.record(z.string(), z.array(z.string())),
      })
      .readonly()
      .nullable(),
    pull_request: z
      .object({
        number: z.number().int(),
        url: z.string(),
        branch: z.string(),
        commit: z.string(),
        draft: z.boolean(),
      })
      .readonly()
      .nullable(),
    proof: Proof.unwrap().shape.verdict.nullable(),
    cost_usd: z.number().nonnegative(),
    /** `provider:model`, in the order they were first paid. */
    models: z.array(z.string()).readonly(),
    problem: ProblemSchema.nullable(),
    /** The run's page; null when the server has no public address. */
    run_url: z.string().nullable(),
  })
  .readonly();
export type WebhookData = z.infer<typeof WebhookData>;

/** The body of a webhook. `timestamp`: when it happened, the same on every attempt. */
export const WebhookMessage = z
  .object({ type: WebhookType, timestamp: z.iso.datetime(), data: WebhookData })
  .readonly();
