import { oldSide } from './hunk-sides.ts';
import type { LineIndex, WorkLimit } from './line-index.ts';
import { lineKey } from './line-keys.ts';
import type { HunkLine } from './types.ts';

/** A hunk may skip this many lines of the file in one place, and in this many places. */
const MAX_SKIPPED = 40;
const MAX_GAPS = 3;
const MAX_STATES = 20_000;

/** Rows for each old line of a hunk, rising. */
export type Rows = readonly number[];

/**
 * Every way to lay a hunk's old lines over the file when the model left file lines out. Lines may be left out
 * between two lines of context only: beside a change it would be unknown on which side of them the change
 * belongs. What was left out must pass `mayLeaveOut`. Ways that change the same rows count once. Null when there are too many ways to look at.
 */
export function alignments(
  index: LineIndex,
  lines: readonly HunkLine[],
  mayLeaveOut: (skipped: readonly string[]) => boolean,
  work: WorkLimit,
): readonly Rows[] | null {
  if (oldSide(lines).length > index.lines.length) return [];
  const wanted = wantedLines(lines);
  const [first] = wanted;
  if (first === undefined || !wanted.some((line) => line.gapBefore)) return [];
  const found = new Map<string, Rows>();
  const states: State[] = index.rows('characters', first.key).map((row) => ({ rows: [row], gaps: 0 }));
  let steps = 0;
  for (let state = states.pop(); state !== undefined; state = states.pop()) {
    steps += 1;
    work.left -= state.rows.length;
    if (steps > MAX_STATES || work.left < 0) return null;
    const line = wanted[state.rows.length];
    if (line !== undefined) states.push(...nextStates(index, state, line));
    else if (state.gaps > 0 && mayLeaveOut(skipped(index, state.rows))) {
      found.set(signature(wanted, state.rows), state.rows);
    }
  }
  return [...found.values()];
}

/** Rows of the first old lines, and how often lines were left out among them. */
interface State {
  readonly rows: Rows;
  readonly gaps: number;
}

function nextStates(index: LineIndex, { rows, gaps }: State, line: Wanted): readonly State[] {
  const next = (rows.at(-1) ?? 0) + 1;
  const states: State[] = [];
  if (index.keys('characters')[next] === line.key) states.push({ rows: [...rows, next], gaps });
  if (!line.gapBefore || gaps >= MAX_GAPS) return states;
  const keys = index.keys('characters');
  for (let row = next + 1; row <= next + MAX_SKIPPED; row += 1) {
    if (keys[row] === line.key) states.push({ rows: [...rows, row], gaps: gaps + 1 });
  }
  return states;
}

interface Wanted {
  readonly key: string;
  readonly gapBefore: boolean;
  /** Its row decides where something is changed. */
  readonly besideChange: boolean;
}

function wantedLines(lines: readonly HunkLine[]): readonly Wanted[] {
  const wanted: Wanted[] = [];
  for (const [at, line] of lines.entries()) {
    if (line.kind === 'add') continue;
    const [before, after] = [lines[at - 1]?.kind ?? 'context', lines[at + 1]?.kind ?? 'context'];
    wanted.push({
      key: lineKey('characters', line.text),
      gapBefore: at > 0 && line.kind === 'context' && before === 'context',
      besideChange: line.kind === 'remove' || before !== 'context' || after !== 'context',
    });
  }
  return wanted;
}

function skipped(index: LineIndex, rows: Rows): readonly string[] {
  const [first = 0, last = -1] = [rows[0], rows.at(-1)];
  const taken = new Set(rows);
  return index.lines.slice(first, last + 1).filter((_, at) => !taken.has(first + at));
}

function signature(wanted: readonly Wanted[], rows: Rows): string {
  return rows.filter((_, at) => wanted[at]?.besideChange === true).join(',');
}
