import type { Fence } from './fence.ts';
import { readHunkBody } from './hunk-body.ts';
import { isHunkHeader, parseHunkHeader } from './hunk-header.ts';
import type { Hunk } from './types.ts';

const NO_HEADER = { oldStart: null, oldCount: null, newStart: null, newCount: null, anchor: null } as const;

/**
 * Reads the hunks of one file. The first may lack its `@@` line when a file header stood above it. Several
 * `@@` lines in a row (an envelope's `@@ class X`, `@@ def y`) are anchors of the hunk below them.
 */
export function readHunks(
  answer: readonly string[],
  start: number,
  fence: Fence | null,
  firstMayLackHeader: boolean,
): { readonly hunks: readonly Hunk[]; readonly next: number } {
  const hunks: Hunk[] = [];
  let anchors: string[] = [];
  let at = start;
  while (at < answer.length) {
    const hasHeader = isHunkHeader(answer[at]);
    if (!hasHeader && !(firstMayLackHeader && hunks.length === 0 && /^[ +-]/.test(answer[at] ?? ''))) break;
    const header = hasHeader ? parseHunkHeader(answer[at] ?? '') : NO_HEADER;
    if (header.anchor !== null) anchors.push(header.anchor);
    const answerLine = at + 1;
    if (hasHeader) at += 1;
    if (header.oldStart === null && hasHeader && isHunkHeader(answer[at])) continue;
    const { lines, atEnd, proseFrom, next } = readHunkBody(answer, at, header, fence);
    hunks.push({
      lines,
      oldStart: header.oldStart,
      oldCount: header.oldCount,
      newStart: header.newStart,
      newCount: header.newCount,
      anchors,
      atEnd,
      mayBeCut: false,
      proseFrom,
      answerLine,
    });
    anchors = [];
    at = next;
  }
  return { hunks, next: at };
}
