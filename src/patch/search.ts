import { alignments } from './align.ts';
import { closestPlace } from './closest.ts';
import { changes, newSide, oldSide, readings } from './hunk-sides.ts';
import { addsShareIndent, addsStandInFile, noShift, uniformShift, type Shift } from './indent.ts';
import { findRuns, type LineIndex, type WorkLimit } from './line-index.ts';
import { lineKey, type KeyKind } from './line-keys.ts';
import { endsAsMade, removalsAreGone, saysEnough } from './made-already.ts';
import type { LinePair } from './spelling.ts';
import type { Hunk, HunkLine, Level } from './types.ts';

/** One place where a hunk fits. */
export interface Candidate {
  /** The reading of the hunk that fits. */
  readonly lines: readonly HunkLine[];
  /** The file's row for each old line of it. */
  readonly rows: readonly number[];
  readonly shift: Shift;
}

/** All places at the surest level that has any. */
export interface Search {
  readonly level: Level;
  readonly candidates: readonly Candidate[];
  /** No candidate may be chosen, whatever the hints say: some are missing, or one contradicts the level. */
  readonly undecided: boolean;
}

/** Enough to say that there are too many. */
export const MAX_CANDIDATES = 64;

interface Context {
  readonly hunk: Hunk;
  readonly readings: readonly (readonly HunkLine[])[];
  readonly index: LineIndex;
  readonly work: WorkLimit;
}

type Step = (context: Context) => Search | null;

/** The ladder, surest level first. A level without a match hands on to the next. */
const LADDER: readonly Step[] = [
  (context) => runs(context, 'exact', 'exact'),
  (context) => runs(context, 'trailing-space', 'trailing-space'),
  (context) => runs(context, 'characters', 'characters'),
  alreadyApplied,
  (context) => loose(context, lostPrefix(context)),
  (context) => loose(context, shifted(context, 'indent')),
  (context) => loose(context, shifted(context, 'inner-space')),
  (context) => loose(context, aligned(context)),
];

/** Climbs down the ladder; null when the hunk fits nowhere. */
export function searchHunk(hunk: Hunk, index: LineIndex, work: WorkLimit): Search | null {
  if (work.left < 0) return { level: 'exact', candidates: [], undecided: true };
  const context = contextOf(hunk, index, work);
  for (const step of LADDER) {
    const found = step(context);
    if (found !== null) return found;
  }
  return null;
}

/** The search at the levels that take the file's own characters as they are. */
export function searchStrictly(hunk: Hunk, index: LineIndex, work: WorkLimit): Search | null {
  const context = contextOf(hunk, index, work);
  return runs(context, 'exact', 'exact') ?? runs(context, 'trailing-space', 'trailing-space');
}

/** Only readings of which one side could stand in the file. */
function contextOf(hunk: Hunk, index: LineIndex, work: WorkLimit): Context {
  const most = index.lines.length;
  const fitting = readings(hunk).filter(
    (lines) => lines.length <= most || oldSide(lines).length <= most || newSide(lines).length <= most,
  );
  return { hunk, readings: fitting, index, work };
}

function runs({ readings: known, index, work }: Context, level: Level, kind: KeyKind): Search | null {
  for (const lines of known) {
    const wanted = oldSide(lines);
    if (wanted.length > index.lines.length || wanted.every((line) => line.text.trim() === '')) continue;
    const keys = wanted.map((line) => keysFor(line, kind, level === 'lost-prefix'));
    const found = findRuns(index, kind, keys, MAX_CANDIDATES, work);
    if (found.starts.length === 0 && !found.exhausted) continue;
    const candidates = found.starts.map((start) => candidateAt(lines, wanted.length, start));
    return { level, candidates, undecided: found.exhausted };
  }
  return null;
}

/**
 * Context whose prefix column is gone. Where nothing but context tells, the added lines must stand at a depth
 * that the file has there and the hunk has not: else all lines may have been moved left, added ones too.
 */
function lostPrefix(context: Context): Search | null {
  const search = runs(context, 'lost-prefix', 'characters');
  if (search === null) return null;
  const candidates = search.candidates.filter(({ lines, rows }) => {
    const added = lines.filter((line) => line.kind === 'add').map((line) => line.text);
    if (added.length === 0 || lines.some((line) => line.kind === 'remove' && line.text.trim() !== ''))
      return true;
    return addsStandInFile(added, pairsAt(oldSide(lines), rows, context.index.lines));
  });
  return candidates.length === 0 && !search.undecided ? null : { ...search, candidates };
}

function pairsAt(
  old: readonly HunkLine[],
  rows: readonly number[],
  file: readonly string[],
): readonly LinePair[] {
  return old.map((line, at) => ({ written: line.text, found: file[rows[at] ?? -1] ?? '' }));
}

function keysFor(line: HunkLine, kind: KeyKind, maybeUnprefixed: boolean): readonly string[] {
  const key = lineKey(kind, line.text);
  if (!maybeUnprefixed || line.kind !== 'context' || line.bare === true) return [key];
  return [key, lineKey(kind, ` ${line.text}`)];
}

function candidateAt(lines: readonly HunkLine[], size: number, start: number): Candidate {
  return { lines, rows: Array.from({ length: size }, (_, at) => start + at), shift: noShift };
}

