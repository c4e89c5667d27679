import { fitLine, tame } from './text.ts';

/**
 * How a subtask stands. `waiting` has not begun, `redo` is at work again on top of what was merged before,
 * `worked` waits to be merged.
 */
export type SubtaskState = 'waiting' | 'started' | 'redo' | 'worked' | 'done' | 'failed' | 'skipped';

export interface SubtaskView {
  readonly goal: string;
  readonly state: SubtaskState;
  /** Why it failed or was skipped; else what it says of itself. */
  readonly detail: string;
}

const GOAL_LENGTH = 100;
const REASON_LENGTH = 300;

const AT_WORK: Readonly<Record<SubtaskState, string>> = {
  waiting: '',
  started: ' – ⏳ at work',
  redo: ' – 🔁 redo: at work again on top of the others',
  worked: ' – ⏳ worked out, to be put together with the others',
  done: '',
  failed: ' – ❌ failed',
  skipped: ' – ⏭️ skipped',
};

/** `3 of 6 subtasks done`, and a ticked line for each, by index. */
export function planProgress(subtasks: readonly SubtaskView[]): string {
  const done = subtasks.filter(({ state }) => state === 'done').length;
  const lines = subtasks.map((subtask, index) => `  ${ticked(subtask, index)}${AT_WORK[subtask.state]}`);
  return [`📋 ${done} of ${subtasks.length} subtasks done`, ...lines].join('\n');
}

/** The plan as a Markdown list with what became of each subtask and why. */
export function planOutcome(subtasks: readonly SubtaskView[]): string {
  return subtasks.map((subtask, index) => `${ticked(subtask, index)}${ending(subtask)}`).join('\n');
}

function ending({ state, detail }: SubtaskView): string {
  if (state === 'done') return '';
  if (state === 'failed' || state === 'skipped') {
    const icon = state === 'failed' ? '❌' : '⏭️';
    return `\n  - ${icon} ${state}: ${inert(firstLine(detail), REASON_LENGTH)}`;
  }
  return '\n  - it did not come to an end';
}

/** The subtasks that were done, as a commit message lists them; nothing when there are none. */
export function subtasksDone(subtasks: readonly SubtaskView[]): string {
  const lines = subtasks.flatMap(({ goal, state }, index) =>
    state === 'done' ? [`- ${index}: ${goalLine(goal)}`] : [],
  );
  return lines.length === 0 ? '' : ['Subtasks:', ...lines].join('\n');
}

const ticked = ({ goal, state }: SubtaskView, index: number): string =>
  `- [${state === 'done' ? 'x' : ' '}] ${index} ${goalLine(goal)}`;

const goalLine = (goal: string): string => inert(firstLine(goal), GOAL_LENGTH);

const firstLine = (text: string): string => text.trim().split(/[\r\n]/, 1)[0] ?? '';

/** One cut line that cannot open a tag, which would reach over the lines after it. */
const inert = (line: string, limit: number): string =>
  tame(fitLine(line, limit)).replace(/<(?=[a-z/!?])/gi, '<\u200b');
