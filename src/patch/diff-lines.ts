/** Lines [oldFrom, oldTo) of the old side become lines [newFrom, newTo) of the new one. */
export interface Change {
  readonly oldFrom: number;
  readonly oldTo: number;
  readonly newFrom: number;
  readonly newTo: number;
}

interface Span {
  readonly a: Int32Array;
  readonly b: Int32Array;
}

/** Beyond this many differences in one stretch we stop looking for the shortest script. */
const MAX_DIFFERENCES = 400;

/**
 * The changes between two lists of lines, in order, never touching each other. Shortest script (Myers) for
 * small differences; for large ones the stretch is first cut at lines that are unique on both sides, and what
 * cannot be cut is replaced as a whole, which bounds time and memory.
 */
export function diffLines(before: readonly string[], after: readonly string[]): readonly Change[] {
  const ids = new Map<string, number>();
  const number = (line: string): number => {
    const known = ids.get(line);
    if (known !== undefined) return known;
    ids.set(line, ids.size);
    return ids.size - 1;
  };
  const span = { a: Int32Array.from(before, number), b: Int32Array.from(after, number) };
  const changes: Change[] = [];
  const work: Change[] = [{ oldFrom: 0, oldTo: before.length, newFrom: 0, newTo: after.length }];
  for (let stretch = work.pop(); stretch !== undefined; stretch = work.pop()) {
    const trimmed = trim(span, stretch);
    const oldSize = trimmed.oldTo - trimmed.oldFrom;
    const newSize = trimmed.newTo - trimmed.newFrom;
    if (oldSize === 0 && newSize === 0) continue;
    if (oldSize === 0 || newSize === 0) {
      changes.push(trimmed);
      continue;
    }
    const found = shortestScript(span, trimmed);
    if (found !== null) {
      changes.push(...found.toReversed());
      continue;
    }
    const cuts = cutAtUniqueLines(span, trimmed);
    if (cuts.length === 0) changes.push(trimmed);
    else for (const cut of cuts) work.push(cut);
  }
  return joinTouching(changes.reverse());
}

function trim({ a, b }: Span, { oldFrom, oldTo, newFrom, newTo }: Change): Change {
  let [x, y, endX, endY] = [oldFrom, newFrom, oldTo, newTo];
  while (x < endX && y < endY && a[x] === b[y]) {
    x += 1;
    y += 1;
  }
  while (endX > x && endY > y && a[endX - 1] === b[endY - 1]) {
    endX -= 1;
    endY -= 1;
  }
  return { oldFrom: x, oldTo: endX, newFrom: y, newTo: endY };
}

/** Myers' greedy algorithm; null when the stretch has too many differences. */
function shortestScript({ a, b }: Span, stretch: Change): readonly Change[] | null {
  const n = stretch.oldTo - stretch.oldFrom;
  const m = stretch.newTo - stretch.newFrom;
  const limit = Math.min(n + m, MAX_DIFFERENCES);
  const furthest = new Int32Array(2 * limit + 3);
  const middle = limit + 1;
  const trace: Int32Array[] = [];
  for (let d = 0; d <= limit; d += 1) {
    trace.push(furthest.slice(middle - d - 1, middle + d + 2));
    for (let k = -d; k <= d; k += 2) {
      const down = k === -d || (k !== d && (furthest[middle + k - 1] ?? 0) < (furthest[middle + k + 1] ?? 0));
      let x = down ? (furthest[middle + k + 1] ?? 0) : (furthest[middle + k - 1] ?? 0) + 1;
      let y = x - k;
      while (x < n && y < m && a[stretch.oldFrom + x] === b[stretch.newFrom + y]) {
        x += 1;
        y += 1;
      }
      furthest[middle + k] = x;
      if (x >= n && y >= m) return walkBack(trace, stretch, n, m);
    }
  }
  return null;
}

function walkBack(trace: readonly Int32Array[], stretch: Change, n: number, m: number): readonly Change[] {
  const changes: Change[] = [];
  let [x, y] = [n, m];
  for (let d = trace.length - 1; d > 0; d -= 1) {
    const row = trace[d] ?? new Int32Array();
    const value = (k: number): number => row[k + d + 1] ?? 0;
    const k = x - y;
    const down = k === -d || (k !== d && value(k - 1) < value(k + 1));
    const previousK = down ? k + 1 : k - 1;
    const fromX = value(previousK);
    const fromY = fromX - previousK;
    const oldFrom = stretch.oldFrom + fromX;
    const newFrom = stretch.newFrom + fromY;
    changes.push({ oldFrom, oldTo: oldFrom + (down ? 0 : 1), newFrom, newTo: newFrom + (down ? 1 : 0) });
    x = fromX;
    y = fromY;
  }
  return changes.reverse();
}

/** Stretches between lines that occur once on each side, in an order both sides share (patience diff). */
function cutAtUniqueLines({ a, b }: Span, stretch: Change): readonly Change[] {
  const inOld = lonePlaces(a, stretch.oldFrom, stretch.oldTo);
  const inNew = lonePlaces(b, stretch.newFrom, stretch.newTo);
  const pairs: [number, number][] = [];
  for (const [id, x] of inOld) {
    const y = inNew.get(id);
    if (x >= 0 && y !== undefined && y >= 0) pairs.push([x, y]);
  }
  pairs.sort((left, right) => left[0] - right[0]);
  const anchors = longestRising(pairs);
  if (anchors.length === 0) return [];
  const cuts: Change[] = [];
  let [oldFrom, newFrom] = [stretch.oldFrom, stretch.newFrom];
  for (const [x, y] of [...anchors, [stretch.oldTo, stretch.newTo] as const]) {
    cuts.push({ oldFrom, oldTo: x, newFrom, newTo: y });
    oldFrom = x + 1;
    newFrom = y + 1;
  }
  return cuts;
}

function lonePlaces(lines: Int32Array, from: number, to: number): Map<number, number> {
  const places = new Map<number, number>();
  for (let at = from; at < to; at += 1) {
    const id = lines[at] ?? -1;
    places.set(id, places.has(id) ? -1 : at);
  }
  return places;
}

function longestRising(pairs: readonly [number, number][]): readonly [number, number][] {
  const tails: number[] = [];
  const previous = new Int32Array(pairs.length).fill(-1);
  for (const [index, [, y]] of pairs.entries()) {
    let [low, high] = [0, tails.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((pairs[tails[middle] ?? 0]?.[1] ?? 0) < y) low = middle + 1;
      else high = middle;
    }
    previous[index] = low === 0 ? -1 : (tails[low - 1] ?? -1);
    tails[low] = index;
  }
  const rising: [number, number][] = [];
  for (let at = tails.at(-1) ?? -1; at >= 0; at = previous[at] ?? -1) {
    const pair = pairs[at];
    if (pair !== undefined) rising.push(pair);
  }
  return rising.reverse();
}

function joinTouching(changes: readonly Change[]): readonly Change[] {
  const joined: Change[] = [];
  for (const change of changes) {
    const last = joined.at(-1);
    if (last !== undefined && last.oldTo === change.oldFrom && last.newTo === change.newFrom) {
      joined[joined.length - 1] = { ...last, oldTo: change.oldTo, newTo: change.newTo };
    } else joined.push(change);
  }
  return joined;
}
