import type { Tree } from './types.ts';

/** Questions about the paths of a tree that would cost a walk through all of them each time. */
export interface TreeNames {
  /** Whether some file lies below this folder. */
  hasFolder(path: string): boolean;
  /** Files whose path ends in `name`, or in which `name` ends, at a slash; the same path counts. */
  endingAlike(name: string): readonly string[];
}

/** The tables are built on the first question. */
export function namesOf(tree: Tree): TreeNames {
  let folders: ReadonlySet<string> | null = null;
  let byBase: ReadonlyMap<string, readonly string[]> | null = null;
  return {
    hasFolder(path) {
      folders ??= foldersOf(tree);
      return folders.has(path);
    },
    endingAlike(name) {
      byBase ??= Map.groupBy(tree.keys(), baseName);
      return (byBase.get(baseName(name)) ?? []).filter((path) => endAlike(path, name));
    },
  };
}

/** Whether one path is the other with folders before it. */
export function endAlike(left: string, right: string): boolean {
  return left === right || left.endsWith(`/${right}`) || right.endsWith(`/${left}`);
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

function foldersOf(tree: Tree): ReadonlySet<string> {
  const folders = new Set<string>();
  for (const path of tree.keys()) {
    for (let slash = path.lastIndexOf('/'); slash > 0; slash = path.lastIndexOf('/', slash - 1)) {
      const folder = path.slice(0, slash);
      if (folders.has(folder)) break;
      folders.add(folder);
    }
  }
  return folders;
}
