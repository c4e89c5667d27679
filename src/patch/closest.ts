import type { LineIndex } from './line-index.ts';
import { lineKey } from './line-keys.ts';
import type { HunkLine } from './types.ts';

/** The place that has most of the hunk's lines at their distances, and the first line that differs there. */
export interface Closest {
  readonly start: number;
  /** How many of the lines that are not blank stand where they should. */
  readonly agreeing: number;
  /** Index among the wanted lines of the first that differs, and the row it was expected at. */
  readonly at: number;
  readonly row: number;
}

/** Lines more frequent than this say nothing about a place. */
const MAX_ROWS = 40;

/** Null when no line that says something is in the file. Ties go to the place nearest to `hint`. */
export function closestPlace(
  index: LineIndex,
  wanted: readonly HunkLine[],
  hint: number | null,
): Closest | null {
  const votes = new Map<number, number>();
  const keys = wanted.map((line) => lineKey('trailing-space', line.text));
  for (const [at, key] of keys.entries()) {
    if (key === '') continue;
    const rows = index.rows('trailing-space', key);
    if (rows.length > MAX_ROWS) continue;
    for (const row of rows) votes.set(row - at, (votes.get(row - at) ?? 0) + 1);
  }
  let best: { start: number; agreeing: number } | null = null;
  for (const [start, agreeing] of votes) {
    const nearer = (other: number): boolean =>
      hint !== null && Math.abs(start - hint) < Math.abs(other - hint);
    if (best === null || agreeing > best.agreeing || (agreeing === best.agreeing && nearer(best.start))) {
      best = { start, agreeing };
    }
  }
  if (best === null) return null;
  const fileKeys = index.keys('trailing-space');
  const { start, agreeing } = best;
  const differing = keys.findIndex(
    (key, offset) => start + offset >= 0 && key !== (fileKeys[start + offset] ?? null),
  );
  const at = Math.max(differing, 0, -start);
  return { start, agreeing, at, row: start + at };
}
