import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { sql } from 'kysely';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { toProblem } from '../../src/domain/errors.ts';
import { type Database, openDatabase } from '../../src/store/database.ts';
import { migrate, MIGRATIONS } from '../../src/store/migrations.ts';
import { createRunStore } from '../../src/store/runs.ts';
import { postgresAvailable, startPostgres, type TestPostgres } from '../helpers/postgres.ts';
import { describeWith } from '../helpers/required-tool.ts';
import { sampleRun } from './samples.ts';

const ENTRY = new URL('../../src/store/database.ts', import.meta.url).href;

describe('the embedded database', () => {
  let dataFolder: string;
  const opened: Database[] = [];
  const children: ChildProcess[] = [];
  const open = async (): Promise<Database> => {
    const database = await openDatabase({ dataFolder });
    opened.push(database);
    return database;
  };

  beforeEach(async () => {
    dataFolder = await mkdtemp(path.join(os.tmpdir(), 'ptc-database-'));
  });
  afterEach(async () => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
    await Promise.all(opened.splice(0).map((database) => database.close()));
    await rm(dataFolder, { recursive: true });
  });

  /** Resolves once another process has the folder open. */
  async function openElsewhere(): Promise<ChildProcess> {
    const code = `
      import { openDatabase } from ${JSON.stringify(ENTRY)};
      const database = await openDatabase({ dataFolder: ${JSON.stringify(dataFolder)} });
      process.stdout.write('open');
      setInterval(() => database, 1000);`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', code], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    children.push(child);
    await once(child.stdout, 'data');
    return child;
  }

  it('keeps what was stored when it is closed and opened again', async () => {
    const run = sampleRun();
    const first = await open();
    await migrate(first, new AbortController().signal);
    await createRunStore(first).create(run);
    await first.close();
    await first.close();
    const second = await open();
    await migrate(second, new AbortController().signal);
    expect((await createRunStore(second).get(run.id))?.run).toEqual(run);
  });

  it('is refused to a second process, with what to do instead', async () => {
    const child = await openElsewhere();
    const refusal = await open().catch((error: unknown) => toProblem(error));
    expect(refusal).toMatchObject({ code: 'data-folder-in-use', retryable: false });
    expect(JSON.stringify(refusal)).toContain(`process ${child.pid}`);
    expect(JSON.stringify(refusal)).toContain('DATABASE_URL');
  });

  it('is free again when its process was killed', async () => {
    const child = await openElsewhere();
    child.kill('SIGKILL');
    await once(child, 'exit');
    const database = await open();
    expect((await database.pool.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
  });

  it('starts anew beside a folder whose creation was cut short', async () => {
    await mkdir(path.join(dataFolder, 'pglite'));
    await writeFile(path.join(dataFolder, 'pglite', 'PG_VERSION'), '17\n');
    const database = await open();
    expect((await database.pool.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
    expect(await readdir(dataFolder)).toContainEqual(expect.stringMatching(/^pglite\.unfinished-/));
  });

  it('is one owner’s alone, and hands nothing of a broken client’s session to the next one', async () => {
    const { pool } = await open();
    await expect(open()).rejects.toMatchObject({ code: 'data-folder-in-use' });
    expect((await stat(path.join(dataFolder, 'pglite'))).mode & 0o077).toBe(0);
    await pool.query('create table kept (n integer)');
    const client = await pool.connect();
    await client.query('begin');
    await client.query('insert into kept values (1)');
    await expect(client.query('select nothing')).rejects.toThrow('nothing');
    client.release(true);
    expect((await pool.query('select * from kept')).rows).toEqual([]);
  });
});

describe('a Postgres that cannot be used', () => {
  it('is named when nothing answers, without the password', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : 0;
    server.close();
    const databaseUrl = `postgres://ptc:sesame@127.0.0.1:${port}/ptc`;
    const attempt = openDatabase({ databaseUrl, dataFolder: os.tmpdir() });
    await expect(attempt).rejects.toMatchObject({ code: 'database-unavailable', retryable: true });
    await expect(attempt).rejects.not.toThrow('sesame');
  });

  it('is not waited for when the start is called off', async () => {
    const databaseUrl = 'postgres://ptc@127.0.0.1:1/ptc';
    const stopped = new AbortController();
    const attempt = openDatabase({ databaseUrl, dataFolder: os.tmpdir(), signal: stopped.signal });
    stopped.abort();
    await expect(attempt).rejects.toMatchObject({ name: 'AbortError' });
  });
});

describeWith('postgres', postgresAvailable(), 'a database on Postgres', () => {
  let postgres: TestPostgres;
  beforeAll(async () => {
    postgres = await startPostgres();
  });
  afterAll(() => postgres.stop());

  const openNew = async (databaseUrl: string): Promise<Database> =>
    openDatabase({ databaseUrl, dataFolder: os.tmpdir() });

  it('refuses a database that is not there, for good', async () => {
    const url = new URL(await postgres.createDatabase());
    url.pathname = '/missing';
    await expect(openNew(url.href)).rejects.toMatchObject({ code: 'database-refused', retryable: false });
  });

  it('is migrated once by many that start at once', async () => {
    const url = await postgres.createDatabase();
    const databases = await Promise.all(Array.from({ length: 4 }, () => openNew(url)));
    await Promise.all(databases.map((database) => migrate(database, new AbortController().signal)));
    const applied = await databases[0]?.pool.query('select name from ptc_migration');
    expect(applied?.rows).toEqual(Object.keys(MIGRATIONS).map((name) => ({ name })));
    await Promise.all(databases.map((database) => database.close()));
  });

  it('lets a store’s call outlive a server that goes away and comes back', async () => {
    const database = await openNew(await postgres.createDatabase());
    await migrate(database, new AbortController().signal);
    const run = sampleRun();
    await postgres.goDown();
    const created = createRunStore(database).create(run);
    await postgres.comeBack();
    expect(await created).toBe('created');
    await database.close();
  });

  it('survives a server that goes away in the midst of a statement and between those of a transaction', async () => {
    const database = await openNew(await postgres.createDatabase());
    const asleep = database.pool.query('select pg_sleep(60)').catch(toProblem);
    const asleepToo = sql`select pg_sleep(60)`.execute(database.kysely).catch(toProblem);
    const begun = Promise.withResolvers<void>();
    const mayGoOn = Promise.withResolvers<void>();
    const transaction = database.kysely
      .transaction()
      .execute(async (db) => {
        await sql`select 1`.execute(db);
        begun.resolve();
        await mayGoOn.promise;
        await sql`select 2`.execute(db);
      })
      .catch(toProblem);
    await begun.promise;
    await postgres.goDown();
    mayGoOn.resolve();
    expect(await Promise.all([asleep, asleepToo, transaction])).toMatchObject(
      Array.from({ length: 3 }, () => ({ code: 'internal' })),
    );
    await postgres.comeBack();
    expect((await database.pool.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
    await database.close();
  });

  it('gives up with a retryable error when the server stays away', async () => {
    const database = await openNew(await postgres.createDatabase());
    await postgres.goDown();
    await expect(createRunStore(database).get('any')).rejects.toMatchObject({
      code: 'database-unavailable',
      retryable: true,
    });
    await postgres.comeBack();
    await database.close();
  });
});
