/** Something that could not be found while a file was loaded. */
export type Missing =
  /** A module: as it was asked for, and by which file (null when the message does not say). */
  | { readonly kind: 'module'; readonly specifier: string; readonly importer: string | null }
  /** A dotted Python module. */
  | { readonly kind: 'python-module'; readonly name: string }
  /** A package of Go or Java, with slashes between its parts. */
  | { readonly kind: 'package'; readonly path: string }
  /** A file of Ruby or PHP, as it was asked for: from the root of the tree, or below a folder of sources. */
  | { readonly kind: 'file'; readonly path: string }
  /** A name that a module was expected to have. */
  | { readonly kind: 'name'; readonly name: string };

const MODULES = [
  /Cannot find (?:module|package) ['"](?<specifier>[^'"\n]+)['"](?:[^\n]*? from ['"]?(?<importer>[^'"\n]+)['"]?)?/,
  /Failed to resolve import ["'](?<specifier>[^"'\n]+)["'] from ["'](?<importer>[^"'\n]+)["']/,
  /Failed to load url (?<specifier>\S+) .*? in (?<importer>\S+?)\. Does/,
];

const REQUIRED_BY = /Require stack:\n- (\S+)/;

const PYTHON_MODULE = /No module named ['"](?<name>[\w.]+)['"]/;

const FILES = [
  /cannot load such file -- (?<path>[^\s'"]+)/,
  /Failed opening required ['"](?<path>[^'"\n]+)['"]/,
];

const IMPORTED_NAMES = [
  /does not provide an export named ['"](?<name>[\w$]+)['"]/,
  /Export named ['"](?<name>[\w$]+)['"] not found in module/,
  /cannot import name ['"](?<name>\w+)['"]/,
  /has no exported member (?:named )?['"](?<name>[\w$]+)['"]/,
];

/** Only in a file that did not load do these mean that what it tests is missing. */
const USED_NAMES = [
  /(?<name>[\w$]+)\)? is not a (?:function|constructor)/,
  /has no attribute ['"](?<name>\w+)['"]/,
  /name ['"](?<name>\w+)['"] is not defined/,
  /Property ['"](?<name>[\w$]+)['"] does not exist/,
  /uninitialized constant (?:\w+::)*(?<name>\w+)/,
  /undefined (?:local variable or )?method ['`](?<name>\w+)[?!]?'/,
  /(?:Class|Interface|Trait|Enum) "(?:\w+\\)*(?<name>\w+)" not found/,
  /Call to undefined (?:function|method) (?:[\w\\]+(?:::|\\))?(?<name>\w+)\(\)/,
];

/** The first import that failed, as the messages of Node, Vite, Jest, TypeScript, Ruby, PHP and Python put it. */
export function failedImport(message: string): Missing | null {
  const module = firstMatch(MODULES, message);
  if (module?.['specifier'] !== undefined) {
    const importer = module['importer'] ?? REQUIRED_BY.exec(message)?.[1] ?? null;
    return { kind: 'module', specifier: module['specifier'], importer };
  }
  const imported = firstMatch(IMPORTED_NAMES, message)?.['name'];
  if (imported !== undefined) return { kind: 'name', name: imported };
  const path = firstMatch(FILES, message)?.['path'];
  if (path !== undefined) return { kind: 'file', path };
  const python = PYTHON_MODULE.exec(message)?.groups?.['name'];
  return python === undefined ? null : { kind: 'python-module', name: python };
}

/** The first name that was used while a file loaded and is not there. */
export function missingName(message: string): Missing | null {
  const name = firstMatch(USED_NAMES, message)?.['name'];
  return name === undefined ? null : { kind: 'name', name };
}

function firstMatch(
  patterns: readonly RegExp[],
  message: string,
): Readonly<Record<string, string | undefined>> | undefined {
  for (const pattern of patterns) {
    const groups = pattern.exec(message)?.groups;
    if (groups !== undefined) return groups;
  }
  return undefined;
}
