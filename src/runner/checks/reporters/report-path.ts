import { existsSync, realpathSync } from 'node:fs';
import { isAbsolute, join, posix } from 'node:path';

/** A file as a tool names it (absolute, relative or a URL), relative to the tree; outside of it, as it is. */
export function repositoryPath(file: string, tree: string): string {
  const path = file.replace(/^file:\/\//, '');
  if (!isAbsolute(path)) return posix.normalize(path);
  const root = [tree, realpathSync(tree)].find((each) => path.startsWith(`${each}/`));
  return root === undefined ? path : posix.normalize(path.slice(root.length + 1));
}

/**
 * A message in which the file that asked for a module in vain is named by its whole path, where the tool names
 * it relative to the folder it runs in, as Jest and Vite do.
 */
export function withImporters(message: string, place: string): string {
  const folder = realpathSync(place);
  return message.replaceAll(
    /( from (['"]))([^'"\n]+)\2/g,
    (whole, before: string, quote: string, file: string) =>
      !/^[./@]/.test(file) && file.includes('/') && existsSync(join(folder, file))
        ? `${before}${join(folder, file)}${quote}`
        : whole,
  );
}
