import { type Problem } from '../errors.ts';
import { type Outcome, type Phase, type Run, type Spending } from '../run.ts';
import { forWhom } from './who-asked.ts';
import { billLine, billTable } from './bill.ts';
import { codeBlock, codeSpan, fit, MAX_BODY } from './text.ts';

/** Marks the one comment of a run; only a comment of our own App counts. */
export const runMarker = (runId: string): string => `<!-- ptc:run ${runId} -->`;
/** Marks the one answer to a delivery that started no run. */
export const answerMarker = (deliveryId: string): string => `<!-- ptc:answer ${deliveryId} -->`;

export interface Progress {
  readonly run: Run;
  readonly phase: Phase;
  /** Steps of the runner so far, oldest first, in words. */
  readonly steps: readonly string[];
  /** What went another way than asked for. */
  readonly warnings: readonly string[];
  /** Null when others paid: a workspace that stands alone. */
  readonly spending: Spending | null;
  readonly runUrl: string | null;
  readonly outcome: Outcome | null;
  /** Verdict of the proof in words, once there is one. */
  readonly proofLine: string | null;
}

const PHASE_WORDS: Readonly<Record<Phase, string>> = {
  queued: 'waiting for a free place',
  acknowledging: 'starting',
  provisioning: 'preparing a workspace',
  running: 'working',
  publishing: 'publishing',
  reporting: 'reporting',
  disposing: 'cleaning up',
  finished: 'finished',
};

/** The sticky comment: where the run stands now, or how it ended. */
export function progressComment(progress: Progress): string {
  const { run, outcome, steps, spending, runUrl } = progress;
  const parts = [
    runMarker(run.id),
    outcome === null
      ? `⏳ **PTC Bot is ${PHASE_WORDS[progress.phase]}** ${forWhom(run)}.`
      : outcomeText(outcome),
    progress.proofLine ?? '',
    progress.warnings.map((words) => `⚠️ ${codeSpan(fit(words, MAX_WARNING, '…'))}`).join('\n\n'),
    steps.length === 0 || outcome !== null ? '' : steps.map((step) => `- ${step}`).join('\n'),
    ...(outcome === null ? ['Stop it with `/ptc cancel`.'] : bill(spending)),
    runUrl === null ? '' : `[Run page](${runUrl})`,
  ];
  return fit(parts.filter((part) => part !== '').join('\n\n'), MAX_BODY, '… (cut)');
}

const bill = (spending: Spending | null): readonly string[] =>
  spending === null ? [] : [billTable(spending), `<sub>${billLine(spending)}</sub>`];

function outcomeText(outcome: Outcome): string {
  const link = outcome.publication === null ? '' : `#${outcome.publication.pullRequestNumber}`;
  const problem = outcome.problem === null ? '' : `\n\n${problemText(outcome.problem)}`;
  switch (outcome.status) {
    case 'succeeded':
      return `✅ **Done: ${link}.**`;
    case 'unproven':
      return outcome.problem === null
        ? `🟡 **A draft is ready: ${link}.** Its proof is not green, so look closely.`
        : `🟡 **A draft is ready: ${link}.** Look closely:${problem}`;
    case 'cancelled':
      return `⏹️ **Cancelled.**${problem}`;
    case 'failed':
      return `❌ **This did not work.**${link === '' ? '' : ` What there is stands in the draft ${link}.`}${problem}`;
  }
}

/** A plan of many subtasks can fail in as many words, and what follows them must still fit. */
const MAX_MESSAGE = 8000;
const MAX_WARNING = 1000;

/** A problem for people: what happened, then the exact next step. */
function problemText(problem: Problem): string {
  return `${codeBlock(fit(problem.message, MAX_MESSAGE, '…'))}\n**Next:** ${problem.remedy} <sub>(${problem.code})</sub>`;
}

const COMMANDS = [
  '`/ptc build [words]` – do what this issue says, or change this pull request',
  '`/ptc status` – say where the run stands',
  '`/ptc cancel` – stop the run',
  '`/ptc help` – this list',
];

export function helpText(unknown: string | null): string {
  const first = unknown === null ? 'I understand:' : `I do not know that command. I understand:`;
  return `${first}\n\n${COMMANDS.map((line) => `- ${line}`).join('\n')}\n\nThe label \`ptc:build\` does the same as \`/ptc build\`. Only people who can write to this repository are heard.`;
}

export function statusText(
  state: { readonly phase: Phase; readonly outcome: Outcome | null; readonly runUrl: string | null } | null,
): string {
  if (state === null) return 'There has been no run here yet. Start one with `/ptc build`.';
  const page = state.runUrl === null ? '' : ` [Run page](${state.runUrl})`;
  return state.outcome === null
    ? `The run is ${PHASE_WORDS[state.phase]}.${page}`
    : `${outcomeText(state.outcome)}${page}`;
}
