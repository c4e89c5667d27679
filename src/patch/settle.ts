import type { Block } from './blocks.ts';
import type { SourceFile } from './source-file.ts';

export interface Settled {
  /** In order, none touching the rows of another. */
  readonly blocks: readonly Block[];
  /** Hunks whose change cannot stand beside an earlier hunk's. */
  readonly clashing: ReadonlySet<number>;
}

/**
 * Puts the blocks of all hunks in order. The same change told twice counts once; two changes of the same rows,
 * or two insertions in one place, clash. So does one change that two hunks claim for different places: `offsets`
 * has, for each hunk, how far its claimed line is from its place, null where it claims none.
 */
export function settle(blocks: readonly Block[], offsets: ReadonlyMap<number, number | null>): Settled {
  const sorted = blocks.toSorted((left, right) => left.from - right.from || left.to - right.to);
  const kept: Block[] = [];
  const clashing = new Set<number>();
  for (const block of sorted) {
    const last = kept.at(-1);
    if (last === undefined || block.from > last.to || standsBeside(last, block)) kept.push(block);
    else if (!sameChange(last, block) || !sameOffset(last, block, offsets))
      clashing.add(Math.max(block.hunkNumber, last.hunkNumber));
  }
  return { blocks: kept, clashing };
}

/** Touching blocks have a clear order unless both only insert at the point where they touch. */
function standsBeside(last: Block, block: Block): boolean {
  return block.from === last.to && !(last.from === last.to && block.from === block.to);
}

function sameChange(left: Block, right: Block): boolean {
  return (
    left.from === right.from &&
    left.to === right.to &&
    left.lines.length === right.lines.length &&
    left.lines.every((line, at) => line === right.lines[at])
  );
}

function sameOffset(left: Block, right: Block, offsets: ReadonlyMap<number, number | null>): boolean {
  const [a = null, b = null] = [offsets.get(left.hunkNumber), offsets.get(right.hunkNumber)];
  return a === null || b === null || a === b;
}

export interface Rewritten {
  readonly file: SourceFile;
  /** Rows of the new file that were written, or that stand where lines were taken out. */
  readonly touched: ReadonlySet<number>;
}

const MARK = '\uFEFF';

/** Writes settled blocks into a file. The byte order mark stays where a file has it: at the very start. */
export function rewrite(file: SourceFile, blocks: readonly Block[]): Rewritten {
  const lines: string[] = [];
  const touched = new Set<number>();
  let row = 0;
  let finalNewline = file.finalNewline;
  for (const block of blocks) {
    for (; row < block.from; row += 1) lines.push(file.lines[row] ?? '');
    if (block.from === file.lines.length && row > 0 && block.lines.length > 0)
      lines.push(closed(lines.pop() ?? '', file));
    for (const line of block.lines) {
      touched.add(lines.length);
      lines.push(line);
    }
    if (block.lines.length === 0) touched.add(lines.length);
    row = block.to;
    finalNewline = block.finalNewline ?? finalNewline;
  }
  for (; row < file.lines.length; row += 1) lines.push(file.lines[row] ?? '');
  return { file: { lines, finalNewline }, touched };
}

/** A last line without newline that is no longer last gets the line end of the line above it. */
function closed(line: string, file: SourceFile): string {
  const above = file.lines.at(-2) ?? '';
  return !file.finalNewline && above.endsWith('\r') && !line.endsWith('\r') ? `${line}\r` : line;
}

/** Moves the byte order mark of a file back to its start after lines were put before or in place of the first. */
export function keepMark(before: SourceFile, after: SourceFile): SourceFile {
  if (before.lines[0]?.startsWith(MARK) !== true || after.lines.length === 0) return after;
  const first = before.lines[0];
  const lines = after.lines.map((line) => (line === first ? line.slice(1) : line));
  return { ...after, lines: [MARK + (lines[0] ?? ''), ...lines.slice(1)] };
}
