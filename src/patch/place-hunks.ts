import { blocksOf, type Block, type PlacedHunk } from './blocks.ts';
import { chooseAll, type Searched } from './choose.ts';
import { closestPlace } from './closest.ts';
import { newSide, oldSide } from './hunk-sides.ts';
import { findRuns, indexLines, type LineIndex, type WorkLimit } from './line-index.ts';
import { lineKey } from './line-keys.ts';
import { refusal } from './refusal.ts';
import { MAX_CANDIDATES, searchHunk, searchStrictly, type Candidate, type Search } from './search.ts';
import { keepMark, rewrite, settle, type Rewritten } from './settle.ts';
import { splitFile, type SourceFile } from './source-file.ts';
import { wasCut } from './truncation.ts';
import type { Hunk, HunkLine, Placement, Refusal } from './types.ts';

export interface FileResult {
  readonly file: SourceFile;
  readonly placements: readonly Placement[];
  readonly refusals: readonly Refusal[];
  /** Numbers of the hunks that are not refused. */
  readonly placed: ReadonlySet<number>;
}

type Chosen = PlacedHunk | Refusal;

const MAX_ROUNDS = 32;
/** A miss is looked for in so many lines of a hunk. */
const MAX_SHOWN_LINES = 2000;
/** A claimed line this far off is no support for a place. */
const NEAR_ROWS = 10;

/**
 * Applies all hunks of one file to its text. Every hunk is looked for in the file as it was; one that is not
 * there is looked for once more in the result of the others, for models that write the lines around a change
 * as they will be.
 */
export function placeHunks(path: string, text: string, hunks: readonly Hunk[], work: WorkLimit): FileResult {
  const before = splitFile(text);
  const chosen = choosePlaces(path, hunks, indexLines(before), work);
  const blocks: Block[] = [];
  const refusals: Refusal[] = [];
  const placements: Placement[] = [];
  for (const item of chosen) {
    const made = 'code' in item ? item : blocksOrRefusal(path, before, item, hunks);
    if ('code' in made) refusals.push(made);
    else {
      for (const block of made) blocks.push(block);
      if (!('code' in item)) placements.push(placementOf(path, item));
    }
  }
  const settled = settle(blocks, offsetsOf(chosen, hunks));
  const clashes = [...settled.clashing].map((number) =>
    refusal('overlap', { path, hunkNumber: number, hunk: hunks[number - 1] ?? null }),
  );
  const written = rewrite(before, settled.blocks);
  const loose = placements.some(({ level, line }) => line <= 2 && level !== 'exact');
  const result = afterOthers(
    path,
    loose ? { ...written, file: keepMark(before, written.file) } : written,
    hunks,
    refusals,
    work,
  );
  const all = [...result.refusals, ...clashes];
  const refused = new Set(all.map(({ hunkNumber }) => hunkNumber));
  return {
    file: result.file,
    placements: [...placements, ...result.placements].filter(({ hunkNumber }) => !refused.has(hunkNumber)),
    refusals: all,
    placed: new Set(hunks.map((_, at) => at + 1).filter((number) => !refused.has(number))),
  };
}

function offsetsOf(chosen: readonly Chosen[], hunks: readonly Hunk[]): ReadonlyMap<number, number | null> {
  const offsets = new Map<number, number | null>();
  for (const item of chosen) {
    if ('code' in item) continue;
    const claimed = hunks[item.hunkNumber - 1]?.oldStart ?? null;
    offsets.set(item.hunkNumber, claimed === null ? null : (item.candidate.rows[0] ?? 0) + 1 - claimed);
  }
  return offsets;
}

function placementOf(path: string, { hunkNumber, level, candidate }: PlacedHunk): Placement {
  return { path, hunkNumber, line: (candidate.rows[0] ?? 0) + 1, level };
}

function blocksOrRefusal(
  path: string,
  file: SourceFile,
  placed: PlacedHunk,
  hunks: readonly Hunk[],
): readonly Block[] | Refusal {
  const blocks = blocksOf(file, placed);
  if (typeof blocks !== 'string') return blocks;
  const { hunkNumber, level, candidate } = placed;
  const row = candidate.rows[0] ?? 0;
  return refusal(blocks, {
    path,
    hunkNumber,
    hunk: hunks[hunkNumber - 1] ?? null,
    level,
    matches: 1,
    places: [row + 1],
    line: row + 1,
  });
}

