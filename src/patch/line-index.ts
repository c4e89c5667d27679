import { lineKey, type KeyKind } from './line-keys.ts';
import { splitFile, type SourceFile } from './source-file.ts';
import type { Tree } from './types.ts';

/** So many keys are looked up by walking through the lines before a table of all lines is built. */
const WALKS_BEFORE_TABLE = 24;

/** The lines of one file, with the rows at which each key stands; tables are built on first need, once a kind. */
export interface LineIndex {
  readonly lines: readonly string[];
  readonly finalNewline: boolean;
  keys(kind: KeyKind): readonly string[];
  rows(kind: KeyKind, key: string): readonly number[];
}

export function indexLines({ lines, finalNewline }: SourceFile): LineIndex {
  const keysOf = new Map<KeyKind, readonly string[]>();
  const rowsOf = new Map<KeyKind, ReadonlyMap<string, number[]>>();
  const keys = (kind: KeyKind): readonly string[] => {
    const known = keysOf.get(kind) ?? (kind === 'exact' ? lines : lines.map((line) => lineKey(kind, line)));
    keysOf.set(kind, known);
    return known;
  };
  let walks = 0;
  const rows = (kind: KeyKind, key: string): readonly number[] => {
    walks += 1;
    if (walks <= WALKS_BEFORE_TABLE && !rowsOf.has(kind)) return walkFor(keys(kind), key);
    const known = rowsOf.get(kind) ?? placesOf(keys(kind));
    rowsOf.set(kind, known);
    return known.get(key) ?? [];
  };
  return { lines, finalNewline, keys, rows };
}

/** The lines of every file of a tree, each indexed on first need. */
export function indexFiles(tree: Tree): (path: string) => LineIndex {
  const known = new Map<string, LineIndex>();
  return (path) => {
    const index = known.get(path) ?? indexLines(splitFile(tree.get(path)?.text ?? ''));
    known.set(path, index);
    return index;
  };
}

function walkFor(keys: readonly string[], key: string): readonly number[] {
  const rows: number[] = [];
  for (let row = keys.indexOf(key); row >= 0; row = keys.indexOf(key, row + 1)) rows.push(row);
  return rows;
}

function placesOf(keys: readonly string[]): ReadonlyMap<string, number[]> {
  const places = new Map<string, number[]>();
  for (let row = 0; row < keys.length; row += 1) {
    const key = keys[row] ?? '';
    const known = places.get(key);
    if (known === undefined) places.set(key, [row]);
    else known.push(row);
  }
  return places;
}

/** Work that may still be spent on one patch; comparisons of lines are counted. */
export interface WorkLimit {
  left: number;
}

export interface Matches {
  /** First rows, rising; never more than the limit asked for. */
  readonly starts: readonly number[];
  /** The search was given up for lack of work, so more may exist. */
  readonly exhausted: boolean;
}

/**
 * Every row at which the wanted lines stand one below the other. Each wanted line is given as the keys that
 * would do for it. Starts from the rarest line, so the cost is its count, not the file's length.
 */
export function findRuns(
  index: LineIndex,
  kind: KeyKind,
  wanted: readonly (readonly string[])[],
  most: number,
  work: WorkLimit,
): Matches {
  const seed = rarest(index, kind, wanted);
  if (seed === null) return { starts: [], exhausted: false };
  const keys = index.keys(kind);
  const starts: number[] = [];
  for (const row of seed.rows) {
    if (starts.length >= most) break;
    const start = row - seed.offset;
    if (start < 0 || start + wanted.length > keys.length) continue;
    let at = 0;
    while (at < wanted.length && wanted[at]?.includes(keys[start + at] ?? '') === true) at += 1;
    work.left -= at === wanted.length ? 2 * at + MATCH_WORK : at + 1;
    if (at === wanted.length) starts.push(start);
    if (work.left < 0) return { starts, exhausted: true };
  }
  return { starts, exhausted: false };
}

/** The wanted line with the fewest rows, long lines first as they are seldom repeated; null when one has none. */
function rarest(
  index: LineIndex,
  kind: KeyKind,
  wanted: readonly (readonly string[])[],
): { readonly offset: number; readonly rows: readonly number[] } | null {
  let best: { offset: number; rows: readonly number[] } | null = null;
  for (const offset of longestFirst(wanted)) {
    const lists = (wanted[offset] ?? [])
      .map((key) => index.rows(kind, key))
      .filter((rows) => rows.length > 0);
    const [first] = lists;
    if (first === undefined) return null;
    const rows = lists.length === 1 ? first : lists.flat().sort((a, b) => a - b);
    if (best === null || rows.length < best.rows.length) best = { offset, rows };
    if (best.rows.length <= MAX_SEED_ROWS) break;
  }
  return best;
}

/** What a match costs beyond its comparisons: it is kept, and compared with the others. */
const MATCH_WORK = 16;

/** A line with so few rows is rare enough to start from. */
const MAX_SEED_ROWS = 2;

function longestFirst(wanted: readonly (readonly string[])[]): readonly number[] {
  const length = (at: number): number => wanted[at]?.[0]?.length ?? 0;
  return Array.from(wanted.keys()).sort((left, right) => length(right) - length(left));
}
