import { posix } from 'node:path';
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
  return subjects.some(({ before, after }) => defines(after, missing.name) && !defines(before, missing.name));
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

/** True when a text of JavaScript, TypeScript or Python defines or exports a name, as far as a pattern can tell. */
function defines(text: string | null, name: string): boolean {
  if (text === null) return false;
  if (name === 'default') return /^export\s+default\s/m.test(text);
  const word = `${name.replaceAll('$', String.raw`\$`)}(?![\\w$])`;
  const patterns = [
    String.raw`export\s+(?:default\s+)?(?:async\s+)?(?:abstract\s+)?(?:declare\s+)?(?:function\s*\*?|class|const|let|var|type|interface|enum|namespace)\s+${word}`,
    String.raw`export\s+(?:type\s+)?\{[^}]*(?<![\w$])${word}[^}]*\}`,
    String.raw`exports\s*(?:\.\s*|\[\s*['"])${word}`,
    String.raw`module\.exports\s*=\s*\{[^}]*(?<![\w$])${word}`,
    // A method or property of a class or object.
    String.raw`^\s+(?:(?:public|static|async|get|set|readonly)\s+)*\*?${word}\s*(?:[(:=?<])`,
    String.raw`^\s*(?:async\s+)?(?:def|class)\s+${word}`,
    String.raw`^${word}\s*(?::[^=\n]+)?=`,
    String.raw`^\s*(?:from\s+\S+\s+)?import\s[^\n]*(?<!\w)${word}`,
  ];
  return patterns.some((pattern) => new RegExp(pattern, 'm').test(text));
}
