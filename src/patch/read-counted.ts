import { closesFence, fenceAfter, type Fence } from './fence.ts';
import { readFileHeader, startsFileHeader } from './file-header.ts';
import { endsFence, isNoNewlineMarker } from './hunk-body.ts';
import { isHunkHeader, parseHunkHeader } from './hunk-header.ts';
import { MAX_PARTS, partOf } from './parsed-part.ts';
import { brokenHeader, editOf } from './read-unified.ts';
import type { FileEdit, Hunk, HunkLine } from './types.ts';

/** Outside of a file's hunks: what could be a part of a diff that this reading would overlook. */
const DIFF_LIKE = /^\s*(?:@@|diff --git |Index: |--- \S|\+\+\+ \S|\*\*\* \S|[<-]{5,9} ?\w)/;

interface Read<T> {
  readonly value: T;
  /** Index of the first line of the answer behind it. */
  readonly next: number;
}

/**
 * Reads unified diffs as git wrote them: the declared counts alone say where a body ends, so that its lines may
 * look like headers, fences or markers. Null unless that holds for everything in the answer.
 */
export function readCounted(answer: readonly string[]): readonly FileEdit[] | null {
  const edits: FileEdit[] = [];
  let fence: Fence | null = null;
  for (let at = 0; at < answer.length;) {
    const line = answer[at] ?? '';
    if (startsFileHeader(answer, at)) {
      const file = readFile(answer, at, fence);
      if (file === null || edits.length === MAX_PARTS) return null;
      edits.push(file.value);
      at = file.next;
      continue;
    }
    if (DIFF_LIKE.test(line)) return null;
    fence = fenceAfter(line, fence);
    at += 1;
  }
  return edits.length === 0 ? null : edits;
}

function readFile(answer: readonly string[], start: number, fence: Fence | null): Read<FileEdit> | null {
  const header = readFileHeader(answer, start);
  if (header.binary) return null;
  const hunks: Hunk[] = [];
  let next = header.next;
  while (isHunkHeader(answer[next])) {
    const hunk = readHunk(answer, next);
    if (hunk === null || hunks.length === MAX_PARTS) return null;
    hunks.push(hunk.value);
    next = hunk.next;
  }
  if (!endsFile(answer, next, fence) || brokenHeader(header, hunks, false) !== null) return null;
  const [value] = partOf(editOf(header, hunks, start), next).edits;
  return value === undefined ? null : { value, next };
}

function readHunk(answer: readonly string[], start: number): Read<Hunk> | null {
  const { anchor, ...claims } = parseHunkHeader(answer[start] ?? '');
  if (claims.oldStart === null || claims.newStart === null) return null;
  const [oldCount, newCount] = [claims.oldCount ?? 1, claims.newCount ?? 1];
  const body = readBody(answer, start + 1, oldCount, newCount);
  if (body === null) return null;
  const hunk: Hunk = {
    ...claims,
    oldCount,
    newCount,
    lines: body.value,
    anchors: anchor === null ? [] : [anchor],
    atEnd: false,
    mayBeCut: false,
    proseFrom: null,
    answerLine: start + 1,
  };
  return { value: hunk, next: body.next };
}

const KINDS: Readonly<Record<string, HunkLine['kind']>> = { ' ': 'context', '-': 'remove', '+': 'add' };

function readBody(
  answer: readonly string[],
  start: number,
  oldCount: number,
  newCount: number,
): Read<readonly HunkLine[]> | null {
  const lines: HunkLine[] = [];
  let [old, added] = [oldCount, newCount];
  let at = start;
  for (; old > 0 || added > 0 || answer[at]?.startsWith('\\') === true; at += 1) {
    const line = answer[at] ?? '';
    if (line.startsWith('\\')) {
      if (!markNoNewline(lines, line)) return null;
      continue;
    }
    const kind = KINDS[line.charAt(0)];
    if (kind === undefined) return null;
    lines.push({ kind, text: line.slice(1) });
    old -= kind === 'add' ? 0 : 1;
    added -= kind === 'remove' ? 0 : 1;
    if (old < 0 || added < 0) return null;
  }
  return { value: lines, next: at };
}

function markNoNewline(lines: HunkLine[], marker: string): boolean {
  const last = isNoNewlineMarker(marker) ? lines.pop() : undefined;
  if (last === undefined || last.noNewline === true) return false;
  lines.push({ ...last, noNewline: true });
  return true;
}

/** Whether nothing stands behind the last hunk of a file that could be the rest of it. */
function endsFile(answer: readonly string[], next: number, fence: Fence | null): boolean {
  let at = next;
  while (at < answer.length && (answer[at] ?? '').trim() === '') at += 1;
  if (at >= answer.length || startsFileHeader(answer, at)) return true;
  return fence !== null && closesFence(answer[at] ?? '', fence) && endsFence(answer, at, fence);
}
