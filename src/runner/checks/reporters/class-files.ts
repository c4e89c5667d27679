import { posix } from 'node:path';
import { readTreeFile } from '../tree-file.ts';
import { walkTree } from '../tree-files.ts';

/** Looks no further for a class that is not in a file of its name. */
const MAX_FILES_READ = 2_000;

/**
 * Finds the file in which a class is written, for tools that report classes only.
 *
 * @param place the folder that is searched, absolute
 * @param ending of the files in question, without a dot
 * @returns from a class's name with or without what it is in (`Shop::CartTest`, `Shop.CartTest`,
 *   `Shop.Outer+Inner`) to the file relative to `place`; empty where none is found
 */
export async function findClassFiles(
  place: string,
  ending: string,
): Promise<(name: string) => Promise<string>> {
  const files = (await walkTree(place)).filter((file) => file.endsWith(`.${ending}`));
  const found = new Map<string, string>();
  return async (name) => {
    const [outer = ''] = name.split('+');
    const known = found.get(outer);
    if (known !== undefined) return known;
    const file = await findClass(place, files, simpleName(outer));
    found.set(outer, file);
    return file;
  };
}

function simpleName(name: string): string {
  return name.split(/::|[.\\]/).at(-1) ?? '';
}

async function findClass(place: string, files: readonly string[], name: string): Promise<string> {
  if (!/^\w+$/.test(name)) return '';
  const declared = new RegExp(String.raw`\b(?:class|module|record|struct)\s+(?:\w+(?:::|\.))*${name}\b`);
  const likely = files.filter((file) => sameName(file, name));
  const others = files.filter((file) => !sameName(file, name));
  for (const file of [...likely, ...others].slice(0, MAX_FILES_READ)) {
    const text = await readTreeFile(place, file);
    if (text !== null && declared.test(text)) return file;
  }
  return '';
}

/** `CartTest` may be in `CartTest.cs` and in `cart_test.rb`. */
function sameName(file: string, name: string): boolean {
  const base = posix.basename(file).replace(/\.\w+$/, '');
  return base.replaceAll('_', '').toLowerCase() === name.toLowerCase();
}
