import { type CountsView, countsInWords } from './check-counts.ts';
import { coverageInWords, type CoverageView } from './coverage-words.ts';
import { provesInWords } from './proving-words.ts';
import { cell, codeSpan, seconds, tame } from './text.ts';

/** The parts of a proof that people are shown; the protocol's Proof fits. */
export interface ProofView {
  readonly verdict: 'green' | 'unproven' | 'red' | 'none';
  readonly reasons: readonly string[];
  readonly isolation: string;
  readonly setup: readonly {
    readonly command: string;
    readonly tree: string;
    readonly end: CommandEndView;
  }[];
  readonly checks: readonly {
    readonly kind: string;
    readonly command: string;
    readonly base: CheckRunView | null;
    readonly head: CheckRunView | null;
  }[];
  readonly tests: readonly {
    readonly file: string;
    readonly name: string;
    readonly base: string;
    readonly head: string;
    readonly proves: boolean;
    readonly first: boolean;
  }[];
  readonly knownFailures: readonly string[];
  readonly newFailures: readonly string[];
  readonly deletedTests: readonly string[];
  readonly skippedTests: readonly string[];
  readonly checkConfiguration: readonly string[];
  readonly coverage: CoverageView | null;
}

interface CommandEndView {
  readonly exitCode: number | null;
  readonly limit: string | null;
  readonly durationMs: number;
}

interface CheckRunView {
  readonly passed: boolean;
  readonly counts: CountsView | null;
  readonly end: CommandEndView;
}

const LISTED = 20;

const HEADLINES: Readonly<Record<ProofView['verdict'], string>> = {
  green: '✅ **Proven**: seen to fail before the change and to pass after it.',
  unproven: '🟡 **Not proven**: the checks pass, but nothing was seen to fail before the change.',
  red: '❌ **Red**: a check fails after the change.',
  none: '⚪ **Nothing to check with**: no check was found in this repository.',
};

/** The proof as Markdown: what was run before and after, with exit codes, and what it shows. */
export function proofTable(proof: ProofView): string {
  const parts = [
    HEADLINES[proof.verdict],
    list('Why it is not green', proof.reasons),
    checksTable(proof),
    testsTable(proof),
    tame(coverageInWords(proof.coverage)),
    setupTable(proof),
    list('Failed before the change already', proof.knownFailures),
    list('Fail since the change', proof.newFailures),
    list('Tests deleted', proof.deletedTests),
    list('Tests newly skipped', proof.skippedTests),
    list('Changed files that configure the checks (so this stays a draft)', proof.checkConfiguration),
    `<sub>Reported by the workspace; commands ran with isolation “${proof.isolation}”, after the change in a fresh checkout with a fresh installation.</sub>`,
  ];
  return parts.filter((part) => part !== '').join('\n\n');
}

function checksTable(proof: ProofView): string {
  if (proof.checks.length === 0) return '';
  const rows = proof.checks.map(
    (check) =>
      `| ${check.kind} | ${cell(codeSpan(check.command))} | ${checkRun(check.kind, check.base)} | ${checkRun(check.kind, check.head)} |`,
  );
  return ['| check | command | before | after |', '| --- | --- | --- | --- |', ...rows].join('\n');
}

function checkRun(kind: string, run: CheckRunView | null): string {
  if (run === null) return 'not run';
  const counts = countsInWords(kind, run.counts);
  return `${run.passed ? '✅' : '❌'} ${[ending(run.end), ...counts].join(', ')} (${seconds(run.end.durationMs)})`;
}

const ending = (end: CommandEndView): string =>
  end.limit === null ? `exit ${end.exitCode ?? 'unknown'}` : `ended by the ${end.limit} limit`;

const BASE_WORDS: Readonly<Record<string, string>> = {
  assertion: '❌ failed',
  'missing-subject': '❌ what it tests did not exist',
  'load-error': '⚠️ did not load',
  passed: '✅ passed',
  'not-run': 'not run',
};

function testsTable(proof: ProofView): string {
  if (proof.tests.length === 0) return '';
  const rows = proof.tests.slice(0, LISTED).map((test) => {
    const name = cell(tame(test.file === '' ? test.name : `${test.file} › ${test.name}`));
    return `| ${name} | ${BASE_WORDS[test.base] ?? cell(test.base)} | ${test.head === 'passed' ? '✅ passed' : cell(test.head)} | ${provesInWords(test)} |`;
  });
  const rest = proof.tests.length > LISTED ? [`| … and ${proof.tests.length - LISTED} more | | | |`] : [];
  return ['| test | before | after | proves it |', '| --- | --- | --- | --- |', ...rows, ...rest].join('\n');
}

function setupTable(proof: ProofView): string {
  if (proof.setup.length === 0) return '';
  const rows = proof.setup.map(
    ({ command, tree, end }) =>
      `- ${codeSpan(command)} (${tree}): ${ending(end)}, ${seconds(end.durationMs)}`,
  );
  return `<details><summary>Installation</summary>\n\n${rows.join('\n')}\n\n</details>`;
}

function list(title: string, items: readonly string[]): string {
  if (items.length === 0) return '';
  const shown = items.slice(0, LISTED).map((item) => `- ${tame(item).replace(/\s*\n\s*/g, ' ')}`);
  if (items.length > LISTED) shown.push(`- … and ${items.length - LISTED} more`);
  return `**${title}**\n\n${shown.join('\n')}`;
}