function choosePlaces(
  path: string,
  hunks: readonly Hunk[],
  index: LineIndex,
  work: WorkLimit,
): readonly Chosen[] {
  const searches = hunks.map((hunk) => searchOne(hunk, index, work));
  const searched = searches.flatMap((search, at): Searched[] => {
    const hunk = hunks[at];
    return hunk === undefined || search === null ? [] : [{ hunk, search }];
  });
  const candidates = chooseAll(searched, index, work);
  let next = 0;
  return hunks.map((hunk, at): Chosen => {
    const hunkNumber = at + 1;
    const search = searches[at] ?? null;
    if (search === null) return missed(path, hunk, hunkNumber, index);
    const candidate = candidates[next++] ?? null;
    if (candidate === null) return unclear(path, hunk, hunkNumber, search, work);
    if (hunk.mayBeCut && wasCut(hunk, index.lines.length - 1 - (candidate.rows.at(-1) ?? -1)))
      return refusal('truncated', { path, hunkNumber, hunk });
    if (isFarFromClaim(hunk, candidate, index.lines.length)) {
      return unclear(path, hunk, hunkNumber, search, work);
    }
    const standing = search.level === 'already-applied' ? 'no' : standsAlready(hunk, candidate, index, work);
    if (standing === 'unclear') return unclear(path, hunk, hunkNumber, search, work);
    if (standing === 'no') return { hunkNumber, level: search.level, candidate };
    return {
      hunkNumber,
      level: 'already-applied',
      candidate: {
        ...candidate,
        lines: oldSide(candidate.lines).map((line) => ({ ...line, kind: 'context' })),
      },
    };
  });
}

/** A hunk that only adds has nothing to be found by, unless the file is empty. */
function searchOne(hunk: Hunk, index: LineIndex, work: WorkLimit): Search | null {
  if (index.lines.length === 0 && oldSide(hunk.lines).every((line) => line.text.trim() === '')) {
    const lines = hunk.lines.filter((line) => line.kind === 'add');
    return { level: 'exact', candidates: [{ lines, rows: [], shift: (line) => line }], undecided: false };
  }
  return searchHunk(hunk, index, work);
}

/**
 * A hunk that only adds, and shows context on one side of it only, proves little. Away from the edge of the
 * file, where git writes such hunks, its claimed line must at least be near.
 */
function isFarFromClaim(hunk: Hunk, { lines, rows }: Candidate, fileRows: number): boolean {
  if (hunk.oldStart === null || lines.some((line) => line.kind === 'remove')) return false;
  const [first = 0, last = 0] = [rows[0], rows.at(-1)];
  const openAbove = lines[0]?.kind === 'add' && first > 0;
  const openBelow = lines.at(-1)?.kind === 'add' && last < fileRows - 1;
  return (openAbove || openBelow) && Math.abs(first + 1 - hunk.oldStart) > NEAR_ROWS;
}

/**
 * Whether the change of a hunk that was found stands in the file too, so that it may have been made already
 * and its old lines are found by chance. The claimed lines decide; without them a change at the very edge of
 * the file, where git shows no context, was made before, and any other is unclear.
 */
function standsAlready(
  hunk: Hunk,
  { lines, rows }: Candidate,
  index: LineIndex,
  work: WorkLimit,
): 'yes' | 'no' | 'unclear' {
  if (!lines.some((line) => line.kind === 'add' && line.text.trim() !== '')) return 'no';
  const wanted = newSide(lines).map((line) => [lineKey('trailing-space', line.text)]);
  const { starts } = findRuns(index, 'trailing-space', wanted, MAX_CANDIDATES, work);
  if (starts.length === 0 || sameTexts(oldSide(lines), newSide(lines))) return 'no';
  const first = rows[0] ?? 0;
  const oldClaimed = hunk.oldStart === first + 1;
  const newClaimed = starts.some((start) => hunk.newStart === start + 1);
  if (oldClaimed !== newClaimed) return newClaimed ? 'yes' : 'no';
  const atEdge = starts.some((start) => {
    const end = start + wanted.length;
    const reachesOver = start < first ? end > first : end - 1 > (rows.at(-1) ?? 0) && start <= first;
    return reachesOver && (start === 0 || end === index.lines.length);
  });
  return atEdge ? 'yes' : 'unclear';
}

