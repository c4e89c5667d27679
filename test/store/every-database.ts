import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe } from 'vitest';
import { type Database, openDatabase } from '../../src/store/database.ts';
import { migrate } from '../../src/store/migrations.ts';
import { postgresAvailable, startPostgres, type TestPostgres } from '../helpers/postgres.ts';
import { describeWith } from '../helpers/required-tool.ts';

/** The same tests on PGlite and on Postgres, each group with a migrated database of its own. */
export function onEveryDatabase(name: string, body: (database: () => Database) => void): void {
  describe(`${name} on PGlite`, () => {
    let folder: string;
    let database: Database;
    beforeAll(async () => {
      folder = await mkdtemp(path.join(os.tmpdir(), 'ptc-store-'));
      database = await openDatabase({ dataFolder: folder });
      await migrate(database, new AbortController().signal);
    });
    afterAll(async () => {
      await database.close();
      await rm(folder, { recursive: true });
    });
    body(() => database);
  });
  describeWith('postgres', postgresAvailable(), `${name} on Postgres`, () => {
    let postgres: TestPostgres;
    let database: Database;
    beforeAll(async () => {
      postgres = await startPostgres();
      const databaseUrl = await postgres.createDatabase();
      database = await openDatabase({ databaseUrl, dataFolder: os.tmpdir() });
      await migrate(database, new AbortController().signal);
    });
    afterAll(async () => {
      await database.close();
      await postgres.stop();
    });
    body(() => database);
  });
}
