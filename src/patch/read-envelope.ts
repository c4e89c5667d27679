import type { Fence } from './fence.ts';
import { cleanName } from './header-name.ts';
import { MAX_PARTS, partOf, refusedPart, type ParsedPart } from './parsed-part.ts';
import { readHunks } from './read-hunks.ts';
import { refusal } from './refusal.ts';
import type { FileEdit, Refusal } from './types.ts';

const FILE_LINE = /^\*\*\* (Update|Add|Delete) File: ?(.+)$/;
const MOVE_LINE = /^\*\*\* Move to: ?(.+)$/;

/** Whether a `*** Begin Patch` envelope, or a file of one whose first line is missing, starts here. */
export function startsEnvelope(answer: readonly string[], at: number): boolean {
  const line = answer[at] ?? '';
  return line.startsWith('*** Begin Patch') || FILE_LINE.test(line);
}

/** Reads an envelope to its `*** End Patch`; one that was begun and never ended was cut. */
export function readEnvelope(answer: readonly string[], start: number, fence: Fence | null): ParsedPart {
  const edits: FileEdit[] = [];
  const refusals: Refusal[] = [];
  const begun = (answer[start] ?? '').startsWith('*** Begin Patch');
  let ended = false;
  let at = begun ? start + 1 : start;
  while (at < answer.length && edits.length <= MAX_PARTS) {
    const line = answer[at] ?? '';
    if (line.startsWith('*** End Patch')) {
      ended = true;
      at += 1;
      break;
    }
    const file = FILE_LINE.exec(line);
    if (file === null) {
      if (line.trim() !== '') break;
      at += 1;
      continue;
    }
    const [, verb = '', name = ''] = file;
    const part = readFile(answer, at, verb, cleanName(name), fence);
    edits.push(...part.edits);
    refusals.push(...part.refusals);
    at = part.next;
  }
  if (begun && !ended && at >= answer.length) refusals.push(refusal('truncated', { path: lastPath(edits) }));
  return { edits, refusals, next: at };
}

function lastPath(edits: readonly FileEdit[]): string | null {
  return edits.at(-1)?.newNames[0] ?? null;
}

function readFile(
  answer: readonly string[],
  start: number,
  verb: string,
  path: string,
  fence: Fence | null,
): ParsedPart {
  const move = MOVE_LINE.exec(answer[start + 1] ?? '')?.[1];
  let body = move === undefined ? start + 1 : start + 2;
  while ((answer[body] ?? 'end').trim() === '') body += 1;
  const { hunks, next } = readHunks(answer, body, fence, true);
  const common = { format: 'envelope', mode: null, answerLine: start + 1 } as const;
  if (verb === 'Delete') {
    return partOf({ ...common, action: 'delete', oldNames: [path], newNames: [], hunks: [] }, next);
  }
  if (verb === 'Add') {
    return partOf({ ...common, action: 'create', oldNames: [], newNames: [path], hunks }, next);
  }
  const target = move === undefined ? path : cleanName(move);
  const action = target === path ? 'modify' : 'rename';
  const says = hunks.length > 0 || action === 'rename';
  if (says && hunks.every((hunk) => hunk.lines.length > 0)) {
    return partOf({ ...common, action, oldNames: [path], newNames: [target], hunks }, next);
  }
  return refusedPart(refusal(next >= answer.length ? 'truncated' : 'malformed', { path }), next);
}
