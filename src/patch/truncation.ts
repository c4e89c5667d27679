import type { Fence } from './fence.ts';
import type { FileEdit, Hunk } from './types.ts';

/** Lines of context that git puts below a change. */
const USUAL_CONTEXT = 3;
/** A last hunk may claim this many lines too many and still be taken as badly counted. */
const MAX_MISCOUNT = 2;

/** Lines that a hunk declares and does not have; negative where it has more. */
interface Missing {
  readonly old: number;
  readonly new: number;
}

/**
 * Whether the last edit of an answer shows by itself that the answer was cut, when nobody told us the stop
 * reason: lines are missing from what its last hunk declared, and its fence was never closed, its last line is
 * unfinished, it is a new file, or it has no change yet. An unfinished line that adds may itself be cut.
 */
export function looksCut(edit: FileEdit, openFence: Fence | null, endsMidLine: boolean): boolean {
  const hunk = edit.hunks.at(-1);
  if (hunk === undefined || edit.format !== 'unified') return false;
  if (endsMidLine && hunk.lines.at(-1)?.kind === 'add') return true;
  const missing = missingLines(hunk);
  if (missing === null) return openFence !== null;
  if (missing.old <= 0 && missing.new <= 0) return false;
  return (
    openFence !== null ||
    endsMidLine ||
    hunk.oldCount === 0 ||
    hunk.lines.every((line) => line.kind === 'context')
  );
}

/** Whether lines are missing, so that the place of the hunk has to tell whether it was cut. */
export function mayBeCut(hunk: Hunk): boolean {
  const missing = missingLines(hunk);
  return missing !== null && (missing.old > 0 || missing.new > 0);
}

/**
 * Whether a hunk that lacks lines was cut and not just counted badly, given how many lines the file has below
 * its place. More missing than the file has is a miscount. Else a hunk that git wrote would have context below
 * its last change, or end with the file.
 */
export function wasCut(hunk: Hunk, rowsBelow: number): boolean {
  const missing = missingLines(hunk);
  if (missing === null || missing.old > rowsBelow) return false;
  const least = Math.min(missing.old, missing.new);
  const below = hunk.lines.length - 1 - hunk.lines.findLastIndex((line) => line.kind !== 'context');
  if (hunk.lines.at(-1)?.kind === 'remove' && missing.old > 0) return true;
  if (below === 0) return rowsBelow === 0 || least > 0 || missing.new > MAX_MISCOUNT;
  return least > MAX_MISCOUNT || (least === MAX_MISCOUNT && below < USUAL_CONTEXT);
}

function missingLines({ lines, oldCount, newCount }: Hunk): Missing | null {
  if (oldCount === null || newCount === null) return null;
  const old = lines.filter((line) => line.kind !== 'add').length;
  const added = lines.filter((line) => line.kind !== 'remove').length;
  return { old: oldCount - old, new: newCount - added };
}
