import { realpathSync } from 'node:fs';
import { isAbsolute, posix } from 'node:path';

/** A file as a tool names it (absolute, relative or a URL), relative to the tree; outside of it, as it is. */
export function repositoryPath(file: string, tree: string): string {
  const path = file.replace(/^file:\/\//, '');
  if (!isAbsolute(path)) return posix.normalize(path);
  const root = [tree, realpathSync(tree)].find((each) => path.startsWith(`${each}/`));
  return root === undefined ? path : posix.normalize(path.slice(root.length + 1));
}
