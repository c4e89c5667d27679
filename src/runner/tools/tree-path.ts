import { constants } from 'node:fs';
import { lstat, open, realpath } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import { unsafePath } from '../../domain/policy/paths.ts';
import { ToolMisuse } from './tool.ts';

/** A path of the tree in git's spelling. Throws ToolMisuse for one that leaves the tree or enters `.git`. */
export function treePath(path: string): string {
  const plain = path.replace(/^(\.\/)+/, '');
  const why = unsafePath(plain);
  if (why !== null) throw new ToolMisuse(`The path "${path}" is refused: ${why}.`);
  return plain;
}

/**
 * Bytes of a regular file of the tree, null when there is none. Links are followed inside the tree only.
 * @throws ToolMisuse
 */
export async function readForModel(tree: string, path: string, maxBytes: number): Promise<Buffer | null> {
  const real = await realpath(join(tree, treePath(path))).catch(() => null);
  if (real === null) return null;
  assertInside(tree, real, path);
  // Neither a link put in its place meanwhile nor a pipe may hold the runner up.
  const file = await open(real, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const stats = await file.stat();
    if (stats.isDirectory()) throw new ToolMisuse(`"${path}" is a folder. Use list_files.`);
    if (!stats.isFile()) throw new ToolMisuse(`"${path}" is no regular file.`);
    if (stats.size > maxBytes)
      throw new ToolMisuse(`"${path}" has ${stats.size} bytes; at most ${maxBytes} can be read. Use search.`);
    return await file.readFile();
  } finally {
    await file.close();
  }
}

/**
 * Holds the path to be a file that can be written, or could be made: no part of the way may be a link.
 * @throws ToolMisuse
 */
export async function assertWritable(tree: string, path: string): Promise<void> {
  const absolute = join(tree, treePath(path));
  const stats = await lstat(absolute).catch(() => null);
  if (stats?.isSymbolicLink() === true)
    throw new ToolMisuse(`"${path}" is a link; change what it points to.`);
  if (stats?.isDirectory() === true) throw new ToolMisuse(`"${path}" is a folder.`);
  let folder = dirname(absolute);
  while ((await lstat(folder).catch(() => null)) === null) folder = dirname(folder);
  if ((await realpath(folder)) !== folder) throw new ToolMisuse(`The way to "${path}" leads through a link.`);
  if (!(await lstat(folder)).isDirectory())
    throw new ToolMisuse(`The way to "${path}" leads through a file.`);
}

function assertInside(tree: string, real: string, path: string): void {
  const below = relative(tree, real);
  if (below === '..' || below.startsWith(`..${sep}`) || unsafePath(below) !== null)
    throw new ToolMisuse(`The path "${path}" is refused: it is a link that leaves the repository.`);
}
