import { holdsCode } from './changed-lines.ts';
import { type LineRuns } from './line-runs.ts';

/** Lines [from, to], from 1, and whether they were run. */
export interface Stretch {
  readonly from: number;
  readonly to: number;
  readonly ran: boolean;
}

/**
 * What a list of stretches tells of a file's lines, a later stretch over an earlier one; of lines without code
 * nothing. In an array that is filled, because untrusted reports may have many stretches of many lines.
 */
export function paintLines(text: string, stretches: readonly Stretch[]): LineRuns {
  const lines = text.split('\n');
  const paint = new Uint8Array(lines.length + 1);
  for (const { from, to, ran } of stretches) paint.fill(ran ? 2 : 1, Math.max(from, 1), Math.max(to, 0) + 1);
  return new Map(
    lines.flatMap((line, index) => {
      const painted = paint[index + 1] ?? 0;
      return painted === 0 || !holdsCode(line) ? [] : [[index + 1, painted === 2] as const];
    }),
  );
}
