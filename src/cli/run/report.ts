import { styleText } from 'node:util';
import { layersOf, type Plan, toDocument } from '../../domain/plan.ts';
import { type Spending } from '../../domain/run.ts';
import { type RunnerResult } from '../../protocol/runner-result.ts';
import { type RunEnd } from '../../store/run-folder.ts';
import { plain, plainLine, type Terminal } from '../terminal.ts';
import { billText, diffText, type Paint, problemText, proofText } from './report-text.ts';

/** All that is known of a run at its end. */
export interface RunReport {
  readonly runId: string;
  readonly end: RunEnd;
  /** Null when the runner handed nothing back. */
  readonly result: RunnerResult | null;
  readonly spending: Spending;
  /** Folder of the recording. */
  readonly recording: string;
  /** The change as `git apply` takes it; null without one. */
  readonly patchFile: string | null;
  /** The plan as --plan takes it; null without one. */
  readonly planFile: string | null;
  /** Where the branch was made. */
  readonly repository: string;
}

/** For programs: one JSON object on one line. */
export function jsonReport({ end, result, spending, ...report }: RunReport): string {
  return JSON.stringify({
    runId: report.runId,
    status: end.status,
    problem: end.problem,
    repository: report.repository,
    baseSha: result?.baseSha ?? null,
    branch: end.branch,
    summary: result?.summary ?? null,
    files: result?.files.map(({ path }) => path) ?? [],
    proof: result?.proof ?? null,
    plan: result?.plan == null ? null : toDocument(result.plan),
    subtasks:
      result?.subtasks.map(({ index, state, output, problem }) => ({ index, state, output, problem })) ?? [],
    verification: result?.verification ?? null,
    spending,
    recording: report.recording,
    patchFile: report.patchFile,
    planFile: report.planFile,
  });
}

/** For people. */
export function textReport(report: RunReport, terminal: Terminal): string {
  const { end, result, spending } = report;
  const paint: Paint = (style, text) => styleText(style, text, { stream: terminal.out });
  const parts = [
    result === null || result.diff === '' ? '' : diffText(result.diff, report.patchFile ?? '', paint),
    result?.plan == null ? '' : planText(result.plan, result, paint),
    result?.summary == null
      ? ''
      : `${paint('bold', plainLine(result.summary.title))}\n${plain(result.summary.body)}`.trim(),
    result?.proof == null ? '' : proofText(result.proof, paint),
    billText(spending),
    outcomeText(report, paint),
    end.problem === null ? '' : paint('red', problemText(end.problem)),
  ];
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`;
}

function planText(plan: Plan, { subtasks }: RunnerResult, paint: Paint): string {
  const layers = layersOf(plan);
  const lines = plan.subtasks.map(({ goal, task_type }, index) => {
    const after = plan.after[index] ?? [];
    const state = subtasks.find((each) => each.index === index)?.state;
    const waits = after.length === 0 ? '' : ` (after ${after.join(', ')})`;
    return `${'  '.repeat((layers[index] ?? 0) + 1)}${index} ${task_type}${waits}${state === undefined ? '' : ` [${state}]`}: ${plainLine(goal)}`;
  });
  return [paint('bold', 'Plan:'), ...lines].join('\n');
}

function outcomeText(
  { end, repository, recording, patchFile, planFile, runId }: RunReport,
  paint: Paint,
): string {
  const { branch, status } = end;
  const lines = [
    branch === null
      ? null
      : `${paint(status === 'succeeded' ? 'green' : 'yellow', `Branch ${branch.name}`)} (${branch.commitSha.slice(0, 12)}) ${branch.pushed ? 'was pushed' : `in ${repository}`}`,
    planFile === null || status !== 'planned'
      ? null
      : `Plan ${planFile}: change it if you like, then run it with --plan.`,
    patchFile === null || branch !== null ? null : `No branch was made. The change: git apply '${patchFile}'`,
    `Recording ${recording} (ptc replay ${runId} runs it again without a model)`,
  ];
  return lines.filter((line) => line !== null).join('\n');
}
