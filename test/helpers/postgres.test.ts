import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type TestPostgres, postgresAvailable, startPostgres } from './postgres.ts';
import { describeWith } from './required-tool.ts';

async function ask(connectionString: string, sql: string): Promise<readonly unknown[]> {
  const client = new Client({ connectionString, connectionTimeoutMillis: 2000 });
  client.on('error', () => {});
  await client.connect();
  try {
    const { rows } = await client.query<Record<string, unknown>>(sql);
    return rows;
  } finally {
    await client.end();
  }
}

describeWith('postgres', postgresAvailable(), 'the throw-away PostgreSQL', () => {
  let server: TestPostgres;
  beforeAll(async () => {
    server = await startPostgres();
  });
  afterAll(() => server.stop());

  it('gives databases that do not see each other', async () => {
    const [one, two] = [await server.createDatabase(), await server.createDatabase()];
    await ask(one, 'CREATE TABLE run (id int)');
    expect(await ask(one, "SELECT to_regclass('run') IS NOT NULL AS known")).toEqual([{ known: true }]);
    expect(await ask(two, "SELECT to_regclass('run') IS NOT NULL AS known")).toEqual([{ known: false }]);
  });

  it('refuses connections while it is down and has its data when it is back', async () => {
    const url = await server.createDatabase();
    await ask(url, 'CREATE TABLE run (id int)');
    await server.goDown();
    await expect(ask(url, 'SELECT 1')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    await server.comeBack();
    expect(await ask(url, 'SELECT count(*)::int AS n FROM run')).toEqual([{ n: 0 }]);
  });

  it('answers nothing while it is frozen, then everything', async () => {
    const url = await server.createDatabase();
    await server.freeze();
    const answer = ask(url, 'SELECT 1 AS one').catch((error: unknown) => error);
    const first = await Promise.race([answer, sleep(200, 'nothing yet')]);
    await server.thaw();
    expect(first).toBe('nothing yet');
    expect(await answer).toEqual([{ one: 1 }]);
  });
});
