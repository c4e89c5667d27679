import * as z from 'zod';

/**
 * What a key is good for: `execute` the service that ROMA calls, `runs` the run pages and the runs API, `admin`
 * everything, keys included.
 */
export const Scope = z.enum(['execute', 'runs', 'admin']);
export type Scope = z.infer<typeof Scope>;

/** What may be told of a key: all but the key. Times are ISO 8601. */
export const ApiKey = z
  .object({
    /** `ptc_` and 16 hex digits: what the key begins with, so that a key found somewhere can be revoked. */
    id: z.string(),
    name: z.string(),
    scopes: z.array(Scope).readonly(),
    createdAt: z.iso.datetime(),
    /** To the hour; null while nobody has used it. */
    lastUsedAt: z.iso.datetime().nullable(),
    revokedAt: z.iso.datetime().nullable(),
  })
  .readonly();
export type ApiKey = z.infer<typeof ApiKey>;

/** A key as it is kept: `hash` is the SHA-256 of the whole key, in hex. */
export interface StoredKey extends ApiKey {
  readonly hash: string;
}
