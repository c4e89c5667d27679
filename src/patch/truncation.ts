import type { Fence } from './fence.ts';
import type { FileEdit } from './types.ts';

/** A last hunk may claim this many lines too many and still be taken as badly counted. */
const MAX_MISCOUNT = 2;

/**
 * Whether the last edit of an answer shows that the answer was cut, when nobody told us the stop reason: its
 * fence was never closed and its counts do not prove it whole; or its last hunk ends in a change, in the
 * middle of a line, or far too early for what it declared.
 */
export function looksCut(edit: FileEdit, openFence: Fence | null, endsMidLine: boolean): boolean {
  const hunk = edit.hunks.at(-1);
  if (hunk === undefined || edit.format !== 'unified') return false;
  const { oldCount, newCount } = hunk;
  if (oldCount === null || newCount === null) return openFence !== null;
  const missingOld = oldCount - hunk.lines.filter((line) => line.kind !== 'add').length;
  const missingNew = newCount - hunk.lines.filter((line) => line.kind !== 'remove').length;
  if ((openFence !== null || endsMidLine) && (missingOld > 0 || missingNew > 0)) return true;
  const missing = Math.min(missingOld, missingNew);
  if (hunk.lines.at(-1)?.kind === 'context') return missing > MAX_MISCOUNT;
  const onlyAdds = oldCount === 0 && missingOld === 0;
  return missing > 0 || missingNew > (onlyAdds ? 0 : MAX_MISCOUNT);
}
