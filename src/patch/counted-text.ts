import { changes, oldSide } from './hunk-sides.ts';
import { joinFile, splitFile, type SourceFile } from './source-file.ts';
import type { Hunk, HunkLine } from './types.ts';

/** Lines of context that git puts around a change. */
const USUAL_CONTEXT = 3;

/** The new file so far. */
interface Draft {
  readonly lines: string[];
  /** Rows of the old file that were kept or removed. */
  row: number;
  /** The last line was said to have no newline, so nothing may follow. */
  open: boolean;
}

/**
 * The text after hunks that stand where their numbers say, before and after the change, have git's context and
 * fit byte for byte, the newline at the end of the file included. Null where one of that is not so.
 */
export function countedText(before: string, hunks: readonly Hunk[]): string | null {
  if (hunks.length === 0) return before;
  const file = splitFile(before);
  const draft: Draft = { lines: [], row: 0, open: false };
  for (const hunk of hunks) {
    if (!goTo(draft, file, hunk) || !isAsGitWrites(hunk, draft.row, file.lines.length)) return null;
    for (const line of hunk.lines) if (!take(draft, file, line)) return null;
  }
  const finalNewline = draft.row < file.lines.length ? file.finalNewline : !draft.open;
  if (!copyTo(draft, file, file.lines.length)) return null;
  return joinFile({ lines: draft.lines, finalNewline });
}

function goTo(draft: Draft, file: SourceFile, { oldStart, oldCount, newStart, newCount }: Hunk): boolean {
  // Git names the line before an empty range.
  const from = (oldStart ?? 0) - (oldCount === 0 ? 0 : 1);
  const to = (newStart ?? 0) - (newCount === 0 ? 0 : 1);
  if (from < draft.row || from > file.lines.length) return false;
  return copyTo(draft, file, from) && draft.lines.length === to;
}

function copyTo(draft: Draft, file: SourceFile, row: number): boolean {
  if (draft.open && draft.row < row) return false;
  for (; draft.row < row; draft.row += 1) draft.lines.push(file.lines[draft.row] ?? '');
  return true;
}

/** A hunk of git changes something, and has less context only where the file starts or ends. */
function isAsGitWrites({ lines }: Hunk, row: number, rows: number): boolean {
  if (!changes(lines)) return false;
  const above = lines.findIndex(({ kind }) => kind !== 'context');
  const below = lines.length - 1 - lines.findLastIndex(({ kind }) => kind !== 'context');
  const endsFile = row + oldSide(lines).length === rows;
  return (above >= USUAL_CONTEXT || row === 0) && (below >= USUAL_CONTEXT || endsFile);
}

/** Takes one line of a hunk over; false where the file has another one. */
function take(draft: Draft, file: SourceFile, { kind, text, noNewline }: HunkLine): boolean {
  const endsOpen = noNewline === true;
  if (kind !== 'add') {
    const isOpen = draft.row === file.lines.length - 1 && !file.finalNewline;
    if (file.lines[draft.row] !== text || endsOpen !== isOpen) return false;
    draft.row += 1;
  }
  if (kind === 'remove') return true;
  if (draft.open) return false;
  draft.lines.push(text);
  draft.open = endsOpen;
  return true;
}
