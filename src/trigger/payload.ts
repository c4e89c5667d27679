import * as z from 'zod';
import { Account } from '../domain/trigger.ts';

/**
 * The fields we use of the payloads GitHub sends. Unknown keys are dropped: GitHub adds some now and then, and
 * what is not named here must not matter.
 */
export const DeliveryPayload = z.object({
  action: z.string(),
  sender: Account,
  installation: z.object({ id: z.number().int() }).nullish(),
  repository: z.object({
    id: z.number().int(),
    name: z.string().min(1),
    owner: z.object({ login: z.string().min(1) }),
    default_branch: z.string().min(1),
    clone_url: z.url(),
    private: z.boolean(),
    archived: z.boolean().optional(),
  }),
  issue: z.object({
    number: z.number().int().positive(),
    title: z.string(),
    body: z.string().nullish(),
    html_url: z.string(),
    state: z.string().optional(),
    /** Present exactly when the issue is a pull request. */
    pull_request: z.object({}).nullish(),
  }),
});
export type DeliveryPayload = z.infer<typeof DeliveryPayload>;

export const IssuesPayload = DeliveryPayload.extend({
  label: z.object({ name: z.string() }).nullish(),
});

export const PullRequestPayload = DeliveryPayload.omit({ issue: true }).extend({
  label: z.object({ name: z.string() }).nullish(),
  pull_request: DeliveryPayload.shape.issue.omit({ pull_request: true }),
});

export const IssueCommentPayload = DeliveryPayload.extend({
  comment: z.object({
    id: z.number().int(),
    body: z.string(),
    user: z.object({ id: z.number().int() }).nullable(),
    performed_via_github_app: z.object({ id: z.number().int() }).nullish(),
  }),
});
