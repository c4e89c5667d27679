import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, realpathSync } from 'node:fs';
import { chown, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Client } from 'pg';

const run = promisify(execFile);
const START_TIMEOUT_MS = 20_000;
const DEBIAN_ROOT = '/usr/lib/postgresql';
const NOBODY = 65_534;

/** A private, throw-away PostgreSQL server; nothing it holds survives `stop`. */
export interface TestPostgres {
  /** A new, empty database; its connection string. */
  createDatabase(): Promise<string>;
  /** Breaks every connection at once and refuses new ones, until `comeBack` (same port, same data). */
  goDown(): Promise<void>;
  comeBack(): Promise<void>;
  /** Every process of the server stands still: connections stay open and nothing answers, until `thaw`. */
  freeze(): Promise<void>;
  thaw(): Promise<void>;
  stop(): Promise<void>;
}

function binFolders(): readonly string[] {
  const onPath = (process.env['PATH'] ?? '').split(path.delimiter).filter((dir) => dir !== '');
  // Debian puts no server on the path, and newer versions sort last.
  const debian = existsSync(DEBIAN_ROOT)
    ? readdirSync(DEBIAN_ROOT)
        .toSorted((a, b) => Number(b) - Number(a))
        .map((version) => path.join(DEBIAN_ROOT, version, 'bin'))
    : [];
  return [...onPath, ...debian];
}

/** initdb looks for its siblings, so both must lie in one real folder. */
function findBinFolder(): string | undefined {
  return binFolders()
    .map((dir) => path.join(dir, 'initdb'))
    .filter((file) => existsSync(file))
    .map((file) => path.dirname(realpathSync(file)))
    .find((dir) => existsSync(path.join(dir, 'postgres')));
}

export function postgresAvailable(): boolean {
  return findBinFolder() !== undefined;
}

/** PostgreSQL refuses to run as root; then another account's ids, else nothing to change. */
async function serverAccount(): Promise<{ readonly uid?: number; readonly gid?: number }> {
  if (process.getuid?.() !== 0) return {};
  try {
    const [uid, gid] = await Promise.all([run('id', ['-u', 'postgres']), run('id', ['-g', 'postgres'])]);
    return { uid: Number(uid.stdout), gid: Number(gid.stdout) };
  } catch {
    return { uid: NOBODY, gid: NOBODY };
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => {
        if (typeof address === 'object' && address) resolve(address.port);
        else reject(new Error('no free port'));
      });
    });
  });
}

async function query(connectionString: string, sql: string): Promise<void> {
  const client = new Client({ connectionString, connectionTimeoutMillis: 1000 });
  client.on('error', () => {}); // a server that goes down cuts it; the query itself rejects
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}

const hasEnded = (child: ChildProcess): boolean => child.exitCode !== null || child.signalCode !== null;

async function untilReady(child: ChildProcess, url: string, log: () => string): Promise<void> {
  const deadlineMs = Date.now() + START_TIMEOUT_MS;
  for (;;) {
    try {
      await query(url, 'SELECT 1');
      return;
    } catch (error) {
      if (hasEnded(child)) throw new Error(`postgres did not start: ${log()}`, { cause: error });
      if (Date.now() > deadlineMs)
        throw new Error(`postgres was not ready in time: ${log()}`, { cause: error });
    }
    await sleep(30);
  }
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (hasEnded(child)) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill(signal);
  await ended;
}

function signalIfAlive(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // a backend may end at any moment, and then there is nobody to tell
  }
}

/** The server's parent first, so that it makes no more children; then those there are. */
async function signalAll({ pid }: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (pid === undefined) return;
  signalIfAlive(pid, signal);
  const { stdout } = await run('ps', ['-o', 'pid=', '--ppid', String(pid)]);
  for (const line of stdout.split('\n').filter((text) => text.trim() !== ''))
    signalIfAlive(Number(line), signal);
}

/** Throws when PostgreSQL is not installed: ask `postgresAvailable` first. */
export async function startPostgres(): Promise<TestPostgres> {
  const bin = findBinFolder();
  if (bin === undefined) throw new Error('initdb and postgres were not found');
  const account = await serverAccount();
  const root = await mkdtemp(path.join(os.tmpdir(), 'ptc-postgres-'));
  if (account.uid !== undefined && account.gid !== undefined) await chown(root, account.uid, account.gid);
  const data = path.join(root, 'data');
  const options = { ...account, cwd: root, env: { PATH: process.env['PATH'] ?? '', LC_ALL: 'C' } };
  const initArgs = ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync'];
  await run(path.join(bin, 'initdb'), initArgs, options);
  const port = await freePort();
  const urlOf = (database: string) => `postgres://postgres@127.0.0.1:${port}/${database}`;

  async function startServer(): Promise<ChildProcess> {
    // Loses data only when the machine dies, not when the server does; synchronous_commit=off would.
    const unsafeButFast = ['fsync=off', 'full_page_writes=off'];
    const settings = unsafeButFast.flatMap((setting) => ['-c', setting]);
    const args = ['-D', data, '-h', '127.0.0.1', '-p', String(port), '-k', root, ...settings];
    const child = spawn(path.join(bin ?? '', 'postgres'), args, {
      ...options,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let log = '';
    child.stderr.on('data', (chunk: Buffer) => {
      log = (log + chunk.toString()).slice(-4000);
    });
    child.on('error', (error) => {
      log += error.message;
    });
    await untilReady(child, urlOf('postgres'), () => log);
    return child;
  }

  let server = await startServer();
  const killAtExit = () => server.kill('SIGQUIT');
  process.once('exit', killAtExit);
  return {
    async createDatabase() {
      const name = `test_${randomBytes(6).toString('hex')}`;
      await query(urlOf('postgres'), `CREATE DATABASE ${name}`);
      return urlOf(name);
    },
    goDown: () => end(server, 'SIGQUIT'),
    async comeBack() {
      if (hasEnded(server)) server = await startServer();
    },
    freeze: () => signalAll(server, 'SIGSTOP'),
    thaw: () => signalAll(server, 'SIGCONT'),
    async stop() {
      process.off('exit', killAtExit);
      if (!hasEnded(server)) await signalAll(server, 'SIGCONT'); // who is frozen cannot end
      await end(server, 'SIGQUIT');
      await rm(root, { recursive: true, force: true });
    },
  };
}
