import type { Fence } from './fence.ts';
import type { FileEdit, Hunk } from './types.ts';

/** Lines of context that git puts below a change. */
const USUAL_CONTEXT = 3;
/** A last hunk may claim this many lines too many and still be taken as badly counted. */
const MAX_MISCOUNT = 2;

/** Lines that a hunk declares and does not have; null when it declares nothing. */
interface Missing {
  readonly old: number;
  readonly new: number;
}

/**
 * Whether the last edit of an answer shows that the answer was cut, when nobody told us the stop reason: its
 * fence was never closed and its counts do not prove it whole; or its last hunk has no change yet, ends in a
 * change or in the middle of a line, or has too little context below, for what it declared.
 */
export function looksCut(edit: FileEdit, openFence: Fence | null, endsMidLine: boolean): boolean {
  const hunk = edit.hunks.at(-1);
  if (hunk === undefined || edit.format !== 'unified') return false;
  const missing = missingLines(hunk);
  if (missing === null) return openFence !== null;
  if ((openFence !== null || endsMidLine) && (missing.old > 0 || missing.new > 0)) return true;
  const least = Math.min(missing.old, missing.new);
  const lastChange = hunk.lines.findLastIndex((line) => line.kind !== 'context');
  const below = hunk.lines.length - 1 - lastChange;
  if (lastChange < 0) return missing.old > 0 || missing.new > 0;
  if (below === 0) return least > 0 || missing.new > (hunk.oldCount === 0 ? 0 : MAX_MISCOUNT);
  return least > MAX_MISCOUNT || (least === MAX_MISCOUNT && below < USUAL_CONTEXT);
}

/** Whether the hunk ends in a change and lacks some lines: only a change at the end of the file may do the first. */
export function mayBeCut(hunk: Hunk): boolean {
  const missing = missingLines(hunk);
  return missing !== null && hunk.lines.at(-1)?.kind !== 'context' && (missing.old > 0 || missing.new > 0);
}

function missingLines({ lines, oldCount, newCount }: Hunk): Missing | null {
  if (oldCount === null || newCount === null) return null;
  const old = lines.filter((line) => line.kind !== 'add').length;
  const added = lines.filter((line) => line.kind !== 'remove').length;
  return { old: oldCount - old, new: newCount - added };
}
