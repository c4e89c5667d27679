import { type RepositoryRun, type Spending } from '../run.ts';
import { type Account } from '../trigger.ts';
import { billLine, billTable } from './bill.ts';
import { proofTable, type ProofView } from './proof-table.ts';
import { planOutcome, subtasksDone, type SubtaskView } from './plan-text.ts';
import { fit, fitTitle, MAX_BODY, tame } from './text.ts';
import { forWhom } from './who-asked.ts';

export interface ChangeStory {
  readonly run: RepositoryRun;
  readonly summary: { readonly title: string; readonly body: string };
  readonly proof: ProofView | null;
  readonly spending: Spending;
  readonly runUrl: string | null;
  /** The repository's own pull request template, if it has one. */
  readonly template: string | null;
  /** Says why this is only a draft, when a run that failed left it. */
  readonly warning: string | null;
  /** What became of each subtask, by index; empty without a plan. */
  readonly subtasks: readonly SubtaskView[];
  /** What a review of the whole finds missing, null when nothing. */
  readonly objection: string | null;
}

const MAX_OBJECTION = 4000;

export const pullRequestTitle = (story: ChangeStory): string => fitTitle(tame(story.summary.title));

/** What changed and why, in the repository's own form, then the proof, the cost and the model. */
export function pullRequestBody(story: ChangeStory): string {
  const closing = closingLine(story.run);
  const body = [
    story.warning === null ? '' : `> [!WARNING]\n> ${story.warning.replace(/\n/g, '\n> ')}`,
    story.template === null
      ? [closing, tame(story.summary.body)].filter((part) => part !== '').join('\n\n')
      : fillTemplate(story.template, tame(story.summary.body), closing),
    story.subtasks.length === 0 ? '' : `## Plan\n\n${planOutcome(story.subtasks)}`,
    story.objection === null ? '' : `## Review of the whole\n\n${objected(story.objection)}`,
    story.proof === null ? '' : `## Proof\n\n${proofTable(story.proof)}`,
    footer(story),
  ];
  return fit(
    body.filter((part) => part !== '').join('\n\n'),
    MAX_BODY,
    story.runUrl === null
      ? '… (cut; the run page has all of it)'
      : `… [the rest is on the run page](${story.runUrl})`,
  );
}

/** Quoted, so that nothing in it passes for a part of ours. */
function objected(objection: string): string {
  const quoted = fit(tame(objection), MAX_OBJECTION, '…').replace(/^/gm, '> ');
  return `A model that saw the whole change finds that it does not do the task yet, so this stays a draft:\n\n${quoted}`;
}

function closingLine({ subject, target, repository }: RepositoryRun): string {
  if (subject === null) return '';
  return subject.kind === 'issue' && target.baseBranch === repository.defaultBranch
    ? `Closes #${subject.number}.`
    : `For #${subject.number}.`;
}

function footer({ run, spending, runUrl }: ChangeStory): string {
  const table = billTable(spending);
  const page = runUrl === null ? '' : ` · [run page](${runUrl})`;
  return [
    ...(table === '' ? [] : [`## Cost\n\n${table}`]),
    `---\n<sub>Made by PTC Bot ${forWhom(run)} with ${billLine(spending)}${page}</sub>`,
  ].join('\n\n');
}

const SECTIONS: readonly { readonly heading: RegExp; readonly part: 'summary' | 'closing' | 'proof' }[] = [
  { heading: /\b(issue|ticket|related|closes|fixes)\b/i, part: 'closing' },
  { heading: /\b(test|tests|testing|tested|verification|verify)\b/i, part: 'proof' },
  { heading: /\b(description|summary|what|overview|changes?|motivation|why|context)\b/i, part: 'summary' },
];

/**
 * The template with our text under the headings it belongs to. Its own words, check boxes left unticked
 * included, stay; hidden hints go. What finds no heading stands in front.
 */
export function fillTemplate(template: string, summary: string, closing: string): string {
  const texts = { summary, closing, proof: 'See “Proof” below.' };
  const used = new Set<keyof typeof texts>();
  const lines = template
    .replace(/\r\n/g, '\n')
    .replace(/<!--[\s\S]*?(?:-->|$)/g, '')
    .split('\n')
    .flatMap((line) => {
      const heading = /^#{1,6}\s+(.+)$/.exec(line)?.[1];
      const part = SECTIONS.find((section) => heading !== undefined && section.heading.test(heading))?.part;
      if (part === undefined || used.has(part)) return [line];
      used.add(part);
      return [line, '', texts[part]];
    });
  const front = [used.has('closing') ? '' : closing, used.has('summary') ? '' : summary];
  return [...front.filter((text) => text !== ''), lines.join('\n').trim()]
    .join('\n\n')
    .replace(/\n{3,}/g, '\n\n')
    .trim();
}

/** The commit's whole message: title, what was done, by which subtasks, and who asked. */
export function commitMessage(story: ChangeStory): string {
  const { requester, id } = story.run;
  const title = tame(story.summary.title).replace(/\s+/g, ' ').trim().slice(0, 100) || 'Change by PTC Bot';
  const body = tame(story.summary.body).replace(/^([\w-]+):(?= )/gm, '$1\u200b:');
  const told = [title, fit(body.trim(), 8000, '…'), subtasksDone(story.subtasks)].map(withoutSkippedChecks);
  return [
    ...told.filter((part) => part !== ''),
    [`PTC-Run: ${id}`, ...(requester === null ? [] : [coAuthor(requester)])].join('\n'),
  ].join('\n\n');
}

const coAuthor = ({ id, login }: Account): string =>
  `Co-authored-by: ${login} <${id}+${login}@users.noreply.github.com>`;

/** A commit message that says `[skip ci]` keeps GitHub from running the repository's own checks. */
const withoutSkippedChecks = (text: string): string =>
  text.replace(/\[(?=(?:skip ci|ci skip|no ci|skip actions|actions skip)\])/gi, '[\u200b');