/** Only the newline at the end of the file changes. */
function sameTexts(left: readonly HunkLine[], right: readonly HunkLine[]): boolean {
  return left.length === right.length && left.every((line, at) => line.text === right[at]?.text);
}

function unclear(path: string, hunk: Hunk, hunkNumber: number, search: Search, work: WorkLimit): Refusal {
  const places = search.candidates.map(({ rows }) => (rows[0] ?? 0) + 1);
  const code = work.left < 0 || places.length === 0 ? 'too-much-work' : 'ambiguous';
  return refusal(code, {
    path,
    hunkNumber,
    hunk,
    level: search.level,
    matches: places.length,
    places: places.slice(0, 10),
  });
}

function missed(path: string, hunk: Hunk, hunkNumber: number, index: LineIndex): Refusal {
  const wanted = oldSide(hunk.lines);
  if (wanted.every((line) => line.text.trim() === ''))
    return refusal('no-context', { path, hunkNumber, hunk });
  const closest = closestPlace(
    index,
    wanted.slice(0, MAX_SHOWN_LINES),
    hunk.oldStart === null ? null : hunk.oldStart - 1,
  );
  const known = { path, hunkNumber, hunk, level: 'aligned' } as const;
  if (closest === null)
    return refusal('not-found', {
      ...known,
      expected: wanted.find((line) => line.text.trim() !== '')?.text ?? null,
    });
  const { at, row } = closest;
  return refusal('not-found', {
    ...known,
    line: row + 1,
    expected: wanted[at]?.text ?? null,
    found: index.lines[row] ?? null,
  });
}

interface Later {
  readonly file: SourceFile;
  readonly placements: readonly Placement[];
  readonly refusals: readonly Refusal[];
}

/** Looks for the hunks that were not found in what the others made; they must touch what was changed. */
function afterOthers(
  path: string,
  start: Rewritten,
  hunks: readonly Hunk[],
  refusals: readonly Refusal[],
  work: WorkLimit,
): Later {
  let { file, touched } = start;
  let open = refusals;
  const placements: Placement[] = [];
  for (
    let round = 0;
    round < MAX_ROUNDS && touched.size > 0 && open.some(({ code }) => code === 'not-found');
    round += 1
  ) {
    const index = indexLines(file);
    const found = open.flatMap((refused) => laterPlace(refused, hunks, index, touched, work));
    if (found.length === 0) break;
    const blocks = found.flatMap((placed) => {
      const made = blocksOf(file, placed);
      return typeof made === 'string' ? [] : made;
    });
    const { blocks: settled, clashing } = settle(blocks, new Map());
    if (clashing.size > 0) break;
    ({ file, touched } = rewrite(file, settled));
    for (const placed of found) placements.push(placementOf(path, { ...placed, level: 'after-others' }));
    const numbers = new Set(found.map(({ hunkNumber }) => hunkNumber));
    open = open.filter(({ hunkNumber }) => hunkNumber === null || !numbers.has(hunkNumber));
  }
  return { file, placements, refusals: open };
}

function laterPlace(
  refused: Refusal,
  hunks: readonly Hunk[],
  index: LineIndex,
  touched: ReadonlySet<number>,
  work: WorkLimit,
): readonly PlacedHunk[] {
  const hunk = refused.hunkNumber === null ? undefined : hunks[refused.hunkNumber - 1];
  if (refused.code !== 'not-found' || hunk === undefined || refused.hunkNumber === null) return [];
  const search = searchStrictly(hunk, index, work);
  const [candidate] = search?.candidates ?? [];
  if (search === null || candidate === undefined || search.candidates.length > 1 || search.undecided)
    return [];
  if (!candidate.rows.some((row) => touched.has(row))) return [];
  return [{ hunkNumber: refused.hunkNumber, level: search.level, candidate }];
}
