import { answerLines, moveIndentedDiffsLeft } from './answer-lines.ts';
import { fenceAfter, type Fence } from './fence.ts';
import { mentionedPath } from './mention.ts';
import { MAX_PARTS, type ParsedPart } from './parsed-part.ts';
import { readCounted } from './read-counted.ts';
import { readEnvelope, startsEnvelope } from './read-envelope.ts';
import { readSearchReplace, startsSearchReplace } from './read-search-replace.ts';
import { readUnified, startsUnified } from './read-unified.ts';
import { refusal } from './refusal.ts';
import { looksCut, mayBeCut } from './truncation.ts';
import type { FileEdit, ParsedAnswer, Refusal } from './types.ts';

/** No model writes as many. */
const MAX_LINES = 2_000_000;

export interface ParseOptions {
  /** The model's stop reason: true when it ran into its token limit, false when it ended by itself. */
  readonly truncated?: boolean;
}

/**
 * Reads every change out of a model's answer, whatever the format and the prose around. Never throws: what
 * cannot be read, must not be touched, or shows that the answer was cut comes back as refusals.
 */
export function parseAnswer(answer: string, options: ParseOptions = {}): ParsedAnswer {
  const written = answerLines(answer);
  if (written.length > MAX_LINES) {
    const tooMuch = refusal('too-much-work', { detail: `it has more than ${MAX_LINES} lines` });
    return { edits: [], refusals: [tooMuch], counted: null, paths: [] };
  }
  const counted = mayEndCut(answer, options) ? null : readCounted(written);
  const lines = moveIndentedDiffsLeft(written);
  const { edits, refusals, fence, end } = scan(lines);
  if (lines.slice(end).every((line) => line.trim() === '')) {
    const midLine = answer !== '' && !answer.endsWith('\n');
    const last = edits.at(-1);
    const looksLikeIt = last !== undefined && looksCut(last, fence, midLine);
    if (options.truncated ?? looksLikeIt) refusals.push(dropLastHunk(edits));
    else if (options.truncated === undefined) markLastHunk(edits);
  } else if (options.truncated === true) refusals.push(dropLastHunk(edits));
  if (edits.length === 0 && refusals.length === 0) refusals.push(refusal('no-diff'));
  return { edits, refusals, counted, paths: namedPaths([...edits, ...(counted ?? [])]) };
}

/** Counts that are right do not tell that a last line which adds was cut in its middle. */
function mayEndCut(answer: string, { truncated }: ParseOptions): boolean {
  return truncated ?? answer.slice(answer.lastIndexOf('\n') + 1).startsWith('+');
}

interface Scanned {
  readonly edits: FileEdit[];
  readonly refusals: Refusal[];
  /** The fence that is open at the end of the answer. */
  readonly fence: Fence | null;
  /** The line behind the last part of a diff; -1 without one. */
  readonly end: number;
}

function scan(lines: readonly string[]): Scanned {
  const edits: FileEdit[] = [];
  const refusals: Refusal[] = [];
  let fence: Fence | null = null;
  let mention: string | null = null;
  let end = -1;
  let parts = 0;
  for (let at = 0; at < lines.length;) {
    const part = readPart(lines, at, fence, mention);
    if (part === null) {
      const line = lines[at] ?? '';
      fence = line.includes('```') || line.includes('~~~') ? fenceAfter(line, fence) : fence;
      mention = mentionedPath(line) ?? mention;
      at += 1;
      continue;
    }
    parts += partsIn(part);
    if (parts > MAX_PARTS) {
      refusals.push(refusal('too-much-work', { detail: `it has more than ${MAX_PARTS} parts` }));
      break;
    }
    edits.push(...part.edits);
    refusals.push(...part.refusals);
    at = Math.max(part.next, at + 1);
    end = at;
  }
  return { edits, refusals, fence, end };
}

function partsIn({ edits, refusals }: ParsedPart): number {
  return edits.reduce((sum, { hunks }) => sum + Math.max(1, hunks.length), refusals.length);
}

function readPart(
  lines: readonly string[],
  at: number,
  fence: Fence | null,
  mention: string | null,
): ParsedPart | null {
  switch ((lines[at] ?? '').charAt(0)) {
    case '*':
      return startsEnvelope(lines, at) ? readEnvelope(lines, at, fence) : null;
    case '<':
      return startsSearchReplace(lines, at) ? readSearchReplace(lines, at, mention) : null;
    case '-':
      if (startsSearchReplace(lines, at)) return readSearchReplace(lines, at, mention);
      return startsUnified(lines, at) ? readUnified(lines, at, fence, mention) : null;
    case '+':
    case '@':
    case 'd':
    case 'I':
      return startsUnified(lines, at) ? readUnified(lines, at, fence, mention) : null;
    default:
      return null;
  }
}

/** Leaves to the search what only the file can tell: whether the last hunk ends where the file does. */
function markLastHunk(edits: FileEdit[]): void {
  const last = edits.at(-1);
  const hunk = last?.hunks.at(-1);
  if (last === undefined || hunk === undefined || !mayBeCut(hunk)) return;
  edits[edits.length - 1] = { ...last, hunks: [...last.hunks.slice(0, -1), { ...hunk, mayBeCut: true }] };
}

/** Takes the hunk at which the answer was cut out of the edits: only what is whole may be held. */
function dropLastHunk(edits: FileEdit[]): Refusal {
  const last = edits.pop();
  const hunk = last?.hunks.at(-1) ?? null;
  const whole = last?.hunks.slice(0, -1) ?? [];
  if (last !== undefined && whole.length > 0) edits.push({ ...last, hunks: whole });
  return refusal('truncated', { path: last?.newNames[0] ?? last?.oldNames[0] ?? null, hunk });
}

function namedPaths(edits: readonly FileEdit[]): readonly string[] {
  const paths = new Set<string>();
  for (const { oldNames, newNames } of edits) {
    for (const name of oldNames) paths.add(name);
    for (const name of newNames) paths.add(name);
  }
  return [...paths];
}
