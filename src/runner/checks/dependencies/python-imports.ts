import { posix } from 'node:path';
import { type PythonImport, type PythonSources } from '../sources/python-reader.ts';
import { type SourceFault } from '../sources/source-fault.ts';

/** Files that can be imported, by what an import needs of their paths. */
interface Modules {
  readonly has: (path: string) => boolean;
  /** Top-level names that the tree itself brings, wherever they lie. */
  readonly tops: ReadonlySet<string>;
}

function modulesOf(files: readonly string[]): Modules {
  const own = files.filter((file) => /\.(?:py|pyi|pyx|so|pyd)$/.test(file));
  const paths = new Set<string>();
  for (const file of own) {
    paths.add(file.replace(/(?:\.[\w-]+)?\.\w+$/, ''));
    for (let folder = posix.dirname(file); folder !== '.'; folder = posix.dirname(folder)) paths.add(folder);
  }
  const tops = new Set([...paths].map((path) => posix.basename(path)));
  return { has: (path) => paths.has(path), tops };
}

/**
 * Dotted modules that the files import and that neither Python nor the tree brings; those that a file does
 * without are left out.
 * @param files all files of the tree
 */
export function foreignModules(python: PythonSources, files: readonly string[]): readonly string[] {
  const { tops } = modulesOf(files);
  const imported = python.files.flatMap(({ imports }) => imports.filter(isNeeded).flatMap(dotted));
  const isForeign = (module: string): boolean => {
    const top = module.split('.')[0] ?? '';
    return top !== '' && !python.standard.has(top) && !tops.has(top);
  };
  return [...new Set(imported.filter(isForeign))];
}

const isNeeded = ({ level, optional }: PythonImport): boolean => level === 0 && !optional;

/** A name that is taken from a module may be a module below it. */
const dotted = ({ module, names }: PythonImport): readonly string[] =>
  names.length === 0 ? [module] : names.map((name) => (name === '*' ? module : `${module}.${name}`));

/**
 * Imports of modules of the tree that are not there.
 * @param files all files of the tree
 */
export function missingModules(python: PythonSources, files: readonly string[]): readonly SourceFault[] {
  const modules = modulesOf(files);
  return python.files.flatMap(({ path, imports }) =>
    imports
      .filter((each) => !each.optional && isMissing(each, path, modules))
      .map(({ module, level, line }) => ({
        path,
        line,
        message: `imports "${'.'.repeat(level)}${module}", and there is no such module in the tree`,
      })),
  );
}

function isMissing({ module, level, names }: PythonImport, path: string, modules: Modules): boolean {
  // What a build writes is there when it is needed.
  if (posix.basename(module.replaceAll('.', '/')).startsWith('_')) return false;
  if (level > 0) return isMissingBeside(posix.join(...up(path, level)), module, names, modules);
  const [top = '', ...below] = module.split('.');
  if (below.length === 0) return false;
  const roots = ['', 'src', ...foldersAround(path)].filter((root) => modules.has(posix.join(root, top)));
  // Only of a package that is found can be said that it lacks something.
  return roots.length > 0 && !roots.some((root) => modules.has(posix.join(root, top, ...below)));
}

function isMissingBeside(
  folder: string,
  module: string,
  names: readonly string[],
  modules: Modules,
): boolean {
  if (folder.startsWith('..')) return false;
  if (module !== '') return !modules.has(posix.join(folder, module.replaceAll('.', '/')));
  if (modules.has(posix.join(folder, '__init__'))) return false;
  return names.some((name) => name !== '*' && !modules.has(posix.join(folder, name)));
}

const up = (path: string, level: number): readonly string[] => [
  posix.dirname(path),
  ...Array.from({ length: level - 1 }, () => '..'),
];

function foldersAround(path: string): readonly string[] {
  const folders: string[] = [];
  for (let folder = posix.dirname(path); folder !== '.'; folder = posix.dirname(folder)) folders.push(folder);
  return folders;
}
