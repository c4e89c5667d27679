import type { LineIndex, WorkLimit } from './line-index.ts';
import { lineKey } from './line-keys.ts';
import type { Candidate, Search } from './search.ts';
import type { Hunk } from './types.ts';

/** A hunk with all the places where it fits. */
export interface Searched {
  readonly hunk: Hunk;
  readonly search: Search;
}

/**
 * The place of each hunk, or null where several would do and nothing tells them apart. Told apart by: the one
 * candidate, the end of the file, the heading above, and the claimed line where the claims of all hunks of the
 * file are off by the same distance.
 */
export function chooseAll(
  searched: readonly Searched[],
  index: LineIndex,
  work: WorkLimit,
): readonly (Candidate | null)[] {
  const chosen = searched.map(({ search }) => onlyOne(search));
  const offset = commonOffset(searched, chosen);
  const twins = assignTwins(searched);
  return searched.map(
    (item, at) => chosen[at] ?? twins.get(item) ?? chooseByEvidence(item, index, offset, work),
  );
}

function onlyOne({ candidates, undecided }: Search): Candidate | null {
  return candidates.length === 1 && !undecided ? (candidates[0] ?? null) : null;
}

/** By how many lines all claims of the hunks placed so far are off; 0 while there is none, null if they differ. */
function commonOffset(searched: readonly Searched[], chosen: readonly (Candidate | null)[]): number | null {
  const offsets = new Set<number>();
  for (const [at, candidate] of chosen.entries()) {
    const claimed = searched[at]?.hunk.oldStart ?? null;
    if (candidate !== null && claimed !== null && claimed > 0)
      offsets.add((candidate.rows[0] ?? 0) + 1 - claimed);
  }
  const [only = 0] = offsets;
  return offsets.size <= 1 ? only : null;
}

/** Several hunks that read the same, as many as there are places for them, claimed for different lines. */
function assignTwins(searched: readonly Searched[]): ReadonlyMap<Searched, Candidate> {
  const groups = Map.groupBy(
    searched.filter(({ search }) => search.candidates.length > 1 && !search.undecided),
    ({ hunk }) => JSON.stringify(hunk.lines),
  );
  const assigned = new Map<Searched, Candidate>();
  for (const group of groups.values()) {
    const claims = new Set(group.map(({ hunk }) => hunk.oldStart));
    const places = group[0]?.search.candidates ?? [];
    if (claims.has(null) || claims.size !== group.length || places.length !== group.length) continue;
    const sorted = group.toSorted((left, right) => (left.hunk.oldStart ?? 0) - (right.hunk.oldStart ?? 0));
    for (const [at, item] of sorted.entries()) {
      const place = places[at];
      if (place !== undefined) assigned.set(item, place);
    }
  }
  return assigned;
}

function chooseByEvidence(
  { hunk, search }: Searched,
  index: LineIndex,
  offset: number | null,
  work: WorkLimit,
): Candidate | null {
  if (search.undecided) return null;
  const atEnd = search.candidates.filter(({ rows }) => rows.at(-1) === index.lines.length - 1);
  const candidates = hunk.atEnd && atEnd.length > 0 ? atEnd : search.candidates;
  if (candidates.length === 1) return candidates[0] ?? null;
  const inScope = candidates.filter(({ rows }) =>
    underHeading(index, hunk.anchors.at(-1), rows[0] ?? 0, work),
  );
  const claimed = hunk.oldStart === null || offset === null ? null : hunk.oldStart - 1 + offset;
  const byClaim = candidates.find(({ rows }) => rows[0] === claimed) ?? null;
  if (byClaim !== null) return inScope.length === 0 || inScope.includes(byClaim) ? byClaim : null;
  return inScope.length === 1 ? (inScope[0] ?? null) : null;
}

/** Whether the heading stands above a row with no other line of its depth, or shallower, that starts a scope. */
function underHeading(index: LineIndex, anchor: string | undefined, row: number, work: WorkLimit): boolean {
  const wanted = lineKey('indent', anchor ?? '');
  if (wanted === '') return false;
  const keys = index.keys('indent');
  let shallowest = Number.POSITIVE_INFINITY;
  for (let above = row - 1; above >= 0 && work.left > 0; above -= 1) {
    work.left -= 1;
    const key = keys[above] ?? '';
    const depth = (index.lines[above] ?? '').search(/\S/);
    if (key.startsWith(wanted)) return depth < shallowest;
    if (/^[\w$@]/.test(key)) shallowest = Math.min(shallowest, depth);
  }
  return false;
}
