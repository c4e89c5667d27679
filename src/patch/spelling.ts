import { canonical, clusters, hasLookalikes } from './characters.ts';

/** What the file has wherever the model wrote a character: the same one, another one, or both. */
interface Spelling {
  readonly others: ReadonlySet<string>;
  readonly itself: boolean;
}

/** How the model's spelling differs from the file's, learned from the lines that were matched. */
export interface Drift {
  readonly spellings: ReadonlyMap<string, Spelling>;
  readonly form: 'NFC' | 'NFD' | null;
  /** Kinds of characters of which the model respelled at least one. */
  readonly kinds: ReadonlySet<Kind>;
}

/** A line as the model wrote it and as the file has it. */
export interface LinePair {
  readonly written: string;
  readonly found: string;
}

/** One stretch of a pair that means the same on both sides. */
interface Piece {
  readonly written: string;
  readonly found: string;
}

export function learnDrift(pairs: readonly LinePair[]): Drift {
  const spellings = new Map<string, { others: Set<string>; itself: boolean }>();
  const kinds = new Set<Kind>();
  let form: Drift['form'] = null;
  for (const { written, found } of pairs) {
    if (canonical(written) !== canonical(found)) continue;
    for (const piece of pieces(written, found)) {
      const known = spellings.get(piece.written) ?? { others: new Set<string>(), itself: false };
      if (piece.written === piece.found) known.itself = true;
      else {
        known.others.add(piece.found);
        kinds.add(kindOf(piece.written));
        if (piece.written.normalize('NFC') === piece.found.normalize('NFC')) {
          form = piece.found === piece.found.normalize('NFC') ? 'NFC' : 'NFD';
        }
      }
      spellings.set(piece.written, known);
    }
  }
  kinds.delete('plain');
  return { spellings, form, kinds };
}

/**
 * An added line in the file's spelling. The parts it shares with a removed line take that line's bytes from
 * the file; elsewhere a character is respelled when the file always spells it one other way. Null when the
 * right spelling cannot be known.
 */
export function respell(added: string, removed: readonly LinePair[], drift: Drift): string | null {
  const shared = mostShared(added, removed);
  const middle = respellFreely(added.slice(shared.from, shared.to), drift);
  return middle === null ? null : shared.head + middle + shared.tail;
}

function respellFreely(text: string, drift: Drift): string | null {
  let result = '';
  for (const cluster of clusters(drift.form === null ? text : text.normalize(drift.form))) {
    const spelled = respellCluster(cluster, drift);
    if (spelled === null) return null;
    result += spelled;
  }
  return result;
}

function respellCluster(cluster: string, drift: Drift): string | null {
  const known = drift.spellings.get(cluster);
  const [other] = known?.others ?? [];
  if (known !== undefined && other === undefined) return cluster;
  if (known === undefined || other === undefined) return drift.kinds.has(kindOf(cluster)) ? null : cluster;
  if (!hasLookalikes(cluster)) return known.itself ? cluster : null;
  return known.others.size === 1 && !known.itself ? other : null;
}

/** Characters that drift together: where one of a kind did, another of that kind is in doubt. */
type Kind = 'letter' | 'sign' | 'plain';

function kindOf(cluster: string): Kind {
  if (!hasLookalikes(cluster) || canonical(cluster) === cluster.normalize('NFC')) return 'plain';
  return /\p{L}/u.test(cluster) ? 'letter' : 'sign';
}

/** Head and tail in the file's bytes, and the part [from, to) of the added line between them. */
interface Shared {
  readonly head: string;
  readonly tail: string;
  readonly from: number;
  readonly to: number;
}

function mostShared(added: string, removed: readonly LinePair[]): Shared {
  let best: Shared = { head: '', tail: '', from: 0, to: added.length };
  for (const pair of removed) {
    if (canonical(pair.written) !== canonical(pair.found)) continue;
    const shared = sharedWith(added, pieces(pair.written, pair.found));
    if (shared.to - shared.from < best.to - best.from) best = shared;
  }
  return best;
}

function sharedWith(added: string, line: readonly Piece[]): Shared {
  let [from, to] = [0, added.length];
  let [head, tail] = ['', ''];
  let [first, last] = [0, line.length - 1];
  for (; first <= last; first += 1) {
    const piece = line[first];
    if (piece === undefined || from + piece.written.length > to || !added.startsWith(piece.written, from))
      break;
    head += piece.found;
    from += piece.written.length;
  }
  for (; last >= first; last -= 1) {
    const piece = line[last];
    if (
      piece === undefined ||
      to - piece.written.length < from ||
      !added.slice(0, to).endsWith(piece.written)
    )
      break;
    tail = piece.found + tail;
    to -= piece.written.length;
  }
  return { head, tail, from, to };
}

/** Cuts two spellings of one text at every point where both have said the same. */
function pieces(written: string, found: string): readonly Piece[] {
  const result: Piece[] = [];
  const left = clusters(written);
  const right = clusters(found);
  let [x, y] = [0, 0];
  while (x < left.length || y < right.length) {
    let [a, b] = [left[x] ?? '', right[y] ?? ''];
    x += 1;
    y += 1;
    while (canonical(a) !== canonical(b) && (x < left.length || y < right.length)) {
      if (canonical(a).length <= canonical(b).length && x < left.length) a += left[x++] ?? '';
      else if (y < right.length) b += right[y++] ?? '';
      else a += left[x++] ?? '';
    }
    result.push({ written: a, found: b });
  }
  return result;
}
