import { type Problem } from '../../domain/errors.ts';
import { billLine } from '../../domain/report/bill.ts';
import { countsInWords } from '../../domain/report/check-counts.ts';
import { coverageInWords } from '../../domain/report/coverage-words.ts';
import { usd } from '../../domain/report/text.ts';
import { type Spending } from '../../domain/run.ts';
import { type CheckRun, type Proof } from '../../protocol/proof.ts';
import { plain, plainLine } from '../terminal.ts';

/** How a text is coloured; the identity where there is no colour. */
export type Paint = (style: 'green' | 'red' | 'yellow' | 'cyan' | 'bold' | 'dim', text: string) => string;

const LISTED = 20;
const VERDICTS: Readonly<Record<Proof['verdict'], string>> = {
  green: 'green: seen to fail before the change and to pass after it',
  unproven: 'not proven: the checks pass, but nothing was seen to fail before the change',
  red: 'red: a check fails after the change',
  none: 'nothing to check with: no check was found in this repository',
};

/** The proof: one line a check, base → head, then the tests that prove the change. */
export function proofText(proof: Proof, paint: Paint): string {
  const colour = proof.verdict === 'green' ? 'green' : proof.verdict === 'red' ? 'red' : 'yellow';
  const width = Math.max(0, ...proof.checks.map(({ command }) => plainLine(command).length));
  const checks = proof.checks.map(
    ({ kind, command, base, head }) =>
      `${plainLine(command).padEnd(width)}  ${checkRun(kind, base, paint)} → ${checkRun(kind, head, paint)}`,
  );
  const proving = proof.tests.filter(({ proves }) => proves);
  return [
    `${paint('bold', 'Proof:')} ${paint(colour, VERDICTS[proof.verdict])} ${paint('dim', `(isolation: ${proof.isolation})`)}`,
    ...checks.map((line) => `  ${line}`),
    ...list(
      'proved by',
      proving.map(
        ({ file, name, base, first }) =>
          `${file === '' ? '' : `${file} › `}${name} (on the base: ${BASE[base]}${first ? '; was seen to fail first' : ''})`,
      ),
    ),
    ...[coverageInWords(proof.coverage)]
      .filter((words) => words !== '')
      .map((words) => `  ${plainLine(words)}`),
    ...list('why it is not green', proof.reasons),
    ...list('fails since the change', proof.newFailures),
    ...list('failed before already', proof.knownFailures),
    ...list('tests deleted', proof.deletedTests),
    ...list('tests newly skipped', proof.skippedTests),
    ...list('changes what configures the checks', proof.checkConfiguration),
  ].join('\n');
}

const BASE: Readonly<Record<Proof['tests'][number]['base'], string>> = {
  assertion: 'failed',
  'missing-subject': 'what it tests did not exist',
  'load-error': 'did not load',
  passed: 'passed',
  'not-run': 'not run',
};

function checkRun(kind: string, run: CheckRun | null, paint: Paint): string {
  if (run === null) return 'not run';
  const { end, counts } = run;
  const ending = end.limit === null ? `exit ${end.exitCode ?? 'unknown'}` : `ended by the ${end.limit} limit`;
  return paint(run.passed ? 'green' : 'red', [ending, ...countsInWords(kind, counts)].join(', '));
}

function list(title: string, items: readonly string[]): readonly string[] {
  const rest = items.length - LISTED;
  return [
    ...items.slice(0, LISTED).map((item) => `  ${title}: ${plainLine(item)}`),
    ...(rest > 0 ? [`  … and ${rest} more`] : []),
  ];
}

/** What it cost, in all and, where several answered, by model. */
export function billText(spending: Spending): string {
  const { models } = spending;
  const parts =
    models.length < 2
      ? []
      : models.map(({ name, requests, costUsd }) => `  ${name}: ${usd(costUsd)} for ${requests}`);
  return [`Cost: ${billLine(spending)}`, ...parts].join('\n');
}

export const problemText = ({ message, remedy, code }: Problem): string =>
  `${plain(message)}\n\n${plain(remedy)} (${code})`;

const SHOWN_LINES = 400;

/** The diff for people; a huge one is cut, and `whole` says where all of it is. */
export function diffText(diff: string, whole: string, paint: Paint): string {
  const lines = plain(diff).replace(/\n$/, '').split('\n');
  const shown = lines.slice(0, SHOWN_LINES).map((line) => paintLine(line, paint));
  if (lines.length > SHOWN_LINES)
    shown.push(paint('yellow', `… ${lines.length - SHOWN_LINES} more lines; all of it: ${whole}`));
  return shown.join('\n');
}

function paintLine(line: string, paint: Paint): string {
  if (/^(diff --git|index|---|\+\+\+|new file|deleted file|rename|similarity)/.test(line))
    return paint('bold', line);
  if (line.startsWith('@@')) return paint('cyan', line);
  if (line.startsWith('+')) return paint('green', line);
  return line.startsWith('-') ? paint('red', line) : line;
}