/** The change is there already: the hunk's new side stands in the file and its old side does not. */
function alreadyApplied(context: Context): Search | null {
  const { hunk, readings: known, index, work } = context;
  if (!changes(hunk.lines)) return null;
  for (const lines of known) {
    const wanted = newSide(lines);
    if (wanted.length > index.lines.length || !saysEnough(wanted)) continue;
    for (const kind of ['exact', 'trailing-space', 'characters'] as const) {
      const keys = wanted.map((line) => keysFor(line, kind, false));
      const found = findRuns(index, kind, keys, MAX_CANDIDATES, work);
      if (found.starts.length === 0 && !found.exhausted) continue;
      const asContext = wanted.map((line): HunkLine => ({ kind: 'context', text: line.text }));
      const candidates = found.starts
        .filter((start) => removalsAreGone(lines, start, wanted.length, index.lines))
        .filter((start) => endsAsMade(lines, start + wanted.length, index))
        .map((start) => candidateAt(asContext, wanted.length, start));
      if (candidates.length === 0 && !found.exhausted) continue;
      const old = (lostPrefix(context) ?? shifted(context, 'indent'))?.candidates ?? [];
      const rivals = old.filter((rival) => !candidates.some((candidate) => overlap(candidate, rival)));
      return {
        level: 'already-applied',
        candidates: [...candidates, ...rivals],
        undecided: found.exhausted || rivals.length > 0,
      };
    }
  }
  return null;
}

function overlap(left: Candidate, right: Candidate): boolean {
  const ends = ({ rows }: Candidate): [number, number] => [rows[0] ?? 0, rows.at(-1) ?? 0];
  const [[a, b], [c, d]] = [ends(left), ends(right)];
  return a <= d && c <= b;
}

function shifted({ readings: known, index, work }: Context, kind: 'indent' | 'inner-space'): Search | null {
  for (const lines of known) {
    const wanted = oldSide(lines);
    if (wanted.length > index.lines.length || wanted.every((line) => line.text.trim() === '')) continue;
    const keys = wanted.map((line) => [lineKey(kind, line.text)]);
    const found = findRuns(index, kind, keys, MAX_CANDIDATES, work);
    const candidates = found.starts.flatMap((start) => {
      const candidate = candidateAt(lines, wanted.length, start);
      const shift = shiftOf(candidate, index.lines);
      return shift === null ? [] : [{ ...candidate, shift }];
    });
    if (candidates.length > 0 || found.exhausted)
      return { level: kind, candidates, undecided: found.exhausted };
  }
  return null;
}

function shiftOf({ lines, rows }: Candidate, file: readonly string[]): Shift | null {
  const pairs = pairsAt(oldSide(lines), rows, file);
  const shift = uniformShift(pairs);
  if (shift === noShift) return shift;
  const added = lines.filter((line) => line.kind === 'add').map((line) => line.text);
  if (shift !== null)
    return addsShareIndent(added, pairs) && added.every((text) => shift(text) !== null) ? shift : null;
  return changesStandStraight(lines, pairs) ? noShift : null;
}

/** Only context away from the changes is indented differently: beside each change the file agrees. */
function changesStandStraight(lines: readonly HunkLine[], pairs: readonly LinePair[]): boolean {
  const told: { removed: boolean[]; beside: boolean[] } = { removed: [], beside: [] };
  let straight = true;
  let pair = 0;
  let lastContext: boolean | null = null;
  let inBlock = false;
  const close = (): void => {
    const evidence = told.removed.length > 0 ? told.removed : told.beside;
    straight &&= evidence.length > 0 && evidence.every(Boolean);
    told.removed = [];
    told.beside = [];
    inBlock = false;
  };
  for (const line of lines) {
    if (line.kind !== 'context' && !inBlock) {
      inBlock = true;
      if (lastContext !== null) told.beside.push(lastContext);
    }
    if (line.kind === 'add') continue;
    const { written = '', found = '' } = pairs[pair++] ?? {};
    if (written.trim() === '') continue;
    const agrees = /^\s*/.exec(written)?.[0] === /^\s*/.exec(found)?.[0];
    if (line.kind === 'remove') told.removed.push(agrees);
    else {
      if (inBlock) {
        told.beside.push(agrees);
        close();
      }
      lastContext = agrees;
    }
  }
  if (inBlock) close();
  return straight;
}

function aligned({ hunk, readings: known, index, work }: Context): Search | null {
  for (const lines of known) {
    const ways = alignments(index, lines, (skipped) => isOnlyContext(hunk, lines, skipped), work);
    if (ways === null) return { level: 'aligned', candidates: [], undecided: true };
    if (ways.length === 0) continue;
    return {
      level: 'aligned',
      candidates: ways.map((rows) => ({ lines, rows, shift: noShift })),
      undecided: false,
    };
  }
  return null;
}

/**
 * Whether lines that a hunk leaves out are context it forgot, not lines it meant to remove: they are blank, or
 * both declared counts are too large by exactly their number.
 */
function isOnlyContext(hunk: Hunk, lines: readonly HunkLine[], skipped: readonly string[]): boolean {
  if (skipped.every((line) => line.trim() === '')) return true;
  const { oldCount, newCount } = hunk;
  return (
    lines === hunk.lines &&
    oldCount === oldSide(lines).length + skipped.length &&
    newCount === newSide(lines).length + skipped.length
  );
}

/**
 * A loose match counts only when no other place of the file has most of the hunk word for word: that place
 * may be the one that was meant, with one line of the hunk wrong.
 */
function loose({ index }: Context, search: Search | null): Search | null {
  const [candidate] = search?.candidates ?? [];
  if (search === null || candidate === undefined) return search;
  const wanted = oldSide(candidate.lines);
  const rival = closestPlace(index, wanted, null);
  const sayings = wanted.filter((line) => line.text.trim() !== '').length;
  if (rival === null || rival.agreeing * 2 < sayings) return search;
  const near = search.candidates.some(({ rows }) => rows.some((row, at) => row === rival.start + at));
  if (near) return search;
  const lines = oldSide(candidate.lines);
  const other = candidateAt(candidate.lines, lines.length, Math.max(0, rival.start));
  return { ...search, candidates: [...search.candidates, other], undecided: true };
}
