import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, open, realpath, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { PtcError } from '../domain/errors.ts';
import { notAFile, tooLarge } from './file-errors.ts';

/** Bounds the memory one read takes; a longer file is read in several. */
const READ_LIMIT_BYTES = 4 * 1024 * 1024;

/** Bytes from `offset` on, at most 4 MB at once; empty when the file is absent or ends there. */
export async function readFrom(root: string, relative: string, offset: number): Promise<Uint8Array> {
  return withFile(root, relative, new Uint8Array(), async (file) => {
    const { size } = await file.stat();
    return readBytes(file, offset, Math.min(size - offset, READ_LIMIT_BYTES));
  });
}

/** The whole file, null when absent. Rejects with `workspace-file-too-large`. */
export async function readWhole(
  root: string,
  relative: string,
  maxBytes: number,
): Promise<Uint8Array | null> {
  return withFile<Uint8Array | null>(root, relative, null, async (file) => {
    const { size } = await file.stat();
    if (size > maxBytes) throw tooLarge(relative, size, maxBytes);
    return readBytes(file, 0, size);
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
async function withFile<T>(
  root: string,
  relative: string,
  absent: T,
  use: (file: FileHandle) => Promise<T>,
): Promise<T> {
  let file: FileHandle;
  try {
    const target = await resolveInside(root, relative);
    file = await open(target, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : null;
    if (code === 'ENOENT') return absent;
    if (code === 'ELOOP' || code === 'ENXIO') throw notAFile(relative);
    throw error;
  }
  try {
    if (!(await file.stat()).isFile()) throw notAFile(relative);
    return await use(file);
  } finally {
    await file.close();
  }
}

async function resolveInside(root: string, relative: string): Promise<string> {
  const target = path.join(root, relative);
  const climbs =
    path.isAbsolute(relative) || relative.includes('\0') || !target.startsWith(`${root}${path.sep}`);
  if (climbs || (await realpath(path.dirname(target))) !== path.dirname(target)) throw notAFile(relative);
  return target;
}

async function readBytes(file: FileHandle, offset: number, length: number): Promise<Uint8Array> {
  if (length <= 0) return new Uint8Array();
  const buffer = Buffer.allocUnsafe(length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await file.read(buffer, filled, length - filled, offset + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return buffer.subarray(0, filled);
}
