import { diffLines } from './diff-lines.ts';
import { partOf, refusedPart, type ParsedPart } from './parsed-part.ts';
import { refusal } from './refusal.ts';
import type { Hunk, HunkLine } from './types.ts';

const SEARCH = /^(?:<{5,9} ?(?:SEARCH|ORIGINAL|HEAD)\b|-{5,9} ?SEARCH\b)/i;
const DIVIDER = /^={5,9}\s*$/;
const REPLACE = /^(?:>{5,9} ?(?:REPLACE|UPDATED|SEARCH|HEAD)?\b.*|\+{5,9} ?REPLACE\b.*)$/i;

/** Halves with more lines are not compared. */
const MAX_BLOCK_LINES = 200_000;

/** Whether a `<<<<<<< SEARCH` block starts here. */
export function startsSearchReplace(answer: readonly string[], at: number): boolean {
  return SEARCH.test(answer[at] ?? '');
}

/**
 * Reads one block for the file named above it. The lines both halves share become context, so that the
 * file's own spelling of them survives. A second divider makes the halves unclear: refused.
 */
export function readSearchReplace(answer: readonly string[], at: number, path: string | null): ParsedPart {
  let divider = -1;
  let end = -1;
  let next = at + 1;
  let dividers = 0;
  for (; next < answer.length && end < 0; next += 1) {
    const line = answer[next] ?? '';
    if (DIVIDER.test(line)) {
      dividers += 1;
      divider = next;
    } else if (REPLACE.test(line)) end = next;
    else if (SEARCH.test(line)) break;
  }
  if (end < 0) return refusedPart(refusal(next >= answer.length ? 'truncated' : 'malformed', { path }), next);
  if (dividers !== 1)
    return refusedPart(refusal('malformed', { path, detail: 'the block has no single ======= line' }), next);
  if (end - at > MAX_BLOCK_LINES) return refusedPart(refusal('too-much-work', { path }), next);
  const before = answer.slice(at + 1, divider);
  const after = answer.slice(divider + 1, end);
  const names = path === null ? [] : [path];
  const hunk: Hunk = {
    lines: hunkLines(before, after),
    oldStart: null,
    oldCount: null,
    newStart: null,
    newCount: null,
    anchors: [],
    atEnd: false,
    mayBeCut: false,
    proseFrom: null,
    answerLine: at + 1,
  };
  const creates = before.every((line) => line.trim() === '');
  const common = { format: 'search-replace', mode: null, hunks: [hunk], answerLine: at + 1 } as const;
  if (creates) return partOf({ ...common, action: 'create', oldNames: [], newNames: names }, next);
  return partOf({ ...common, action: 'modify', oldNames: names, newNames: names }, next);
}

function hunkLines(before: readonly string[], after: readonly string[]): readonly HunkLine[] {
  const lines: HunkLine[] = [];
  let at = 0;
  for (const change of diffLines(before, after)) {
    for (const text of before.slice(at, change.oldFrom)) lines.push({ kind: 'context', text, bare: true });
    for (const text of before.slice(change.oldFrom, change.oldTo)) lines.push({ kind: 'remove', text });
    for (const text of after.slice(change.newFrom, change.newTo)) lines.push({ kind: 'add', text });
    at = change.oldTo;
  }
  for (const text of before.slice(at)) lines.push({ kind: 'context', text, bare: true });
  return lines;
}
