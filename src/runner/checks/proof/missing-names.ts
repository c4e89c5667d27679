/** Something that could not be found while a file was loaded. */
export type Missing =
  /** A module: as it was asked for, and by which file (null when the message does not say). */
  | { readonly kind: 'module'; readonly specifier: string; readonly importer: string | null }
  /** A dotted Python module. */
  | { readonly kind: 'python-module'; readonly name: string }
  /** A name that a module was expected to have. */
  | { readonly kind: 'name'; readonly name: string };

const MODULES = [
  /Cannot find (?:module|package) ['"](?<specifier>[^'"\n]+)['"](?:[^\n]*? from ['"]?(?<importer>[^'"\n]+)['"]?)?/,
  /Failed to resolve import ["'](?<specifier>[^"'\n]+)["'] from ["'](?<importer>[^"'\n]+)["']/,
  /Failed to load url (?<specifier>\S+) .*? in (?<importer>\S+?)\. Does/,
];

const REQUIRED_BY = /Require stack:\n- (\S+)/;

const PYTHON_MODULE = /No module named ['"](?<name>[\w.]+)['"]/;

const IMPORTED_NAMES = [
  /does not provide an export named ['"](?<name>[\w$]+)['"]/,
  /cannot import name ['"](?<name>\w+)['"]/,
  /has no exported member (?:named )?['"](?<name>[\w$]+)['"]/,
];

/** Only in a file that did not load do these mean that what it tests is missing. */
const USED_NAMES = [
  /(?<name>[\w$]+)\)? is not a (?:function|constructor)/,
  /has no attribute ['"](?<name>\w+)['"]/,
  /name ['"](?<name>\w+)['"] is not defined/,
  /Property ['"](?<name>[\w$]+)['"] does not exist/,
];

/** The first import that failed, as the messages of Node, Vite, Jest, TypeScript and Python put it. */
export function failedImport(message: string): Missing | null {
  const module = firstMatch(MODULES, message);
  if (module?.['specifier'] !== undefined) {
    const importer = module['importer'] ?? REQUIRED_BY.exec(message)?.[1] ?? null;
    return { kind: 'module', specifier: module['specifier'], importer };
  }
  const imported = firstMatch(IMPORTED_NAMES, message)?.['name'];
  if (imported !== undefined) return { kind: 'name', name: imported };
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
