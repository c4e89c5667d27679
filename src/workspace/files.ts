import { randomUUID } from 'node:crypto';
import { closeSync, constants, fstatSync, openSync, readSync, realpathSync } from 'node:fs';
import { open, realpath, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { PtcError } from '../domain/errors.ts';
import { notAFile, tooLarge } from './file-errors.ts';

/** Bounds the memory one read takes; a longer file is read in several. */
const READ_LIMIT_BYTES = 4 * 1024 * 1024;

/*
 * What a runner says is read many times a run, a little each time and just written: these are a few short system calls,
 * and handing each to another thread costs many times of what it takes.
 */

/** Bytes from `offset` on, at most 4 MB at once; empty when the file is absent or ends there. */
export async function readFrom(root: string, relative: string, offset: number): Promise<Uint8Array> {
  return withFile(root, relative, new Uint8Array(), (file, sizeBytes) =>
    readBytes(file, offset, Math.min(sizeBytes - offset, READ_LIMIT_BYTES)),
  );
}

/** The whole file, null when absent. Rejects with `workspace-file-too-large`. */
export async function readWhole(
  root: string,
  relative: string,
  maxBytes: number,
): Promise<Uint8Array | null> {
  return withFile<Uint8Array | null>(root, relative, null, (file, sizeBytes) => {
    if (sizeBytes > maxBytes) throw tooLarge(relative, sizeBytes, maxBytes);
    return readBytes(file, 0, sizeBytes);
  });
}

/** Puts the file in place whole, readable by its owner alone; its folder must be there. */
export async function writeWhole(root: string, relative: string, content: string): Promise<void> {
  const target = await resolveInside(root, relative);
  const temporary = path.join(root, `.${randomUUID()}.tmp`);
  try {
    const file = await open(temporary, 'wx', 0o600);
    try {
      await file.writeFile(content);
    } finally {
      await file.close();
    }
    await rename(temporary, target);
  } catch (error) {
    await rm(temporary, { force: true });
    throw toDiskError(error);
  }
}

/** `disk-full` when that is what happened, else the error itself. */
export function toDiskError(error: unknown): unknown {
  if (!(error instanceof Error && 'code' in error)) return error;
  if (error.code !== 'ENOSPC' && error.code !== 'EDQUOT') return error;
  return new PtcError(
    {
      code: 'disk-full',
      message: 'The disk of the workspaces is full.',
      remedy: 'Make room on it, or let the workspaces lie elsewhere, then ask again with /ptc build.',
      retryable: true,
    },
    { cause: error },
  );
}

/** Code of the target repository may have run beside these files: no link, pipe or device is ever followed. */
function withFile<T>(
  root: string,
  relative: string,
  absent: T,
  use: (file: number, sizeBytes: number) => T,
): T {
  let file: number;
  try {
    const target = pathInside(root, relative);
    if (realpathSync.native(path.dirname(target)) !== path.dirname(target)) throw notAFile(relative);
    file = openSync(target, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : null;
    if (code === 'ENOENT') return absent;
    if (code === 'ELOOP' || code === 'ENXIO') throw notAFile(relative);
    throw error;
  }
  try {
    const stat = fstatSync(file);
    if (!stat.isFile()) throw notAFile(relative);
    return use(file, stat.size);
  } finally {
    closeSync(file);
  }
}

async function resolveInside(root: string, relative: string): Promise<string> {
  const target = pathInside(root, relative);
  if ((await realpath(path.dirname(target))) !== path.dirname(target)) throw notAFile(relative);
  return target;
}

function pathInside(root: string, relative: string): string {
  const target = path.join(root, relative);
  const climbs =
    path.isAbsolute(relative) || relative.includes('\0') || !target.startsWith(`${root}${path.sep}`);
  if (climbs) throw notAFile(relative);
  return target;
}

function readBytes(file: number, offset: number, length: number): Uint8Array {
  if (length <= 0) return new Uint8Array();
  const buffer = Buffer.allocUnsafe(length);
  let filled = 0;
  while (filled < length) {
    const bytesRead = readSync(file, buffer, filled, length - filled, offset + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return buffer.subarray(0, filled);
}
