import { hash, randomBytes, timingSafeEqual } from 'node:crypto';
import { type ApiKey, type Scope, type StoredKey } from '../../domain/api-key.ts';
import { type CreatedKey, type KeyRequest } from '../../protocol/api-keys.ts';
import { type Log } from '../../run/ports.ts';

/** Where keys are kept; src/store/api-keys.ts says what each method promises. */
export interface KeyTable {
  insert(key: StoredKey): Promise<void>;
  find(id: string): Promise<StoredKey | null>;
  list(): Promise<readonly ApiKey[]>;
  hasAny(): Promise<boolean>;
  revoke(id: string, now: Date): Promise<ApiKey | null>;
  markUsed(id: string, now: Date): Promise<void>;
}

export interface KeyringSettings {
  readonly table: KeyTable;
  /** Good for everything on this server, until it ends. */
  readonly serverToken: string;
  readonly log: Log;
}

/** Every key there is, and what each is good for. */
export interface Keyring {
  /** What the holder of this credential may do; null when it is neither a living key nor the server's token. */
  scopesOf(credential: string): Promise<readonly Scope[] | null>;
  /** Was there ever a key? Yes is for good; no holds for a second, in which another server may have made one. */
  hasAny(): Promise<boolean>;
  create(request: KeyRequest): Promise<CreatedKey>;
  /** Newest first. */
  list(): Promise<readonly ApiKey[]>;
  /** The key as it is now; null when there is none of this id. */
  revoke(id: string): Promise<ApiKey | null>;
}

const USE_GRAIN_MS = 3_600_000;
const NONE_HOLDS_MS = 1000;
const KEY = /^(ptc_[0-9a-f]{16})_[\w-]{43}$/;
const NO_HASH = Buffer.alloc(32);

/** A text of 256 random bits after `prefix`: nobody guesses it. */
export const randomSecret = (prefix: string): string => `${prefix}_${randomBytes(32).toString('base64url')}`;

/** Is this key good for that? `admin` is good for everything. */
export const allows = (scopes: readonly Scope[], needed: Scope): boolean =>
  scopes.includes(needed) || scopes.includes('admin');

export function createKeyring({ table, serverToken, log }: KeyringSettings): Keyring {
  const serverHash = sha256(serverToken);
  let everHadOne = false;
  let askedAt = -Infinity;

  return {
    async scopesOf(credential) {
      // The same work for every credential: one hash, one look-up, two comparisons.
      const hash = sha256(credential);
      const key = await table.find(KEY.exec(credential)?.[1] ?? '');
      const isServer = timingSafeEqual(hash, serverHash);
      const isKey = timingSafeEqual(hash, key === null ? NO_HASH : Buffer.from(key.hash, 'hex'));
      if (isServer) return ['admin'];
      if (key === null || !isKey || key.revokedAt !== null) return null;
      await noteUse(key, table, log);
      return key.scopes;
    },
    hasAny: async () => {
      if (everHadOne || performance.now() - askedAt < NONE_HOLDS_MS) return everHadOne;
      everHadOne = await table.hasAny();
      askedAt = performance.now();
      return everHadOne;
    },
    async create({ name, scopes }) {
      const id = `ptc_${randomBytes(8).toString('hex')}`;
      const key = randomSecret(id);
      const createdAt = new Date().toISOString();
      const record = { id, name, scopes, createdAt, lastUsedAt: null, revokedAt: null };
      await table.insert({ ...record, hash: sha256(key).toString('hex') });
      everHadOne = true;
      return { key, record };
    },
    list: () => table.list(),
    revoke: (id) => table.revoke(id, new Date()),
  };
}

/**
 * Plain SHA-256, once: a slow hash protects what people think up, and what has 256 random bits cannot be found by
 * trying, however fast.
 */
const sha256 = (text: string): Buffer => hash('sha256', text, 'buffer');

/** Once an hour is enough to find keys that nobody uses; it must not cost every request a write. */
async function noteUse({ id, lastUsedAt }: StoredKey, table: KeyTable, log: Log): Promise<void> {
  const now = new Date();
  if (lastUsedAt !== null && now.getTime() - Date.parse(lastUsedAt) < USE_GRAIN_MS) return;
  await table.markUsed(id, now).catch((error: unknown) => {
    log.warn({ keyId: id, reason: String(error) }, 'the use of a key could not be noted');
  });
}
