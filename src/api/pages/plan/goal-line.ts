import { visible } from '../plain-text.ts';

/** Characters of a goal where it stands for its subtask. */
const SHOWN = 120;

/** The first line of a subtask's goal, cut. */
export function goalLine(goal: string): string {
  const line = visible(goal.trim().split('\n', 1)[0] ?? '');
  return line.length <= SHOWN ? line : `${line.slice(0, SHOWN - 1)}…`.toWellFormed();
}
