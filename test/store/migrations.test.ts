import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { sql } from 'kysely';
import { Migrator } from 'kysely/migration';
import { expect, onTestFinished, test } from 'vitest';
import { openDatabase } from '../../src/store/database.ts';
import { migrate, MIGRATIONS } from '../../src/store/migrations.ts';
import { createOutboxRows } from '../../src/store/outbox-rows.ts';
import { createRunStore } from '../../src/store/runs.ts';
import { sampleCall, sampleRun } from './samples.ts';

/** A database at an older schema. */
async function databaseAt(migration: string) {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'ptc-migrations-'));
  const database = await openDatabase({ dataFolder: folder });
  onTestFinished(async () => {
    await database.close();
    await rm(folder, { recursive: true });
  });
  const older = new Migrator({
    db: database.kysely,
    provider: { getMigrations: async () => ({ ...MIGRATIONS }) },
    migrationTableName: 'ptc_migration',
    migrationLockTableName: 'ptc_migration_lock',
  });
  expect((await older.migrateTo(migration)).error).toBeUndefined();
  return database;
}

test('model calls of the first schema are still read, and counted under the model’s name of today', async () => {
  const database = await databaseAt('0001-first');
  const { kysely } = database;
  const run = sampleRun();
  const call = sampleCall('main/1', { reply: { ...sampleCall('x').reply, model: 'of/a:family' } });
  await sql`insert into runs (id, run, repository_id, subject_number, branch, created_at)
    values (${run.id}, ${JSON.stringify(run)}, 1, 1, 'b', now())`.execute(kysely);
  await sql`insert into model_calls (run_id, request_key, request_id, reply, model, cost_usd, duration_ms,
      input_tokens, output_tokens)
    values (${run.id}, 'k', ${JSON.stringify('main/1')}, ${JSON.stringify(call.reply)},
      'anthropic/of/a:family', ${call.costUsd}, ${call.durationMs}, 1, 1)`.execute(kysely);
  await migrate(database, new AbortController().signal);

  const store = createRunStore(database);
  expect(await store.modelCalls(run.id)).toEqual([call]);
  expect(await store.spending(run.id)).toMatchObject({
    models: [{ name: 'anthropic:of/a:family', requests: 1 }],
    fallOvers: 0,
    escalations: 0,
  });
});

test('webhooks of older schemas are for the first receiver, and older runs have no callback', async () => {
  const database = await databaseAt('0003-jobs');
  const { callbackUrl: _later, ...run } = sampleRun();
  await sql`insert into runs (id, run, repository_id, subject_number, branch, created_at)
    values (${run.id}, ${JSON.stringify(run)}, 1, 1, 'b', now())`.execute(database.kysely);
  await sql`insert into webhook_outbox (id, run_id, type, payload, created_at, next_attempt_at)
    values ('old', ${run.id}, 'run.failed', '{}', now(), now())`.execute(database.kysely);
  await migrate(database, new AbortController().signal);

  const now = new Date(Date.now() + 60_000);
  expect(await createOutboxRows(database).claimDue(now, 5, now)).toMatchObject([
    { event: { id: 'old' }, endpoint: '1' },
  ]);
  expect((await createRunStore(database).get(run.id))?.run).toEqual({ ...run, callbackUrl: null });
});
