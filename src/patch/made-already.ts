import { newSide, oldSide } from './hunk-sides.ts';
import type { LineIndex } from './line-index.ts';
import type { HunkLine } from './types.ts';

/**
 * Lines that a hunk only removes are known to be gone where what was around them stands together now and they
 * stand nowhere near: else the context may repeat itself. At the start or end of a hunk nothing is around them,
 * so there the file itself must start or end.
 */
export function removalsAreGone(
  lines: readonly HunkLine[],
  start: number,
  size: number,
  file: readonly string[],
): boolean {
  const opens =
    lines[0]?.kind === 'remove' && lines.find((line) => line.kind !== 'remove')?.kind === 'context';
  const closes =
    lines.at(-1)?.kind === 'remove' && lines.findLast((line) => line.kind !== 'remove')?.kind === 'context';
  if ((opens && start !== 0) || (closes && start + size !== file.length)) return false;
  if (lines.some((line) => line.kind === 'add')) return true;
  const removed = lines.filter((line) => line.kind === 'remove').map((line) => line.text.trim());
  const gone = new Set(removed);
  const near = file.slice(Math.max(0, start - removed.length), start + size + removed.length);
  return !near.some((line) => line.trim() !== '' && gone.has(line.trim()));
}

/** Where a hunk changes the newline at the end of the file, the file must end as it says. */
export function endsAsMade(
  lines: readonly HunkLine[],
  end: number,
  { lines: rows, finalNewline }: LineIndex,
): boolean {
  const [was, is] = [oldSide(lines).at(-1)?.noNewline === true, newSide(lines).at(-1)?.noNewline === true];
  return was === is || (end === rows.length && finalNewline === was);
}

/** A lone brace is no proof that a change was made. */
export function saysEnough(lines: readonly HunkLine[]): boolean {
  const words = lines.map((line) => line.text.trim()).filter((text) => text !== '');
  return words.length >= 2 || words.some((text) => text.length >= 12);
}
