import { type CommandEnd } from '../../../protocol/proof.ts';
import { type CheckedRun, type TestCase } from '../check.ts';
import { isCut } from '../lint/fault-text.ts';
import { caseKey, caseLabel, type CaseIndex, indexCases, isFailing, unloadedFile } from './cases.ts';
import { changedTestFiles } from './changed-tests.ts';
import { failingFaults, faultLabel, newFaults } from './compare-faults.ts';
import { type FileChange } from './file-change.ts';

/** What the change did to one check. */
export interface CheckOutcome {
  /**
   * `passed`. `known`: it fails with the change just as it did without. `broken`: it fails in a way it did not
   * without the change. `undecided`: it fails on both, and nothing tells whether for the same reason.
   */
  readonly state: 'passed' | 'known' | 'broken' | 'undecided';
  /** Tests that fail, and faults that are found, with the change and were not without it: as people read them. */
  readonly newFailures: readonly string[];
  /** In words for people; empty when it passed. */
  readonly reason: string;
}

/** Compares one check on the base (null when it was not run there) and on the head. */
export function compareCheck(
  base: CheckedRun | null,
  head: CheckedRun,
  changes: readonly FileChange[],
): CheckOutcome {
  if (head.run.passed) return { state: 'passed', newFailures: [], reason: '' };
  if (head.check.kind !== 'test') return compareFaults(base, head, changes);
  const failing = head.cases.filter(isFailing);
  if (base === null || base.run.passed) return broken(head, failing);
  if (head.run.end.limit !== null || base.run.end.limit !== null) return compareLimits(base, head, failing);
  if (failing.length === 0) return compareUnexplained(base, head);
  if (base.run.counts === null) return undecided(`${typed(head)} fails with and without the change`);
  const baseline = indexCases(base);
  // A test of a file that the change alters is never excused by the base's file not having loaded.
  const changedFiles = new Set(changedTestFiles(changes, head));
  const added = failing.filter((test) => !failedBefore(test, baseline, changedFiles));
  return added.length > 0 ? broken(head, added) : known(head);
}

/** A linter or type checker: only what it finds more than on the base counts against the change. */
function compareFaults(
  base: CheckedRun | null,
  head: CheckedRun,
  changes: readonly FileChange[],
): CheckOutcome {
  const added = newFaults(base?.cases ?? [], failingFaults(head.cases), changes);
  if (base === null || base.run.passed) return broken(head, added);
  if (head.run.end.limit !== null || base.run.end.limit !== null) return compareLimits(base, head, added);
  if (base.run.counts === null || head.run.counts === null) return compareUnread(base, head);
  if (head.cases.length === 0) return compareUnexplained(base, head);
  return added.length > 0 ? broken(head, added) : known(head);
}

/** It fails on both, and on one at least nothing tells what it found. */
function compareUnread(base: CheckedRun, head: CheckedRun): CheckOutcome {
  if (isCut(base.run.end.output) || isCut(head.run.end.output)) {
    return undecided(
      `${typed(head)} fails with and without the change, and finds more than is kept of its output`,
    );
  }
  if (base.run.counts === null && head.run.counts === null) return known(head);
  // Where it found faults before and now ends in another way without any, it breaks down.
  if (head.run.counts === null && base.run.end.exitCode !== head.run.end.exitCode) return broken(head, []);
  return undecided(`${typed(head)} fails with and without the change`);
}

function failedBefore(test: TestCase, baseline: CaseIndex, changedFiles: ReadonlySet<string>): boolean {
  if (isFailing(baseline.get(caseKey(test)))) return true;
  return !changedFiles.has(test.file) && unloadedFile(baseline, test.file) !== undefined;
}

function compareLimits(base: CheckedRun, head: CheckedRun, failing: readonly TestCase[]): CheckOutcome {
  const [before, after] = [base.run.end, head.run.end];
  if (before.limit === after.limit) {
    return undecided(`${typed(head)} was stopped (${howItEnded(after)}) on both`);
  }
  if (before.limit === null) return broken(head, failing);
  return undecided(
    `${typed(head)} fails with the change, and was stopped (${howItEnded(before)}) without it`,
  );
}

/** The command fails on both, and on the head no single test or fault says why. */
function compareUnexplained(base: CheckedRun, head: CheckedRun): CheckOutcome {
  if (!base.cases.some(isFailing)) return known(head);
  const nothing = head.check.kind === 'test' ? 'none of its tests does' : 'it finds no fault';
  const reason = `${typed(head)} fails with the change, though ${nothing}.`;
  return { state: 'broken', newFailures: [], reason };
}

function broken(head: CheckedRun, failing: readonly TestCase[]): CheckOutcome {
  const label = head.check.kind === 'test' ? caseLabel : faultLabel;
  return { state: 'broken', newFailures: failing.map(label), reason: brokenReason(head, failing.length) };
}

function brokenReason(head: CheckedRun, count: number): string {
  const command = `${typed(head)} fails with the change`;
  if (count === 0) return `${command}: ${howItEnded(head.run.end)}.`;
  if (head.check.kind !== 'test') {
    return `${command}: ${count === 1 ? 'one fault that was' : `${count} faults that were`} not there before.`;
  }
  return `${command}: ${count === 1 ? 'one test fails' : `${count} tests fail`} that did not fail before.`;
}

function known(head: CheckedRun): CheckOutcome {
  const reason = `${typed(head)} fails, as it did before the change.`;
  return { state: 'known', newFailures: [], reason };
}

function undecided(what: string): CheckOutcome {
  return {
    state: 'undecided',
    newFailures: [],
    reason: `${what}, so it cannot be told whether the change breaks something.`,
  };
}

function typed({ check }: CheckedRun): string {
  return `\`${check.command}\``;
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
