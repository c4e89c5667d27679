import { describe, expect, test } from 'vitest';
import { type StoredKey } from '../../src/domain/api-key.ts';
import { createKeyTable } from '../../src/store/api-keys.ts';
import { onEveryDatabase } from './every-database.ts';

const sampleKey = (different: Partial<StoredKey>): StoredKey => ({
  id: 'ptc_0123456789abcdef',
  name: 'ROMA’s\u0001 “key”',
  scopes: ['execute', 'runs'],
  hash: 'ab'.repeat(32),
  createdAt: '2026-11-25T10:00:00.123Z',
  lastUsedAt: null,
  revokedAt: null,
  ...different,
});

onEveryDatabase('API keys', (database) => {
  describe('the table of keys', () => {
    test('gives a key back as it was kept, its hash only to who looks for it, and keeps revoked ones', async () => {
      const table = createKeyTable(database());
      const older = sampleKey({});
      const newer = sampleKey({ id: 'ptc_fedcba9876543210', createdAt: '2026-11-25T11:00:00.000Z' });
      const used = new Date('2026-11-25T12:00:00.000Z');
      const revoked = new Date('2026-11-25T13:00:00.000Z');

      expect(await table.hasAny()).toBe(false);
      await table.insert(older);
      await table.insert(older);
      await table.insert(newer);
      expect(await table.hasAny()).toBe(true);
      expect(await table.find(older.id)).toEqual(older);
      expect(await table.find('')).toBeNull();

      await table.markUsed(older.id, used);
      expect(await table.revoke(older.id, revoked)).toMatchObject({ revokedAt: revoked.toISOString() });
      await table.revoke(older.id, new Date('2026-11-25T14:00:00.000Z'));
      expect(await table.revoke('ptc_0000000000000000', revoked)).toBeNull();
      expect(await table.find(older.id)).toEqual({
        ...older,
        lastUsedAt: used.toISOString(),
        revokedAt: revoked.toISOString(),
      });

      const listed = await table.list();
      expect(listed.map(({ id, revokedAt }) => [id, revokedAt])).toEqual([
        [newer.id, null],
        [older.id, revoked.toISOString()],
      ]);
      expect(JSON.stringify(listed)).not.toContain(older.hash);
      expect(await table.hasAny()).toBe(true);
    });

    test('answers many at once each with its own, and none with what was so before it was asked', async () => {
      const table = createKeyTable(database());
      const ids = Array.from({ length: 20 }, (_, index) => `ptc_${String(index).padStart(16, '0')}`);
      for (const id of ids.slice(0, 10)) await table.insert(sampleKey({ id, name: id }));
      const asked = [...ids, ...ids, ''];
      const found = await Promise.all(asked.map((id) => table.find(id)));

      expect(found.map((key) => key?.name ?? null)).toEqual(
        asked.map((id) => (ids.indexOf(id) >= 0 && ids.indexOf(id) < 10 ? id : null)),
      );

      const [id = ''] = ids;
      const before = [table.find(id), table.find(id)];
      await table.revoke(id, new Date('2026-11-25T13:00:00.000Z'));
      const after = await table.find(id);
      await Promise.all(before);
      expect(after?.revokedAt).toBe('2026-11-25T13:00:00.000Z');
    });
  });
});
