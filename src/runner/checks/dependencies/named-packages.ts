import { isBuiltin } from '../sources/javascript-reader.ts';
import { plainPackageName } from './python-packages.ts';

/** A package as a plan names it. */
export interface NamedPackage {
  /** As it is given to the installer: name and versions. */
  readonly spec: string;
  /** As installers compare it. */
  readonly name: string;
}

const PYTHON =
  /^(?<name>[A-Za-z0-9](?:[\w.-]*[A-Za-z0-9])?)(?:\[[\w.-]+(?:,[\w.-]+)*\])?(?:(?:[<>=!~]=|===|[<>])[\w.*+!-]+(?:,(?:[<>=!~]=|===|[<>])[\w.*+!-]+)*)?$/;

const NODE = /^(?<name>(?:@[a-z0-9~-][\w.~-]*\/)?[a-z0-9~][\w.~-]*)(?:@[\w.^~<>=*+-]+)?$/;

/** Languages and their tools are no packages, and plans name them all the same. */
const NO_PACKAGES: ReadonlySet<string> = new Set(['python', 'python3', 'pip', 'node', 'nodejs', 'npm']);

/** What pip is to be given for it; null when it is no plain name with versions. */
export function pythonPackage(text: string, standard: ReadonlySet<string>): NamedPackage | null {
  const spec = text.replaceAll(/\s+/g, '');
  const name = PYTHON.exec(spec)?.groups?.['name'];
  if (name === undefined || NO_PACKAGES.has(name.toLowerCase()) || standard.has(name)) return null;
  return { spec, name: plainPackageName(name) };
}

/** What npm is to be given for it; null when it is no plain name with versions. */
export function nodePackage(text: string): NamedPackage | null {
  const spec = text.trim();
  const name = NODE.exec(spec)?.groups?.['name'];
  if (name === undefined || NO_PACKAGES.has(name) || isBuiltin(name)) return null;
  return { spec, name };
}

/** The package of an import; null for a file, for what Node brings, and for what can be no package. */
export function packageOfSpecifier(specifier: string): string | null {
  if (/^(?:[./#]|[@~]\/|\w+:)/.test(specifier) || isBuiltin(specifier)) return null;
  const name = specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');
  return NODE.exec(name)?.groups?.['name'] === name ? name : null;
}
