import { diffLines } from './diff-lines.ts';
import { oldSide } from './hunk-sides.ts';
import type { Candidate } from './search.ts';
import type { SourceFile } from './source-file.ts';
import { learnDrift, respell, type Drift, type LinePair } from './spelling.ts';
import type { HunkLine, Level } from './types.ts';

/** Rows [from, to) of a file become these lines. */
export interface Block {
  readonly from: number;
  readonly to: number;
  readonly lines: readonly string[];
  /** Whether the file ends in a newline afterwards; null leaves that as it is. */
  readonly finalNewline: boolean | null;
  readonly hunkNumber: number;
}

export interface PlacedHunk {
  readonly hunkNumber: number;
  readonly level: Level;
  readonly candidate: Candidate;
}

export type Unclear = 'unclear-text' | 'unclear-line-ends';

/** A run of removed and added lines of a hunk, with the rows it covers. */
interface Run {
  readonly from: number;
  readonly to: number;
  readonly removed: readonly HunkLine[];
  readonly added: readonly HunkLine[];
}

/** Levels at which the words are the file's but for indentation or inner spaces. */
const LOOSE_SPACE: ReadonlySet<Level> = new Set(['inner-space']);

/**
 * What a placed hunk does to its file, in the file's own bytes: its line ends, its spelling, its indentation.
 * Says what is unclear when the model's way of writing leaves two results possible.
 */
export function blocksOf(file: SourceFile, placed: PlacedHunk): readonly Block[] | Unclear {
  const runs = runsOf(placed.candidate);
  if (placed.level === 'exact' || placed.level === 'after-others') {
    return runs.map((run) =>
      block(
        run,
        run.added.map((line) => line.text),
        file,
        placed,
      ),
    );
  }
  const pairs = pairsOf(file, placed.candidate);
  if (placed.level !== 'trailing-space' && isTooLong(pairs, runs)) return 'unclear-text';
  const drift = learnDrift(placed.level === 'trailing-space' ? [] : pairs);
  const blocks: Block[] = [];
  for (const run of runs) {
    const made = adaptedBlocks(file, placed, run, drift);
    if (typeof made === 'string') return made;
    for (const each of made) blocks.push(each);
  }
  return blocks;
}

/** So many characters in a line that is spelled otherwise, and in all lines, can be compared in time. */
const MAX_RESPELLED_CHARS = 10_000;
const MAX_COMPARED_CHARS = 500_000;

function isTooLong(pairs: readonly LinePair[], runs: readonly Run[]): boolean {
  const added = runs.flatMap((run) => run.added.map(({ text }) => text.length));
  const respelled = pairs.flatMap(({ written, found }) =>
    written === found ? [] : [Math.max(written.length, found.length)],
  );
  const compared = pairs.reduce((sum, { found }) => sum + found.length, 0);
  return [...added, ...respelled].some((size) => size > MAX_RESPELLED_CHARS) || compared > MAX_COMPARED_CHARS;
}

function runsOf({ lines, rows }: Candidate): readonly Run[] {
  const runs: Run[] = [];
  let old = 0;
  let open: { from: number; removed: HunkLine[]; added: HunkLine[] } | null = null;
  const close = (): void => {
    if (open !== null) runs.push({ ...open, to: open.from + open.removed.length });
    open = null;
  };
  for (const line of lines) {
    if (line.kind === 'context') {
      close();
      old += 1;
      continue;
    }
    const before = rows[old - 1];
    open ??= {
      from: line.kind === 'add' && before !== undefined ? before + 1 : (rows[old] ?? 0),
      removed: [],
      added: [],
    };
    if (line.kind === 'add') open.added.push(line);
    else {
      open.removed.push(line);
      old += 1;
    }
  }
  close();
  return runs;
}

/** The matched lines as the model wrote them, in the file's indentation, and as the file has them. */
function pairsOf(file: SourceFile, { lines, rows, shift }: Candidate): readonly LinePair[] {
  return oldSide(lines).map(({ text }, at) => ({
    written: (shift(text) ?? text).trimEnd(),
    found: (file.lines[rows[at] ?? -1] ?? '').trimEnd(),
  }));
}

function block(run: Run, lines: readonly string[], file: SourceFile, placed: PlacedHunk): Block {
  const { from, to } = run;
  const finalNewline = to === file.lines.length ? newlineAtEnd(run, file) : null;
  return { from, to, lines, finalNewline, hunkNumber: placed.hunkNumber };
}

