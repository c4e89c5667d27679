import { splitFile } from './source-file.ts';
import type { Tree, TreeFile } from './types.ts';

/** Pairs that share at least this part of the larger file's characters count as renamed. */
const MIN_SHARED = 0.5;
const MAX_COMPARED = 1000;

/**
 * New path → old path of files that were moved: same text first, then the most alike, as git does it. Empty
 * files and symbolic links are never paired.
 */
export function pairRenames(before: Tree, after: Tree): ReadonlyMap<string, string> {
  const gone = [...before].filter(([path, file]) => !after.has(path) && canMove(file)).sort(byPath);
  const come = [...after].filter(([path, file]) => !before.has(path) && canMove(file)).sort(byPath);
  const renames = new Map<string, string>();
  const taken = new Set<string>();
  for (const [path, file] of come) {
    const same = gone.find(([old, was]) => !taken.has(old) && was.text === file.text);
    if (same === undefined) continue;
    renames.set(path, same[0]);
    taken.add(same[0]);
  }
  const rest = come.filter(([path]) => !renames.has(path));
  const left = gone.filter(([path]) => !taken.has(path));
  if (rest.length * left.length > MAX_COMPARED) return renames;
  const scored = rest.flatMap(([path, file]) =>
    left.map(([old, was]) => ({ path, old, shared: sharedPart(was, file) })),
  );
  for (const { path, old, shared } of scored.sort((a, b) => b.shared - a.shared)) {
    if (shared < MIN_SHARED || renames.has(path) || taken.has(old)) continue;
    renames.set(path, old);
    taken.add(old);
  }
  return renames;
}

function canMove(file: TreeFile): boolean {
  return file.text !== '' && file.mode !== '120000';
}

function byPath([left]: readonly [string, TreeFile], [right]: readonly [string, TreeFile]): number {
  return left < right ? -1 : 1;
}

function sharedPart(left: TreeFile, right: TreeFile): number {
  const counts = new Map<string, number>();
  for (const line of splitFile(left.text).lines) counts.set(line, (counts.get(line) ?? 0) + 1);
  let shared = 0;
  for (const line of splitFile(right.text).lines) {
    const count = counts.get(line) ?? 0;
    if (count === 0) continue;
    counts.set(line, count - 1);
    shared += line.length + 1;
  }
  return shared / Math.max(left.text.length, right.text.length);
}
