import { type Plan } from '../domain/plan.ts';
import { cutText, type Fence } from './fence.ts';
import { type SubtaskEnd } from './schedule/schedule.ts';

const MAX_GOAL_BYTES = 10 * 1024;
const MAX_CONTEXT_BYTES = 60 * 1024;
const MAX_OUTPUT_BYTES = 16 * 1024;

/** The first message to the agent of one subtask. */
export function subtaskOpening(
  briefing: string,
  { plan, index, outputs }: { plan: Plan; index: number; outputs: ReadonlyMap<number, string> },
  fence: Fence,
): string {
  const subtask = plan.subtasks[index];
  const context = subtask?.context_input ?? '';
  const answers = (plan.after[index] ?? []).flatMap((earlier) => {
    const output = outputs.get(earlier);
    return output === undefined
      ? []
      : [
          `What subtask ${earlier} says, which this one waits for; its change is in the tree:\n${fence(`subtask ${earlier}`, cutText(output, MAX_OUTPUT_BYTES))}`,
        ];
  });
  const changes = subtask?.task_type === 'CODE_INTERPRET' || subtask?.task_type === 'WRITE';
  const parts = [
    briefing,
    `The task is split into subtasks, each done by an agent of its own:\n${fence('plan', planLines(plan).join('\n'))}`,
    ...answers,
    context === '' ? '' : `Given with the subtask:\n${fence('context', cutText(context, MAX_CONTEXT_BYTES))}`,
    `You do subtask ${index} and nothing else of the plan:\n${fence('subtask', cutText(subtask?.goal ?? '', MAX_GOAL_BYTES))}`,
    changes
      ? 'When it is done, hand it in with finish: the body tells those who wait for it what they need to know.'
      : 'Change no file: what is asked for is an answer in words. Give it as the body of finish.',
  ];
  return parts.filter((part) => part !== '').join('\n\n');
}

/** The first message to the agent that mends what the subtasks made together. */
export const repairOpening = (briefing: string, story: string, feedback: string): string =>
  `${briefing}\n\n${story}\n\nAll of that is put together in the tree you see. It is not done yet:\n${feedback}`;

/** The plan and what came of each of its subtasks, fenced. */
export function planStory(plan: Plan, ends: readonly SubtaskEnd[], fence: Fence): string {
  const lines = planLines(plan).flatMap((line, index) => [line, endInWords(ends[index])]);
  return `The task was split into subtasks, each done by an agent of its own:\n${fence('plan', lines.join('\n'))}`;
}

const planLines = ({ subtasks, after }: Plan): readonly string[] =>
  subtasks.map(({ goal, task_type: type }, index) => {
    const earlier = after[index] ?? [];
    const waits = earlier.length === 0 ? '' : `, after ${earlier.join(', ')}`;
    return `${index} (${type}${waits}): ${cutText(goal, MAX_GOAL_BYTES)}`;
  });

function endInWords(end: SubtaskEnd | undefined): string {
  switch (end?.state) {
    case 'done':
      return `  done: ${cutText(end.output, MAX_OUTPUT_BYTES)}`;
    case 'failed':
      return `  failed: ${end.problem.message}`;
    case 'skipped':
      return `  not done, because subtask ${end.becauseOf} failed`;
    case undefined:
      return '  not reached';
  }
}
