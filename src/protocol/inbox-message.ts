import * as z from 'zod';
import { ProblemSchema } from '../domain/run.ts';
import { ModelReply } from './conversation.ts';

/**
 * What the app puts into a workspace's `inbox/`, one JSON file each, named `NNNNNN-<type>.json` and put there
 * by rename. Messages may be repeated: a reply is known by its request, the rest by what it says.
 */
export const InboxMessage = z.discriminatedUnion('type', [
  /** A read-only token for one repository. The runner deletes the file as soon as it has read it. */
  z
    .object({ type: z.literal('clone-token'), token: z.string().min(1), expiresAt: z.iso.datetime() })
    .readonly(),
  z.object({ type: z.literal('model.reply'), requestId: z.string(), reply: ModelReply }).readonly(),
  /** The request will not be answered, after all retries: `problem` ends the job. */
  z.object({ type: z.literal('model.error'), requestId: z.string(), problem: ProblemSchema }).readonly(),
  z.object({ type: z.literal('message'), from: z.string(), text: z.string() }).readonly(),
  z.object({ type: z.literal('cancel'), reason: z.string() }).readonly(),
]);
export type InboxMessage = z.infer<typeof InboxMessage>;
