import * as z from 'zod';
import { ApiKey, Scope } from '../domain/api-key.ts';

/** `POST /api/v1/keys` */
export const KeyRequest = z.strictObject({
  name: z.string().trim().min(1).max(100),
  scopes: z.array(Scope).min(1).readonly(),
});
export type KeyRequest = z.infer<typeof KeyRequest>;

/** Its answer: the only time that the key itself is said. */
export const CreatedKey = z.object({ key: z.string(), record: ApiKey });
export type CreatedKey = z.infer<typeof CreatedKey>;

/** `GET /api/v1/keys`: newest first, revoked ones too. */
export const KeyList = z.object({ keys: z.array(ApiKey) });
export type KeyList = z.infer<typeof KeyList>;
