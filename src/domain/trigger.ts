import * as z from 'zod';

/** A GitHub account, as a delivery names it. */
export const Account = z
  .object({ login: z.string().min(1), id: z.number().int(), type: z.string() })
  .readonly();
export type Account = z.infer<typeof Account>;

/** One repository on the forge. `id` is the stable identity; owner and name may change. */
export const RepositoryRef = z
  .object({
    id: z.number().int(),
    owner: z.string().min(1),
    name: z.string().min(1),
    defaultBranch: z.string().min(1),
    cloneUrl: z.url(),
    private: z.boolean(),
  })
  .readonly();
export type RepositoryRef = z.infer<typeof RepositoryRef>;

export const fullName = (repository: Pick<RepositoryRef, 'owner' | 'name'>): string =>
  `${repository.owner}/${repository.name}`;

/** The issue or pull request a trigger came from, with the texts of that very delivery. */
export const Subject = z
  .object({
    kind: z.enum(['issue', 'pull-request']),
    number: z.number().int().positive(),
    title: z.string(),
    body: z.string(),
    url: z.string(),
  })
  .readonly();
export type Subject = z.infer<typeof Subject>;

/** What a `/ptc` line asks for. A label is `build` without words. */
export const Command = z.discriminatedUnion('name', [
  z
    .object({
      name: z.literal('build'),
      /** Free words of the requester, part of the task. */
      words: z.string(),
      /** Paths the requester lets the publish gate pass although it would ask (`--allow PATH`). */
      allow: z.array(z.string()).readonly(),
    })
    .readonly(),
  z.object({ name: z.literal('status') }).readonly(),
  z.object({ name: z.literal('cancel') }).readonly(),
  z.object({ name: z.literal('help'), unknown: z.string().nullable() }).readonly(),
  /** Nobody writes this one: what was done starts nothing, a person would wonder why, and `text` tells. */
  z.object({ name: z.literal('explain'), text: z.string() }).readonly(),
]);
export type Command = z.infer<typeof Command>;

/**
 * One accepted delivery. Everything the task consists of is in here: later edits of the issue or the comment
 * change nothing.
 */
export const Trigger = z
  .object({
    /** GitHub's delivery GUID: one delivery is one trigger. */
    deliveryId: z.string().min(1),
    installationId: z.number().int(),
    repository: RepositoryRef,
    subject: Subject,
    /** The comment that carried the command; null for a label. */
    commentId: z.number().int().nullable(),
    requester: Account,
    command: Command,
    receivedAt: z.iso.datetime(),
  })
  .readonly();
export type Trigger = z.infer<typeof Trigger>;

/** A delivery that asks for nothing, and why: for the log. */
export interface Ignored {
  readonly ignored: true;
  readonly reason: string;
}

export const ignored = (reason: string): Ignored => ({ ignored: true, reason });
