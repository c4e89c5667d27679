import { posix } from 'node:path';
import { readTreeFile } from '../tree-file.ts';
import { walkTree } from '../tree-files.ts';

/** A Go module in a tree. */
export interface Module {
  readonly path: string;
  /** Relative to the tree. */
  readonly folder: string;
}

/** The modules of a tree, those within others first. */
export async function readModules(place: string): Promise<readonly Module[]> {
  const manifests = (await walkTree(place)).filter((file) => posix.basename(file) === 'go.mod');
  const found = await Promise.all(
    manifests.map(async (file): Promise<readonly Module[]> => {
      const path = /^module\s+"?([^\s"]+)"?/m.exec((await readTreeFile(place, file)) ?? '')?.[1];
      return path === undefined ? [] : [{ path, folder: posix.dirname(file) }];
    }),
  );
  return found.flat().sort((one, other) => other.path.length - one.path.length);
}

/** Where the package of an import path lies, relative to the tree; null when no module has it. */
export function folderOf(path: string, modules: readonly Module[]): string | null {
  const module = modules.find((each) => path === each.path || path.startsWith(`${each.path}/`));
  return module === undefined ? null : posix.join(module.folder, path.slice(module.path.length + 1));
}
