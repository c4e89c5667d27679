import type { Fence } from './fence.ts';
import { needsHunks, readFileHeader, startsFileHeader, type FileHeader } from './file-header.ts';
import { spellingsOf } from './header-name.ts';
import { isHunkHeader } from './hunk-header.ts';
import { partOf, refusedPart, type ParsedPart } from './parsed-part.ts';
import { readHunks } from './read-hunks.ts';
import { refusal } from './refusal.ts';
import type { EditAction, FileEdit, FileMode, Hunk, Refusal } from './types.ts';

/** Whether a unified diff, or a hunk whose file header is missing, starts here. */
export function startsUnified(answer: readonly string[], at: number): boolean {
  if (isHunkHeader(answer[at]))
    return /^[ +-]|^$/.test(answer[at + 1] ?? 'x') || isHunkHeader(answer[at + 1]);
  return startsFileHeader(answer, at);
}

/** Reads one file of a unified diff. `mention` is a path named just above, for hunks without a header. */
export function readUnified(
  answer: readonly string[],
  at: number,
  fence: Fence | null,
  mention: string | null,
): ParsedPart {
  if (isHunkHeader(answer[at])) {
    const { hunks, next } = readHunks(answer, at, fence, false);
    return partOf(edit('modify', mention === null ? [] : [mention], [], null, hunks, at), next);
  }
  const header = readFileHeader(answer, at);
  if (header.binary)
    return refusedPart(refusal('binary', { path: shownName(header) }), skipBinary(answer, header.next));
  const mayLackHeader = header.old !== null || header.new !== null;
  const { hunks, next } = readHunks(
    answer,
    header.next,
    fence,
    mayLackHeader && !startsFileHeader(answer, header.next),
  );
  const broken = brokenHeader(header, hunks, !hasMore(answer, next));
  return broken === null ? partOf(editOf(header, hunks, at), next) : refusedPart(broken, next);
}

function hasMore(answer: readonly string[], next: number): boolean {
  return answer.slice(next, next + 50).some((line) => line.trim() !== '');
}

/** Skips the payload of a binary patch, which could look like anything. */
function skipBinary(answer: readonly string[], from: number): number {
  let at = from;
  while (
    at < answer.length &&
    !(answer[at] ?? '').startsWith('diff --git ') &&
    !/^`{3}/.test(answer[at] ?? '')
  )
    at += 1;
  return at;
}

function shownName(header: FileHeader): string | null {
  return spellingsOf(header.new)[0] ?? spellingsOf(header.old)[0] ?? header.renameTo;
}

/** A header that promises what does not follow: the answer was cut, or is no diff git could have written. */
export function brokenHeader(header: FileHeader, hunks: readonly Hunk[], atEnd: boolean): Refusal | null {
  const path = shownName(header);
  const code = atEnd ? 'truncated' : 'malformed';
  const mode = header.createdMode ?? header.newMode ?? header.deletedMode;
  if (mode !== null && gitMode(mode) === null)
    return refusal('unsupported', { path, detail: `file mode ${mode}` });
  if ((header.renameFrom === null) !== (header.renameTo === null)) return refusal(code, { path });
  const empty = hunks.find((hunk) => hunk.lines.length === 0);
  if (empty !== undefined) return refusal(code, { path, hunk: empty });
  return hunks.length === 0 && needsHunks(header) ? refusal(code, { path }) : null;
}

function gitMode(mode: string): FileMode | null {
  if (mode === '120000') return mode;
  if (!/^100\d{3}$/.test(mode)) return null;
  return mode.endsWith('755') || mode.endsWith('775') || mode.endsWith('777') ? '100755' : '100644';
}

/** What a header and its hunks want done. */
export function editOf(header: FileHeader, hunks: readonly Hunk[], at: number): FileEdit {
  if (header.renameFrom !== null && header.renameTo !== null) {
    const action = header.isCopy ? 'copy' : 'rename';
    return edit(action, [header.renameFrom], [header.renameTo], modeOf(header.newMode), hunks, at);
  }
  const oldNames = spellingsOf(header.old);
  const newNames = spellingsOf(header.new);
  if (header.deletedMode !== null || header.new?.nothing === true)
    return edit('delete', oldNames, [], null, hunks, at);
  if (header.createdMode !== null || header.old?.nothing === true) {
    return edit(
      'create',
      [],
      newNames.length > 0 ? newNames : oldNames,
      modeOf(header.createdMode),
      hunks,
      at,
    );
  }
  return edit('modify', oldNames, newNames, modeOf(header.newMode), hunks, at);
}

function modeOf(mode: string | null): FileMode | null {
  return mode === null ? null : gitMode(mode);
}

function edit(
  action: EditAction,
  oldNames: readonly string[],
  newNames: readonly string[],
  mode: FileMode | null,
  hunks: readonly Hunk[],
  at: number,
): FileEdit {
  return { format: 'unified', action, oldNames, newNames, mode, hunks, answerLine: at + 1 };
}
