import { posix } from 'node:path';
import { defines } from './definitions.ts';
import { type FileChange } from './file-change.ts';
import { type Missing } from './missing-names.ts';
import { isTestMaterial } from './test-files.ts';

/** True when what was missing is something that the change itself brings, test material aside. */
export function isCreatedByChange(
  missing: Missing,
  testFile: string,
  changes: readonly FileChange[],
): boolean {
  const subjects = changes.filter(({ path, after }) => after !== null && !isTestMaterial(path));
  if (missing.kind === 'module') {
    return createsModule(missing.specifier, missing.importer ?? testFile, subjects);
  }
  if (missing.kind === 'python-module') return createsPythonModule(missing.name, subjects);
  if (missing.kind === 'file') return createsFile(missing.path, subjects);
  if (missing.kind === 'package') return createsPackage(missing.path, subjects);
  const { name } = missing;
  return subjects.some(
    ({ path, before, after }) => defines(path, after, name) && !defines(path, before, name),
  );
}

/** Ruby leaves the ending out, and the folder of sources; PHP writes the way to a file with its turns. */
function createsFile(path: string, subjects: readonly FileChange[]): boolean {
  const wanted = posix.normalize(path).replace(/\.(?:rb|php)$/, '');
  return subjects.some(
    (change) =>
      change.before === null && `/${change.path.replace(/\.(?:rb|php)$/, '')}`.endsWith(`/${wanted}`),
  );
}

/** A package of Go or Java is a folder; its name may start before the repository's root, or end below it. */
function createsPackage(name: string, subjects: readonly FileChange[]): boolean {
  const folders = subjects.filter(({ before }) => before === null).map(({ path }) => posix.dirname(path));
  return folders.some(
    (folder) => folder !== '.' && (`/${name}`.endsWith(`/${folder}`) || `/${folder}`.endsWith(`/${name}`)),
  );
}

function createsModule(specifier: string, importer: string, subjects: readonly FileChange[]): boolean {
  const created = subjects.filter((change) => change.before === null).map((change) => stem(change.path));
  if (/^\.\.?(?:\/|$)/.test(specifier)) {
    return created.includes(stem(posix.join(posix.dirname(importer), specifier)));
  }
  // Bundlers write paths from the root of the project with a slash, aliases for source folders with a sign.
  const alias = /^(?:[@~]\/|#\/?)(.+)$/.exec(specifier)?.[1];
  if (alias !== undefined) return created.some((path) => `/${path}`.endsWith(`/${stem(alias)}`));
  return created.includes(stem(specifier.replace(/^\//, '')));
}

/** A path without what an import leaves out: the ending, and `index` of a folder. */
function stem(path: string): string {
  return path.replace(/\.(?:[cm]?[jt]sx?|json|vue|svelte)$/, '').replace(/\/index$/, '');
}

function createsPythonModule(name: string, subjects: readonly FileChange[]): boolean {
  const path = name.replaceAll('.', '/');
  const endings = [`/${path}.py`, `/${path}/__init__.py`];
  return subjects.some(
    (change) =>
      change.before === null &&
      (endings.some((ending) => `/${change.path}`.endsWith(ending)) ||
        (change.path.endsWith('.py') && `/${change.path}`.includes(`/${path}/`))),
  );
}
