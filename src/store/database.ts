import { mkdir, rename, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { Kysely, PostgresDialect } from 'kysely';
import { Client, type ClientBase, Pool } from 'pg';
import { PtcError } from '../domain/errors.ts';
import { type Log } from '../run/ports.ts';
import { type FolderLock, lockFolder } from './folder-lock.ts';
import { type Tables } from './tables.ts';
import { whenReachable } from './transient.ts';

const MAX_CONNECTIONS = 10;
const CONNECT_TIMEOUT_MS = 10_000;
const STATEMENT_TIMEOUT_MS = 30_000;
/** Longer than the server's own limit: it fires only when the network is dead. */
const QUERY_TIMEOUT_MS = 40_000;

/** An open database. On `pglite` the pool holds one connection, shared with everybody: never wait on anything else while holding it. */
export interface Database {
  readonly kind: 'postgres' | 'pglite';
  readonly pool: Pool;
  readonly kysely: Kysely<Tables>;
  /** Ends the connections and, for PGlite, gives the folder back. May be called more than once. */
  close(): Promise<void>;
}

export interface DatabaseSettings {
  /** Postgres by URL. Without one, PGlite in `<dataFolder>/pglite`. */
  readonly databaseUrl?: string;
  readonly dataFolder: string;
  readonly signal?: AbortSignal;
  /** Told of idle connections that broke. */
  readonly log?: Pick<Log, 'warn'>;
}

/**
 * Opens the database without touching its schema (see migrations.ts). Rejects with `database-unavailable`,
 * `database-refused`, `data-folder-in-use` or `data-folder-unusable`.
 */
export async function openDatabase(settings: DatabaseSettings): Promise<Database> {
  settings.signal?.throwIfAborted();
  return settings.databaseUrl === undefined
    ? openEmbedded(settings)
    : openPostgres(settings.databaseUrl, settings);
}

async function openPostgres(databaseUrl: string, settings: DatabaseSettings): Promise<Database> {
  const pool = new Pool({
    connectionString: databaseUrl,
    application_name: 'ptc-bot',
    max: MAX_CONNECTIONS,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    statement_timeout: STATEMENT_TIMEOUT_MS,
    query_timeout: QUERY_TIMEOUT_MS,
    keepAlive: true,
  });
  watchConnections(pool, settings);
  try {
    await whenReachable(() => pool.query('select 1'), settings.signal);
  } catch (error) {
    await pool.end();
    if (error instanceof PtcError || settings.signal?.aborted) throw error;
    throw refused(error);
  }
  return handle('postgres', pool, async () => {});
}

async function openEmbedded(settings: DatabaseSettings): Promise<Database> {
  const { dataFolder } = settings;
  const lock = await lockFolder(dataFolder);
  try {
    const { pool, closeEngine } = await startPglite(path.join(dataFolder, 'pglite'));
    watchConnections(pool, settings);
    return handle('pglite', pool, async () => {
      await closeEngine();
      lock.release();
    });
  } catch (error) {
    throw giveUp(lock, dataFolder, error);
  }
}

async function startPglite(folder: string): Promise<{ pool: Pool; closeEngine: () => Promise<void> }> {
  spareMemory();
  // Loaded only when used: its WebAssembly costs memory that a worker on Postgres need not pay.
  const { PGlite } = await import('@electric-sql/pglite');
  const { createPgConfig } = await import('@electric-sql/pglite/node-postgres');
  const readyFile = path.join(folder, 'PTC_READY');
  await setAsideUnfinished(folder, readyFile);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const engine = await PGlite.create(folder, { postgresqlconf: ['shared_buffers=8MB'] });
  await writeFile(readyFile, '');
  const options = {
    Client: bridgedClient(() => createPgConfig(engine)),
    max: 1,
    idleTimeoutMillis: 0,
    onConnect: resetSession,
  };
  const pool = new Pool(options);
  return { pool, closeEngine: () => engine.close() };
}

/**
 * V8's optimizing compiler takes hundreds of megabytes for PGlite's WebAssembly and doubles its start; the
 * baseline compiler's code is fast enough here (`npm run bench:overhead` shows the memory).
 */
function spareMemory(): void {
  for (const flag of ['--liftoff-only', '--no-wasm-tier-up', '--no-wasm-dynamic-tiering']) {
    setFlagsFromString(flag);
  }
}

/**
 * The bridge's configuration carries one connection, which two clients must not share: a client that ends
 * would tell its successor that the connection is gone.
 */
function bridgedClient(bridge: () => object): new () => Client {
  return class BridgedClient extends Client {
    constructor() {
      super(bridge());
    }
  };
}

/** The engine has one session for ever: a new client must not find an old one's open transaction or locks. */
async function resetSession(client: ClientBase): Promise<void> {
  await client.query('rollback');
  await client.query('discard all');
}

/** A folder whose creation was cut short can never be opened and holds nothing: it makes room for a new one. */
async function setAsideUnfinished(folder: string, readyFile: string): Promise<void> {
  const exists = async (file: string): Promise<boolean> =>
    stat(file).then(
      () => true,
      () => false,
    );
  if ((await exists(folder)) && !(await exists(readyFile))) {
    await rename(folder, `${folder}.unfinished-${Date.now()}`);
  }
}

function handle(kind: Database['kind'], pool: Pool, release: () => Promise<void>): Database {
  const kysely = new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) });
  let closing: Promise<void> | null = null;
  return {
    kind,
    pool,
    kysely,
    close: () => (closing ??= pool.end().then(release)),
  };
}

function watchConnections(pool: Pool, settings: DatabaseSettings): void {
  // Without a listener a connection that breaks, idle or in use, would end the process. Whoever uses it is
  // told by the query's own error.
  pool.on('connect', (client) => client.on('error', () => {}));
  pool.on('error', (error) => settings.log?.warn({ reason: error.message }, 'a database connection broke'));
}

function refused(cause: unknown): PtcError {
  return new PtcError(
    {
      code: 'database-refused',
      message: `Postgres refused the connection: ${cause instanceof Error ? cause.message : String(cause)}`,
      remedy: 'Check user, password, host and database name in DATABASE_URL.',
      retryable: false,
    },
    { cause },
  );
}

function giveUp(lock: FolderLock, dataFolder: string, cause: unknown): PtcError {
  lock.release();
  return new PtcError(
    {
      code: 'data-folder-unusable',
      message: `The embedded database in ${dataFolder} cannot be opened: ${cause instanceof Error ? cause.message : String(cause)}`,
      remedy:
        'Check the disk and the folder’s permissions. If the machine lost power, restore the folder from a backup, or move it away to start empty.',
      retryable: false,
    },
    { cause },
  );
}
