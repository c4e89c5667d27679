import { type CommandEnd } from '../../../protocol/proof.ts';
import { type CheckedRun, type TestCase } from '../check.ts';
import { caseKey, type CaseIndex, indexCases, isFailing, unloadedFile } from './cases.ts';

/** What the change did to one check. */
export interface CheckOutcome {
  /**
   * `passed`. `known`: it fails with the change just as it did without. `broken`: it fails in a way it did not
   * without the change. `undecided`: it fails on both, and nothing tells whether for the same reason.
   */
  readonly state: 'passed' | 'known' | 'broken' | 'undecided';
  /** Tests that fail with the change and did not without it. */
  readonly newFailures: readonly TestCase[];
  /** In words for people; empty when it passed. */
  readonly reason: string;
}

/**
 * Compares one check on the base (null when it was not run there) and on the head.
 *
 * @param changedFiles test files that the change alters: a test of theirs is never excused by the base's
 *   file not having loaded
 */
export function compareCheck(
  base: CheckedRun | null,
  head: CheckedRun,
  changedFiles: ReadonlySet<string>,
): CheckOutcome {
  if (head.run.passed) return { state: 'passed', newFailures: [], reason: '' };
  const command = `\`${head.check.command}\``;
  const failing = head.cases.filter(isFailing);
  if (base === null || base.run.passed) {
    return { state: 'broken', newFailures: failing, reason: brokenReason(head, failing) };
  }
  if (head.run.end.limit !== null || base.run.end.limit !== null) return compareLimits(base, head, failing);
  if (failing.length === 0) return compareUnexplained(base, command);
  if (base.run.counts === null) return undecided(`${command} fails with and without the change`);
  const baseline = indexCases(base);
  const added = failing.filter((test) => !failedBefore(test, baseline, changedFiles));
  if (added.length > 0) return { state: 'broken', newFailures: added, reason: brokenReason(head, added) };
  return { state: 'known', newFailures: [], reason: `${command} fails, as it did before the change.` };
}

function failedBefore(test: TestCase, baseline: CaseIndex, changedFiles: ReadonlySet<string>): boolean {
  if (isFailing(baseline.get(caseKey(test)))) return true;
  return !changedFiles.has(test.file) && unloadedFile(baseline, test.file) !== undefined;
}

function compareLimits(base: CheckedRun, head: CheckedRun, failing: readonly TestCase[]): CheckOutcome {
  const command = `\`${head.check.command}\``;
  const [before, after] = [base.run.end, head.run.end];
  if (before.limit === after.limit) return undecided(`${command} was stopped (${howItEnded(after)}) on both`);
  if (before.limit === null) {
    return { state: 'broken', newFailures: failing, reason: brokenReason(head, failing) };
  }
  return undecided(`${command} fails with the change, and was stopped (${howItEnded(before)}) without it`);
}

/** The command fails on both, and on the head no single test says why. */
function compareUnexplained(base: CheckedRun, command: string): CheckOutcome {
  if (base.cases.some(isFailing)) {
    const reason = `${command} fails with the change, though none of its tests does.`;
    return { state: 'broken', newFailures: [], reason };
  }
  return { state: 'known', newFailures: [], reason: `${command} fails, as it did before the change.` };
}

function undecided(what: string): CheckOutcome {
  return {
    state: 'undecided',
    newFailures: [],
    reason: `${what}, so it cannot be told whether the change breaks something.`,
  };
}

function brokenReason(head: CheckedRun, failing: readonly TestCase[]): string {
  const command = `\`${head.check.command}\``;
  if (failing.length === 0) return `${command} fails with the change: ${howItEnded(head.run.end)}.`;
  const tests = failing.length === 1 ? 'one test fails' : `${failing.length} tests fail`;
  return `${command} fails with the change: ${tests} that did not fail before.`;
}

/** How a command ended, in a few words. */
export function howItEnded(end: CommandEnd): string {
  const words = {
    timeout: 'it ran out of time',
    output: 'it printed too much',
    memory: 'it used too much memory',
    cancelled: 'it was cancelled',
  };
  if (end.limit !== null) return words[end.limit];
  return end.exitCode === null ? 'it was killed' : `exit code ${end.exitCode}`;
}
