import { lstat } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { readTreeFile } from '../tree-file.ts';
import { walkTree } from '../tree-files.ts';
import { type CargoTarget } from './cargo-output.ts';

interface CargoPackage {
  /** Relative to the place. */
  readonly folder: string;
  /** Names of the package and its targets, with underscores as in the names of crates. */
  readonly names: ReadonlySet<string>;
}

/** Finds the source files behind what cargo prints, which names no package. */
export interface CargoFiles {
  /** The file with a test of a target; empty when it cannot be told. Targets are asked for in cargo's order. */
  fileOf(target: CargoTarget, test: string): Promise<string>;
  /** The target's root file; empty when it cannot be told, and for doc tests. */
  rootOf(target: CargoTarget): Promise<string>;
}

/** @param place the folder cargo ran in, absolute */
export async function openCargoFiles(place: string): Promise<CargoFiles> {
  const packages = await readPackages(place);
  const isFile = async (path: string): Promise<boolean> =>
    (await lstat(join(place, path)).catch(() => null))?.isFile() ?? false;
  const folders = new Map<CargoTarget, Promise<string | null>>();
  let latest: string | null = null;

  async function chooseFolder(target: CargoTarget): Promise<string | null> {
    const named = packages.filter(({ names }) => target.kind === 'integration' || names.has(target.crate));
    if (target.kind === 'doc') return named[0]?.folder ?? null;
    const fitting: string[] = [];
    for (const { folder } of named) {
      if (await isFile(posix.join(folder, target.path))) fitting.push(folder);
    }
    // Of one package's targets the integration tests come right after the unit tests.
    const chosen = fitting.length === 1 ? fitting[0] : fitting.find((folder) => folder === latest);
    latest = chosen ?? null;
    return latest;
  }
  function folderOf(target: CargoTarget): Promise<string | null> {
    const known = folders.get(target) ?? chooseFolder(target);
    folders.set(target, known);
    return known;
  }
  async function rootOf(target: CargoTarget): Promise<string> {
    const folder = await folderOf(target);
    return folder === null || target.kind === 'doc' ? '' : posix.join(folder, target.path);
  }
  return {
    rootOf,
    async fileOf(target, test) {
      if (target.kind === 'doc') {
        const path = docFile(test);
        const inPackage = posix.join((await folderOf(target)) ?? '', path);
        return (await isFile(inPackage)) ? inPackage : path;
      }
      const root = await rootOf(target);
      return root === '' ? '' : ((await moduleFile(root, test, isFile)) ?? root);
    },
  };
}

/** `src/lib.rs` of the doc test `src/lib.rs - add (line 2)`. */
export function docFile(test: string): string {
  return /^(\S.*?\.\w+) - /.exec(test)?.[1] ?? '';
}

/** The file of the innermost module in the path of a test that is a file of its own. */
async function moduleFile(
  root: string,
  test: string,
  isFile: (path: string) => Promise<boolean>,
): Promise<string | null> {
  const modules = test.split('::').slice(0, -1);
  for (let length = modules.length; length > 0; length -= 1) {
    const path = posix.join(posix.dirname(root), ...modules.slice(0, length));
    if (await isFile(`${path}.rs`)) return `${path}.rs`;
    if (await isFile(`${path}/mod.rs`)) return `${path}/mod.rs`;
  }
  return null;
}

async function readPackages(place: string): Promise<readonly CargoPackage[]> {
  const manifests = (await walkTree(place)).filter((file) => posix.basename(file) === 'Cargo.toml');
  return await Promise.all(
    manifests.map(async (file) => {
      const text = (await readTreeFile(place, file)) ?? '';
      const names = [...text.matchAll(/^\s*name\s*=\s*["']([\w-]+)["']/gm)].map(([, name]) => name ?? '');
      const folder = posix.dirname(file);
      return { folder, names: new Set(names.map((name) => name.replaceAll('-', '_'))) };
    }),
  );
}
