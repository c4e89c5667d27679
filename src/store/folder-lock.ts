import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { PtcError } from '../domain/errors.ts';

const SQLITE_BUSY = 5;

/** A held lock; `release` may be called more than once. */
export interface FolderLock {
  release(): void;
}

/**
 * Makes this process the only owner of `folder` (created when absent) until it releases the lock or ends in
 * whatever way. SQLite's file lock is the lock: the kernel takes it back from a dead process, so nothing can
 * be stale and no process id has to be trusted. Rejects with `data-folder-in-use`.
 */
export async function lockFolder(folder: string): Promise<FolderLock> {
  await mkdir(folder, { recursive: true, mode: 0o711 });
  const ownerFile = path.join(folder, 'lock-owner.json');
  const lock = new DatabaseSync(path.join(folder, 'lock.sqlite'), { timeout: 0 });
  try {
    lock.exec('pragma journal_mode = memory');
    lock.exec('begin exclusive');
  } catch (error) {
    lock.close();
    if (!isBusy(error)) throw error;
    throw inUse(folder, await readFile(ownerFile, 'utf8').catch(() => ''));
  }
  // Only for the message to whoever comes second.
  await writeFile(ownerFile, JSON.stringify({ pid: process.pid, since: new Date().toISOString() }));
  return {
    release() {
      if (lock.isOpen) lock.close();
    },
  };
}

const isBusy = (error: unknown): boolean =>
  error instanceof Error && 'errcode' in error && error.errcode === SQLITE_BUSY;

function inUse(folder: string, owner: string): PtcError {
  const pid = /"pid":(\d+)/.exec(owner)?.[1];
  return new PtcError({
    code: 'data-folder-in-use',
    message: `The data folder ${folder} belongs to another running PTC Bot${pid ? ` (process ${pid})` : ''}.`,
    remedy:
      'Stop that process, or give this one another data folder, or set DATABASE_URL to a Postgres, which several processes can share.',
    retryable: false,
  });
}
