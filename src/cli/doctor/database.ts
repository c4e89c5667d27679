import { stat } from 'node:fs/promises';
import path from 'node:path';
import { Client } from 'pg';
import { toProblem } from '../../domain/errors.ts';
import { lockFolder } from '../../store/folder-lock.ts';
import { type Finding, fail, ok } from './finding.ts';

const TIMEOUT_MS = 10_000;
const NAME = 'database';

/** Can the server open its database? Nothing is made or migrated. */
export const databaseFinding = (databaseUrl: string | undefined, dataFolder: string): Promise<Finding> =>
  databaseUrl === undefined ? embedded(dataFolder) : postgres(databaseUrl);

async function postgres(databaseUrl: string): Promise<Finding> {
  const remedy = 'Check user, password, host and database name in DATABASE_URL.';
  let client: Client;
  try {
    client = new Client({
      connectionString: databaseUrl,
      connectionTimeoutMillis: TIMEOUT_MS,
      query_timeout: TIMEOUT_MS,
    });
  } catch {
    // The reason would repeat the address, and the password in it.
    return fail(NAME, 'DATABASE_URL is no address of a Postgres', remedy);
  }
  client.on('error', () => {});
  try {
    await client.connect();
    const { rows } = await client.query<{ server_version: string }>('show server_version');
    return ok(NAME, `Postgres ${rows[0]?.server_version ?? ''}`);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? ` (${String(error.code)})` : '';
    return fail(NAME, `Postgres cannot be reached or refuses us${code}`, remedy);
  } finally {
    await client.end().catch(() => {});
  }
}

async function embedded(dataFolder: string): Promise<Finding> {
  const isThere = await stat(path.join(dataFolder, 'pglite')).then(
    () => true,
    () => false,
  );
  if (!isThere) return ok(NAME, `embedded, made in ${dataFolder} when the server first starts`);
  try {
    (await lockFolder(dataFolder)).release();
    return ok(NAME, `embedded, in ${dataFolder}`);
  } catch (error) {
    const { code, message, remedy } = toProblem(error);
    return code === 'data-folder-in-use'
      ? ok(NAME, `embedded, and at work: ${message}`)
      : fail(NAME, `${dataFolder} cannot be used: ${message}`, remedy);
  }
}
