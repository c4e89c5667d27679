import { isBlankContext } from './hunk-body.ts';
import type { Hunk, HunkLine } from './types.ts';

/** The lines a hunk says are there before the change. */
export function oldSide(lines: readonly HunkLine[]): readonly HunkLine[] {
  return lines.filter((line) => line.kind !== 'add');
}

/** The lines a hunk says are there after the change. */
export function newSide(lines: readonly HunkLine[]): readonly HunkLine[] {
  return lines.filter((line) => line.kind !== 'remove');
}

export function changes(lines: readonly HunkLine[]): boolean {
  return lines.some((line) => line.kind !== 'context');
}

/**
 * The readings of a hunk's body, the fullest first: as written, without blank lines at its end (layout that
 * slipped in), and without the prose that may have followed it.
 */
export function readings(hunk: Hunk): readonly (readonly HunkLine[])[] {
  const result = [hunk.lines];
  const cuts = hunk.proseFrom === null ? [hunk.lines] : [hunk.lines, hunk.lines.slice(0, hunk.proseFrom)];
  for (const lines of cuts) {
    let end = lines.length;
    while (end > 0 && isBlankContext(lines[end - 1])) end -= 1;
    if (end < hunk.lines.length && end > 0) result.push(lines.slice(0, end));
  }
  return result;
}
