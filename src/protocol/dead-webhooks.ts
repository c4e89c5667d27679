import * as z from 'zod';
import { WebhookType } from './outgoing-webhook.ts';

/** An event that a receiver never took. */
export const DeadWebhook = z
  .object({
    /** Stable over retries, and the same for every receiver. */
    id: z.string(),
    runId: z.string(),
    type: WebhookType,
    /** The receiver: the number of one of the operator's, from 1, or the origin of a callback. */
    endpoint: z.string(),
    attempts: z.number().int().nonnegative(),
    deadAt: z.iso.datetime(),
    lastError: z.string().nullable(),
  })
  .readonly();
export type DeadWebhook = z.infer<typeof DeadWebhook>;

/** `GET /api/v1/webhooks/dead`: the latest first. */
export const DeadWebhookList = z.object({ webhooks: z.array(DeadWebhook).readonly() }).readonly();
export type DeadWebhookList = z.infer<typeof DeadWebhookList>;

/** `POST /api/v1/webhooks/:id/resend`: for how many receivers the event is due again. */
export const ResentWebhook = z.object({ id: z.string(), receivers: z.number().int().positive() }).readonly();
export type ResentWebhook = z.infer<typeof ResentWebhook>;
