import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { sql } from 'kysely';
import { expect, onTestFinished, test } from 'vitest';
import { openDatabase } from '../../src/store/database.ts';
import { migrate } from '../../src/store/migrations.ts';
import { createRunStore } from '../../src/store/runs.ts';
import { sampleCall, sampleRun } from './samples.ts';

test('model calls of the first schema are still read, and counted under the model’s name of today', async () => {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'ptc-migrations-'));
  const database = await openDatabase({ dataFolder: folder });
  onTestFinished(async () => {
    await database.close();
    await rm(folder, { recursive: true });
  });
  const never = new AbortController().signal;
  await migrate(database, never);
  const store = createRunStore(database);
  const run = sampleRun();
  const call = sampleCall('main/1', { reply: { ...sampleCall('x').reply, model: 'of/a:family' } });
  await store.create(run);
  await store.saveModelCall(run.id, call);
  // Back to what an older version has left behind.
  await sql`alter table model_calls drop column passed_over, drop column escalated`.execute(database.kysely);
  await sql`update model_calls set model = 'anthropic/of/a:family'`.execute(database.kysely);
  await sql`delete from ptc_migration where name <> '0001-first'`.execute(database.kysely);
  await migrate(database, never);

  expect(await store.modelCalls(run.id)).toEqual([call]);
  expect((await store.spending(run.id)).models).toMatchObject([
    { name: 'anthropic:of/a:family', requests: 1 },
  ]);
});
