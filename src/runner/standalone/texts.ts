import { billLine, billTable } from '../../domain/report/bill.ts';
import { planOutcome, subtasksDone, type SubtaskView } from '../../domain/report/plan-text.ts';
import { proofTable } from '../../domain/report/proof-table.ts';
import { fit, fitTitle, MAX_BODY, tame } from '../../domain/report/text.ts';
import { type Problem } from '../../domain/errors.ts';
import { type Spending } from '../../domain/run.ts';
import { type RunnerResult } from '../../protocol/runner-result.ts';

/** What a pull request and its commit tell. Nobody of the forge asked for it, so no issue and no person is named. */
export interface Story {
  readonly taskId: string;
  readonly result: RunnerResult;
  readonly spending: Spending;
  /** Why this is only a draft, when a run that failed left it. */
  readonly failure: Problem | null;
}

const CUT = '… (cut; the workspace’s result.json has all of it)';

export const titleOf = ({ taskId, result }: Story): string =>
  fitTitle(tame(result.summary?.title ?? `Unfinished work on task ${taskId}`));

export function bodyOf(story: Story): string {
  const { taskId, result, spending, failure } = story;
  const { proof, verification } = result;
  const subtasks = subtaskViews(result);
  const costs = billTable(spending);
  const parts = [
    failure === null ? '' : `> [!WARNING]\n${quoted(`${failure.message}\n${failure.remedy}`)}`,
    tame(result.summary?.body ?? 'The run ended before the change was summed up.'),
    subtasks.length === 0 ? '' : `## Plan\n\n${planOutcome(subtasks)}`,
    verification?.verdict === false ? `## Review of the whole\n\n${quoted(verification.feedback)}` : '',
    proof === null ? '' : `## Proof\n\n${proofTable(proof)}`,
    costs === '' ? '' : `## Cost\n\n${costs}`,
    `---\n<sub>Made by PTC Bot, standing alone, for task ${tame(taskId)} with ${billLine(spending)}</sub>`,
  ];
  return fit(parts.filter((part) => part !== '').join('\n\n'), MAX_BODY, CUT);
}

export function messageOf(story: Story): string {
  const { taskId, result } = story;
  const title = titleOf(story).slice(0, 100);
  const body = tame(result.summary?.body ?? '').replace(/^([\w-]+):(?= )/gm, '$1\u200b:');
  const parts = [
    title,
    fit(body.trim(), 8000, '…'),
    subtasksDone(subtaskViews(result)),
    `PTC-Task: ${taskId}`,
  ];
  return parts
    .filter((part) => part !== '')
    .map(withoutSkippedChecks)
    .join('\n\n');
}

/** Text of a model, which may be long and must not pass for ours. */
const quoted = (text: string): string => fit(tame(text), 4000, '…').replace(/^/gm, '> ');

/** A commit message that says `[skip ci]` keeps GitHub from running the repository's own checks. */
const withoutSkippedChecks = (text: string): string =>
  text.replace(/\[(?=(?:skip ci|ci skip|no ci|skip actions|actions skip)\])/gi, '[\u200b');

function subtaskViews({ plan, subtasks }: RunnerResult): readonly SubtaskView[] {
  const ends = new Map(subtasks.map((each) => [each.index, each]));
  return (plan?.subtasks ?? []).map(({ goal }, index) => {
    const end = ends.get(index);
    return { goal, state: end?.state ?? 'waiting', detail: end?.output ?? '' };
  });
}
