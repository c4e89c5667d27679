import { closesFence, openingFence, type Fence } from './fence.ts';

/** Lines that cannot be the body of a hunk, so a carriage return on them comes from the transport. */
const STRUCTURE = /^(?:@@ |diff --git |\*\*\* (?:Begin|Update|Add|Delete)|<{5,9} |>{5,9} |`{3,})/;
const INDENTED_FENCE = /^[ \t]+(?:`{3}|~{3})/;
const DIFF_START = /^(?:diff --git |--- |\+\+\+ |@@|Index: |\*\*\* Begin)/;

/**
 * Cuts an answer into lines. Carriage returns that the transport put on every line are taken off; those that
 * only body lines have belong to the file and stay.
 */
export function answerLines(answer: string): readonly string[] {
  const text = answer.startsWith('\uFEFF') ? answer.slice(1) : answer;
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  const transported = lines.some((line) => line.endsWith('\r') && STRUCTURE.test(line));
  return transported ? lines.map(withoutReturn) : lines;
}

function withoutReturn(line: string): string {
  return line.endsWith('\r') ? line.slice(0, -1) : line;
}

/** Moves diffs in an indented fence (a list item) left. */
export function moveIndentedDiffsLeft(lines: readonly string[]): readonly string[] {
  if (!lines.some((line) => INDENTED_FENCE.test(line))) return lines;
  const moved: string[] = [];
  let fence: Fence | null = null;
  for (const [at, line] of lines.entries()) {
    moved.push(fence === null ? line : outdent(line, fence.indent));
    if (fence === null) fence = indentedDiffFence(line, lines[at + 1]);
    else if (closesFence(line, fence)) fence = null;
  }
  return moved;
}

/** The indented fence that `line` opens when a diff starts on the next line, indented as deep. */
function indentedDiffFence(line: string, next: string | undefined): Fence | null {
  if (next === undefined || !/^[ \t]/.test(line)) return null;
  const fence = openingFence(line);
  if (fence === null || next.slice(0, fence.indent).trim() !== '') return null;
  return DIFF_START.test(next.slice(fence.indent)) ? fence : null;
}

function outdent(line: string, indent: number): string {
  const blank = /^[ \t]*/.exec(line)?.[0].length ?? 0;
  return line.slice(Math.min(blank, indent));
}
