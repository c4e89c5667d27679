import { readdir } from 'node:fs/promises';
import { join, posix } from 'node:path';

/** Files deeper than in so many folders are not looked at. */
const MAX_DEPTH = 6;

/** A walk reads no more folders than this. */
const MAX_FOLDERS = 20_000;

/** What no one tests by itself: dependencies, results, and made-up packages that tests use. */
const SKIPPED = new Set([
  'node_modules',
  'vendor',
  'target',
  'build',
  'dist',
  'venv',
  'site-packages',
  'fixtures',
  '__fixtures__',
  'testdata',
]);

/** Those of a repository's files that can tell what it is made of, sorted. */
export function telling(files: readonly string[]): readonly string[] {
  return files.filter((file) => folderTells(posix.dirname(file))).sort();
}

function folderTells(folder: string): boolean {
  if (folder === '.') return true;
  const parts = folder.split('/');
  return parts.length <= MAX_DEPTH && parts.every((part) => !part.startsWith('.') && !SKIPPED.has(part));
}

/** The same, from the folder itself, without following links; for a tree without a listing. */
export async function walkTree(tree: string): Promise<readonly string[]> {
  const files: string[] = [];
  const folders = [''];
  for (let index = 0; index < Math.min(folders.length, MAX_FOLDERS); index += 1) {
    const folder = folders[index] ?? '';
    const entries = await readdir(join(tree, folder), { withFileTypes: true }).catch(() => []);
    for (const entry of entries) {
      const path = posix.join(folder, entry.name);
      if (entry.isFile()) files.push(path);
      else if (entry.isDirectory() && folderTells(path)) folders.push(path);
    }
  }
  return files.sort();
}
