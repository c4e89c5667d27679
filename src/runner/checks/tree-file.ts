import { constants } from 'node:fs';
import { type FileHandle, lstat, mkdir, open, realpath, rm } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import { PtcError } from '../../domain/errors.ts';

const { O_CREAT, O_EXCL, O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_WRONLY } = constants;

/**
 * Reads a file that untrusted commands may have put there: no symlink is followed, nothing but a regular file
 * is opened, and nothing larger than `maxBytes` is read.
 *
 * @returns the bytes as UTF-8; null for anything that is not such a file
 */
export async function readPlainFile(path: string, maxBytes: number): Promise<string | null> {
  try {
    // O_NONBLOCK: a planted pipe would otherwise hold the runner for ever.
    const file = await open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    try {
      return await readOpened(file, maxBytes);
    } finally {
      await file.close();
    }
  } catch {
    return null;
  }
}

async function readOpened(file: FileHandle, maxBytes: number): Promise<string | null> {
  const stat = await file.stat();
  if (!stat.isFile() || stat.size > maxBytes) return null;
  const buffer = Buffer.alloc(stat.size);
  const { bytesRead } = await file.read(buffer, 0, stat.size, 0);
  return buffer.toString('utf8', 0, bytesRead);
}

/** As readPlainFile, for a path relative to `tree`; null too when a folder on the way leads out of the tree. */
export async function readTreeFile(tree: string, path: string, maxBytes = 1_000_000): Promise<string | null> {
  const whole = join(tree, path);
  if (!(await isInside(tree, dirname(whole)))) return null;
  return await readPlainFile(whole, maxBytes);
}

/**
 * Puts `content` at `path` of a tree in which untrusted commands have run; null removes the file. What stands
 * there is replaced, never written through, and no folder on the way may be a link.
 *
 * @throws PtcError `unsafe-path` when the path leaves the tree or leads over something that is no folder
 */
export async function replaceTreeFile(tree: string, path: string, content: string | null): Promise<void> {
  const whole = join(tree, path);
  const inside = relative(tree, whole);
  if (inside === '' || inside.startsWith('..')) throw unsafePath(path);
  await makeFolders(tree, dirname(inside), path, content !== null);
  const present = await lstat(whole).catch(() => null);
  const mode = present?.isFile() === true ? present.mode & 0o777 : 0o644;
  await rm(whole, { force: true });
  if (content === null) return;
  const file = await open(whole, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode);
  try {
    await file.writeFile(content);
  } finally {
    await file.close();
  }
}

/**
 * Removes what stands at `path` of a tree in which untrusted commands have run, a folder with all that is in it. No
 * folder on the way may be a link.
 *
 * @throws PtcError `unsafe-path` when the path leaves the tree or leads over something that is no folder
 */
export async function removeTreePath(tree: string, path: string): Promise<void> {
  const whole = join(tree, path);
  const inside = relative(tree, whole);
  if (inside === '' || inside.startsWith('..')) throw unsafePath(path);
  await makeFolders(tree, dirname(inside), path, false);
  await rm(whole, { recursive: true, force: true });
}

/** Is this a folder of the tree, reached over no link? The empty path is the tree itself. */
export async function isTreeFolder(tree: string, folder: string): Promise<boolean> {
  let current = tree;
  for (const part of folder === '' ? [] : folder.split('/')) {
    current = join(current, part);
    const found = await lstat(current).catch(() => null);
    if (found?.isDirectory() !== true) return false;
  }
  return true;
}

async function makeFolders(tree: string, folder: string, path: string, create: boolean): Promise<void> {
  if (folder === '.') return;
  let current = tree;
  for (const part of folder.split(sep)) {
    current = join(current, part);
    const found = await lstat(current).catch(() => null);
    if (found === null && !create) return;
    if (found === null) await mkdir(current);
    else if (!found.isDirectory()) throw unsafePath(path);
  }
}

async function isInside(tree: string, folder: string): Promise<boolean> {
  try {
    const [root, real] = await Promise.all([realpath(tree), realpath(folder)]);
    return real === root || real.startsWith(root + sep);
  } catch {
    return false;
  }
}

function unsafePath(path: string): PtcError {
  return new PtcError({
    code: 'unsafe-path',
    message: `The file ${path} cannot be changed: its path leaves the tree or leads over something that is no folder, a link for example.`,
    remedy: 'Choose a path whose folders are real folders of the repository.',
    retryable: false,
  });
}
