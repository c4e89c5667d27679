import { setTimeout as sleep } from 'node:timers/promises';
import { type ClientBase } from 'pg';
import { type Database } from './database.ts';

const RETRY_MS = 200;

/** What processes that share a database take turns at. */
const LOCKS = { 'start-up': 7_812_001, housekeeping: 7_812_002 } as const;
type LockName = keyof typeof LOCKS;

/**
 * Does `work` while no other process holds the same lock; waits for it until `signal` aborts. The lock ends
 * with its connection, so a dead process holds nothing up. `work` must use other connections of the pool. On
 * PGlite there is one process and one connection, and nothing to lock.
 */
export async function withLock<T>(
  database: Database,
  name: LockName,
  signal: AbortSignal,
  work: () => Promise<T>,
): Promise<T> {
  if (database.kind === 'pglite') return work();
  const client = await database.pool.connect();
  let broken: Error | undefined;
  try {
    while (!(await tryLock(client, LOCKS[name]))) await sleep(RETRY_MS, undefined, { signal });
    try {
      return await work();
    } finally {
      await client.query('select pg_advisory_unlock($1)', [LOCKS[name]]).catch((error: Error) => {
        broken = error;
      });
    }
  } finally {
    client.release(broken);
  }
}

async function tryLock(client: ClientBase, key: number): Promise<boolean> {
  const { rows } = await client.query<{ held: boolean }>('select pg_try_advisory_lock($1) as held', [key]);
  return rows[0]?.held === true;
}
