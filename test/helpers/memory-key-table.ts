import { type KeyTable } from '../../src/api/access/keyring.ts';
import { type StoredKey } from '../../src/domain/api-key.ts';

/** Keys in memory, for tests of what stands in front of them. */
export function memoryKeyTable(): KeyTable {
  const keys = new Map<string, StoredKey>();
  const change = (id: string, changed: Partial<StoredKey>): StoredKey | null => {
    const key = keys.get(id);
    if (key === undefined) return null;
    keys.set(id, { ...key, ...changed });
    return { ...key, ...changed };
  };
  return {
    insert: async (key) => void keys.set(key.id, key),
    find: async (id) => keys.get(id) ?? null,
    list: async () => [...keys.values()].toReversed(),
    hasAny: async () => keys.size > 0,
    async revoke(id, now) {
      const { revokedAt } = keys.get(id) ?? { revokedAt: null };
      return change(id, { revokedAt: revokedAt ?? now.toISOString() });
    },
    markUsed: async (id, now) => void change(id, { lastUsedAt: now.toISOString() }),
  };
}
