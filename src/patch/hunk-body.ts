import { closesFence, openingFence, type Fence } from './fence.ts';
import { isHunkHeader, type HunkHeader } from './hunk-header.ts';
import type { HunkLine } from './types.ts';

export interface HunkBody {
  readonly lines: readonly HunkLine[];
  readonly atEnd: boolean;
  readonly proseFrom: number | null;
  /** Index of the first line of the answer that is not part of the body. */
  readonly next: number;
}

/** How much of the declared counts is used up: evidence only, for lines that could be body or header. */
interface Counts {
  old: number;
  new: number;
}

/** Lines below a fence in which changes may show that the hunk goes on. */
const MAX_LOOK_AHEAD = 200;
const ENVELOPE_LINE = /^\*\*\* (?:Begin Patch|End Patch|Update File:|Add File:|Delete File:|Move to:)/;

/** Reads the lines below a `@@` line, up to the next hunk, file, fence or the end. */
export function readHunkBody(
  answer: readonly string[],
  start: number,
  header: HunkHeader | null,
  fence: Fence | null,
): HunkBody {
  const lines: HunkLine[] = [];
  const used: Counts = { old: 0, new: 0 };
  let at = start;
  let atEnd = false;
  for (; at < answer.length; at += 1) {
    const line = answer[at] ?? '';
    if (line.startsWith('*** End of File')) {
      atEnd = true;
      at += 1;
      break;
    }
    if (endsBody(answer, at, header, used, fence)) break;
    if (line.startsWith('\\') && isNoNewlineMarker(line)) markNoNewline(lines);
    else push(lines, line, used);
  }
  const kept = withoutDeclaredBlanks(lines, header);
  return { lines: kept, atEnd, proseFrom: whereProseMayStart(kept), next: at };
}

export function isNoNewlineMarker(line: string): boolean {
  return /^\\ ?no newline/i.test(line);
}

function markNoNewline(lines: HunkLine[]): void {
  const last = lines.pop();
  if (last !== undefined) lines.push({ ...last, noNewline: true });
}

function push(lines: HunkLine[], line: string, used: Counts): void {
  const prefix = line.charAt(0);
  if (prefix === '+') {
    used.new += 1;
    lines.push({ kind: 'add', text: line.slice(1) });
    return;
  }
  used.old += 1;
  if (prefix === '-') {
    lines.push({ kind: 'remove', text: line.slice(1) });
    return;
  }
  used.new += 1;
  if (prefix === ' ') lines.push({ kind: 'context', text: line.slice(1) });
  else lines.push({ kind: 'context', text: line, bare: true });
}

function endsBody(
  answer: readonly string[],
  at: number,
  header: HunkHeader | null,
  used: Counts,
  fence: Fence | null,
): boolean {
  const line = answer[at] ?? '';
  switch (line.charAt(0)) {
    case '@':
      return isHunkHeader(line);
    case 'd':
      return line.startsWith('diff --git ');
    case 'I':
      return line.startsWith('Index: ') && /^(?:=+$|--- )/.test(answer[at + 1] ?? '');
    case '*':
      return ENVELOPE_LINE.test(line);
    case '<':
      return /^<{5,9} ?(?:SEARCH|ORIGINAL|HEAD)\b/i.test(line);
    case '-':
      return isMailSignature(answer, at) || isOldHeader(answer, at, header, used);
    case '+':
      return isLoneNewHeader(answer, at, header, used);
    case '`':
    case '~':
      return endsFence(answer, at, fence);
    default:
      return false;
  }
}

/** `-- ` and git's version end a mailed patch. */
function isMailSignature(answer: readonly string[], at: number): boolean {
  return /^-- ?\r?$/.test(answer[at] ?? '') && /^\d+\.\d+[\w.() -]*\r?$/.test(answer[at + 1] ?? '');
}