/** The markers of the answer decide; without any, a file that ended without newline goes on to. */
function newlineAtEnd({ removed, added }: Run, file: SourceFile): boolean | null {
  const last = added.at(-1);
  if (last === undefined) return removed.length > 0 ? true : null;
  if (last.noNewline === true) return false;
  return removed.at(-1)?.noNewline === true ? true : file.finalNewline;
}

/** Lines that are written the same before and after stay as the file has them; the rest is adapted. */
function adaptedBlocks(
  file: SourceFile,
  placed: PlacedHunk,
  run: Run,
  drift: Drift,
): readonly Block[] | Unclear {
  const mark = (line: HunkLine): string => withoutReturn(line.text) + (line.noNewline === true ? '\n' : '');
  const parts = diffLines(run.removed.map(mark), run.added.map(mark));
  if (keepsUnclearLine(file, run, parts)) return 'unclear-text';
  const blocks: Block[] = [];
  for (const { oldFrom, oldTo, newFrom, newTo } of parts) {
    const part: Run = {
      from: run.from + oldFrom,
      to: run.from + oldTo,
      removed: run.removed.slice(oldFrom, oldTo),
      added: run.added.slice(newFrom, newTo),
    };
    const texts = adaptedTexts(file, placed, part, drift);
    if (typeof texts === 'string') return texts;
    blocks.push(block(part, texts, file, placed));
  }
  return blocks;
}

/** A line that is removed and added alike, where the file has other spaces at its end: kept or cleaned, who knows. */
function keepsUnclearLine(
  file: SourceFile,
  run: Run,
  parts: readonly { readonly oldFrom: number; readonly oldTo: number }[],
): boolean {
  return run.removed.some((line, at) => {
    if (parts.some(({ oldFrom, oldTo }) => at >= oldFrom && at < oldTo)) return false;
    return spacesAtEnd(file.lines[run.from + at] ?? '') !== spacesAtEnd(line.text);
  });
}

function spacesAtEnd(line: string): string {
  const end = withoutReturn(line);
  return end.slice(end.trimEnd().length);
}

function adaptedTexts(
  file: SourceFile,
  placed: PlacedHunk,
  run: Run,
  drift: Drift,
): readonly string[] | Unclear {
  if (run.added.length === 0) return [];
  const removed = run.removed.map((line, at) => ({
    written: line.text.trimEnd(),
    found: (file.lines[run.from + at] ?? '').trimEnd(),
  }));
  if (LOOSE_SPACE.has(placed.level) && removed.some(({ written, found }) => !sameInside(written, found))) {
    return 'unclear-text';
  }
  const ending = lineEnding(file, run);
  if (ending === null) return 'unclear-line-ends';
  const texts: string[] = [];
  const endsFile = run.to === file.lines.length && newlineAtEnd(run, file) === false;
  for (const [at, line] of run.added.entries()) {
    const text = adaptedText(withoutReturn(line.text), placed, removed, drift);
    if (text === null) return 'unclear-text';
    texts.push(endsFile && at === run.added.length - 1 ? text : text + ending);
  }
  return texts;
}

function adaptedText(
  text: string,
  placed: PlacedHunk,
  removed: readonly LinePair[],
  drift: Drift,
): string | null {
  if (placed.level === 'trailing-space') return withoutMark(text);
  const shifted = placed.candidate.shift(text);
  if (shifted === null) return null;
  const shiftedPairs = removed.map(({ written, found }) => ({
    written: placed.candidate.shift(written) ?? written,
    found,
  }));
  return respell(withoutMark(shifted), shiftedPairs, drift);
}

function sameInside(written: string, found: string): boolean {
  return written.trim() === found.trim();
}

function withoutReturn(line: string): string {
  return line.endsWith('\r') ? line.slice(0, -1) : line;
}

function withoutMark(line: string): string {
  return line.startsWith('\uFEFF') ? line.slice(1) : line;
}

/** The line end of what is replaced, else of both neighbours; null when those differ. */
function lineEnding(file: SourceFile, { from, to }: Run): '' | '\r' | null {
  const endings = (first: number, end: number): Set<boolean> => {
    const rows = Array.from({ length: Math.max(0, end - first) }, (_, at) => first + at);
    const told = rows.filter(
      (row) => row >= 0 && row < file.lines.length && (file.finalNewline || row < file.lines.length - 1),
    );
    return new Set(told.map((row) => file.lines[row]?.endsWith('\r') === true));
  };
  const own = endings(from, to);
  const around = endings(from - 1, to + 1);
  const seen = own.size === 1 ? own : around;
  if (seen.size > 1) return null;
  const returns =
    seen.size === 0 ? file.lines.slice(0, -1).some((line) => line.endsWith('\r')) : seen.has(true);
  return returns ? '\r' : '';
}
