import { type ApiKey, type StoredKey } from '../domain/api-key.ts';
import { type Database } from './database.ts';
import { inBatches } from './in-batches.ts';
import { toJson, toText } from './json.ts';
import { whenReachable } from './transient.ts';

/** The table of API keys. Rows are never deleted: where there was a key once, the listener stays closed. */
interface KeyTable {
  /** Safe to repeat: an id is never drawn twice. */
  insert(key: StoredKey): Promise<void>;
  find(id: string): Promise<StoredKey | null>;
  /** Newest first. */
  list(): Promise<readonly ApiKey[]>;
  /** Is there any, revoked ones included? */
  hasAny(): Promise<boolean>;
  /** The key as it is now, null when there is none. Revoked twice, the first time stays. */
  revoke(id: string, now: Date): Promise<ApiKey | null>;
  markUsed(id: string, now: Date): Promise<void>;
}

const MAX_BATCH = 1000;
const SHOWN = ['id', 'name', 'scopes', 'created_at', 'last_used_at', 'revoked_at'] as const;
const FIND = `select ${SHOWN.join(', ')}, hash from api_keys where id = any($1::text[])`;

export function createKeyTable(database: Database): KeyTable {
  const { kysely } = database;
  const find = inBatches({
    ask: (ids: readonly string[]) => whenReachable(() => findAll(database, ids)),
    sizeOf: () => 1,
    maxQuestions: MAX_BATCH,
    maxSize: MAX_BATCH,
  });
  return {
    insert: ({ id, name, scopes, createdAt, hash }) =>
      whenReachable(async () => {
        await kysely
          .insertInto('api_keys')
          .values({ id, name: toText(name), scopes: toJson(scopes), hash, created_at: createdAt })
          .onConflict((conflict) => conflict.column('id').doNothing())
          .execute();
      }),
    find,
    list: () =>
      whenReachable(async () => {
        const rows = await kysely
          .selectFrom('api_keys')
          .select(SHOWN)
          .orderBy('created_at', 'desc')
          .orderBy('id')
          .execute();
        return rows.map(shown);
      }),
    hasAny: () =>
      whenReachable(async () => {
        const row = await kysely.selectFrom('api_keys').select('id').limit(1).executeTakeFirst();
        return row !== undefined;
      }),
    revoke: (asked, now) =>
      whenReachable(async () => {
        const id = toText(asked);
        await kysely
          .updateTable('api_keys')
          .set({ revoked_at: now })
          .where('id', '=', id)
          .where('revoked_at', 'is', null)
          .execute();
        const row = await kysely.selectFrom('api_keys').select(SHOWN).where('id', '=', id).executeTakeFirst();
        return row === undefined ? null : shown(row);
      }),
    markUsed: (id, now) =>
      whenReachable(async () => {
        await kysely.updateTable('api_keys').set({ last_used_at: now }).where('id', '=', id).execute();
      }),
  };
}

/** Each request asks for its key anew, so that a revocation holds at once; those that come together ask together. */
async function findAll({ pool }: Database, ids: readonly string[]): Promise<readonly (StoredKey | null)[]> {
  const { rows } = await pool.query<Shown & { readonly hash: string }>(FIND, [[...new Set(ids)]]);
  const byId = new Map(rows.map((row) => [row.id, { ...shown(row), hash: row.hash }]));
  return ids.map((id) => byId.get(id) ?? null);
}

interface Shown {
  readonly id: string;
  readonly name: string;
  readonly scopes: ApiKey['scopes'];
  readonly created_at: Date;
  readonly last_used_at: Date | null;
  readonly revoked_at: Date | null;
}

const shown = (row: Shown): ApiKey => ({
  id: row.id,
  name: row.name,
  scopes: row.scopes,
  createdAt: row.created_at.toISOString(),
  lastUsedAt: row.last_used_at?.toISOString() ?? null,
  revokedAt: row.revoked_at?.toISOString() ?? null,
});