/** `--- x` starts a file when `+++ y` follows; a removed `-- x` before an added `++ y` is told by the counts. */
function isOldHeader(
  answer: readonly string[],
  at: number,
  header: HunkHeader | null,
  used: Counts,
): boolean {
  const line = answer[at] ?? '';
  if (!line.startsWith('--- ')) return false;
  const next = answer[at + 1] ?? '';
  if (next.startsWith('+++ ')) {
    if (nameOneFile(line, next) && isHunkHeader(answer[at + 2] ?? '@@')) return true;
    return !leavesRoom(header, used, 1, 1);
  }
  if (next.trim() === '') return answer[at + 2]?.startsWith('+++ ') === true && isHunkHeader(answer[at + 3]);
  return isHunkHeader(next) && /^--- (?:a\/|"a\/|\/dev\/null)/.test(line) && !leavesRoom(header, used, 1, 0);
}

function nameOneFile(oldHeader: string, newHeader: string): boolean {
  const creates = oldHeader.includes('/dev/null') || newHeader.includes('/dev/null');
  return creates || baseName(oldHeader) === baseName(newHeader);
}

function isLoneNewHeader(
  answer: readonly string[],
  at: number,
  header: HunkHeader | null,
  used: Counts,
): boolean {
  const line = answer[at] ?? '';
  return /^\+\+\+ (?:b\/|"b\/)/.test(line) && isHunkHeader(answer[at + 1]) && !leavesRoom(header, used, 0, 1);
}

function baseName(line: string): string {
  return (line.slice(4).split('\t')[0] ?? '').trim().split('/').at(-1) ?? '';
}

function leavesRoom(header: HunkHeader | null, used: Counts, oldLines: number, newLines: number): boolean {
  if (header === null || header.oldCount === null || header.newCount === null) return false;
  return used.old + oldLines <= header.oldCount && used.new + newLines <= header.newCount;
}

/**
 * A fence at column 0 inside a hunk ends the diff, unless changes follow before anything else starts: then it
 * is a line of the file that lost its prefix. One that closes the fence around the diff must also leave a
 * later line to close it.
 */
export function endsFence(answer: readonly string[], at: number, fence: Fence | null): boolean {
  const line = answer[at] ?? '';
  if (openingFence(line) === null) return false;
  if (fence !== null && !closesFence(line, fence)) return false;
  let changesFollow = false;
  for (let later = at + 1; later < Math.min(answer.length, at + MAX_LOOK_AHEAD); later += 1) {
    const next = answer[later] ?? '';
    if (fence !== null && closesFence(next, fence)) return !changesFollow;
    if (startsSomething(answer, later)) break;
    changesFollow ||= isChange(next);
    if (changesFollow && fence === null) return false;
  }
  return fence !== null || !changesFollow;
}

/** A changed line, and no item of a list in the prose below a diff. */
function isChange(line: string): boolean {
  return /^[+-]/.test(line) && !/^(?:[+-] \S|-{3,}\s*$)/.test(line);
}

function startsSomething(answer: readonly string[], at: number): boolean {
  const line = answer[at] ?? '';
  if (line.startsWith('--- ')) return answer[at + 1]?.startsWith('+++ ') === true;
  if (/^(?:`{3,}|~{3,})\w/.test(line)) return true;
  return isHunkHeader(line) || line.startsWith('diff --git ') || ENVELOPE_LINE.test(line);
}

/** Blank lines at the end are layout, not context, when the declared counts are right without them. */
function withoutDeclaredBlanks(lines: HunkLine[], header: HunkHeader | null): readonly HunkLine[] {
  let end = lines.length;
  while (end > 0 && isBlankContext(lines[end - 1])) end -= 1;
  if (end === lines.length || header === null || header.oldCount === null || header.newCount === null)
    return lines;
  let old = 0;
  let added = 0;
  for (const line of lines.slice(0, end)) {
    if (line.kind !== 'add') old += 1;
    if (line.kind !== 'remove') added += 1;
  }
  const blanks = Math.min(header.oldCount - old, header.newCount - added);
  const exact =
    header.oldCount - old === header.newCount - added && blanks >= 0 && blanks <= lines.length - end;
  return exact ? lines.slice(0, end + blanks) : lines;
}

export function isBlankContext(line: HunkLine | undefined): boolean {
  return line !== undefined && line.kind === 'context' && line.text.trim() === '';
}

/** The first line without prefix after which nothing but prose and list items follows. */
function whereProseMayStart(lines: readonly HunkLine[]): number | null {
  let start: number | null = null;
  for (let at = lines.length - 1; at >= 0; at -= 1) {
    const line = lines[at];
    if (line === undefined || line.kind === 'add') break;
    if (line.kind === 'remove' && !/^ \S/.test(line.text)) break;
    if (line.bare === true && line.text.trim() !== '') start = at;
  }
  return start;
}
