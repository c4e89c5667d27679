import { type TestProof } from '../../../protocol/proof.ts';
import { type CheckedRun, type TestCase } from '../check.ts';
import { caseKey, type CaseIndex, indexCases, isFailing, isUnloadedFile, unloadedFile } from './cases.ts';
import { changedTestFiles } from './changed-tests.ts';
import { classifyFailure } from './classify-failure.ts';
import { COMPILED_TOOLS, LOADING_TOOLS } from './compiled-tools.ts';
import { type CheckEvidence, type Evidence } from './evidence.ts';
import { isTestFile } from './test-files.ts';

type BaseStatus = TestProof['base'];
type HeadStatus = TestProof['head'];

/** Name of the row of a test command whose single tests are not known. */
const WHOLE_COMMAND = '(whole command)';

/**
 * The tests of one check that the change adds, alters or fixes, on both trees. In a changed file, tests that
 * pass everywhere and were there before are left out: nothing tells that they were altered.
 */
export function testProofs(check: CheckEvidence, evidence: Evidence): readonly TestProof[] {
  if (check.check.kind !== 'test') return [];
  const changed = changedTestFiles(evidence.changes, check.head);
  if (knowsNoCases(check)) return wholeCommandProof(check, changed, evidence);
  const baseline = indexCases(check.base);
  const overlay = indexCases(check.overlay);
  const tests = [...indexCases(check.head).values()].filter((test) => !isHelper(test));
  const added = tests
    .filter((test) => changed.includes(test.file))
    .map((test) => row(test, overlayStatus(test, check.overlay, overlay, evidence)))
    .filter((proof) => !isUntouched(proof, baseline));
  const fixed = tests
    .filter((test) => !changed.includes(test.file) && test.status === 'passed')
    .flatMap((test) => fixedProof(test, baseline, overlay, evidence));
  return [...added, ...fixed];
}

/** Node reports every file of a test folder; one without tests passes by loading, which proves nothing. */
function isHelper({ file, name, status }: TestCase): boolean {
  return status === 'passed' && name === file && !isTestFile(file);
}

function knowsNoCases({ base, head }: CheckEvidence): boolean {
  return (base?.cases.length ?? 0) === 0 && (head?.cases.length ?? 0) === 0;
}

/** Only exit codes are known: the tests prove the change when they turn the base's command red. */
function wholeCommandProof(
  { base, head, overlay }: CheckEvidence,
  changed: readonly string[],
  evidence: Evidence,
): readonly TestProof[] {
  if (changed.length === 0 || head === null || overlay === null || base?.run.passed === false) return [];
  const status = overlay.run.passed ? 'passed' : endStatus(overlay, changed[0] ?? '', 'failed', evidence);
  const passed = head.run.passed ? 'passed' : 'failed';
  return [row({ file: changed.join(', '), name: WHOLE_COMMAND, status: passed, message: '' }, status)];
}

function overlayStatus(
  test: TestCase,
  run: CheckedRun | null,
  overlay: CaseIndex,
  evidence: Evidence,
): BaseStatus {
  if (run === null) return 'not-run';
  // Some tools stop at the first file that does not load, and then write no report at all.
  if (run.cases.length === 0) {
    const told = !run.run.passed && run.run.end.output.includes(test.file);
    return told ? endStatus(run, test.file, 'error', evidence) : 'not-run';
  }
  const seen = overlay.get(caseKey(test)) ?? unloadedFile(overlay, test.file);
  return seen === undefined ? 'not-run' : caseStatus(seen, evidence);
}

function caseStatus(test: TestCase, { changes, baseTree }: Evidence): BaseStatus {
  const { file, message, status } = test;
  if (status === 'skipped') return 'not-run';
  if (status === 'passed') return 'passed';
  return classifyFailure({ file, message, status, tree: baseTree }, changes);
}

/** What a run without cases says about a test file, from how it ended and what it printed. */
function endStatus(
  { run }: CheckedRun,
  file: string,
  status: 'failed' | 'error',
  { changes, baseTree }: Evidence,
): BaseStatus {
  if (run.end.limit !== null) return 'not-run';
  return classifyFailure({ file, status, message: run.end.output, tree: baseTree }, changes);
}

function isUntouched(proof: TestProof, baseline: CaseIndex): boolean {
  const before = baseline.get(caseKey(proof));
  return before?.status === 'passed' && proof.base === 'passed' && proof.head === 'passed';
}

/** A test that nobody altered, red on the base and green on the head. */
function fixedProof(
  test: TestCase,
  baseline: CaseIndex,
  overlay: CaseIndex,
  evidence: Evidence,
): readonly TestProof[] {
  const before = baseline.get(caseKey(test)) ?? unloadedFile(baseline, test.file);
  if (before === undefined || !isFailing(before)) return [];
  // Where it was run a second time, that tells a fixed test from one that fails now and then.
  const again = overlay.get(caseKey(test)) ?? unloadedFile(overlay, test.file);
  return [row(test, caseStatus(again ?? before, evidence))];
}

function row(test: TestCase, base: BaseStatus): TestProof {
  const head = headStatus(test);
  const proves = head === 'passed' && (base === 'assertion' || base === 'missing-subject');
  return { file: test.file, name: test.name, base, head, proves, first: false };
}

function headStatus({ status }: TestCase): HeadStatus {
  return status === 'error' ? 'failed' : status;
}

/** Tests of the base that are neither run nor skipped on the head. */
export function deletedTests({ check, base, head }: CheckEvidence): readonly TestCase[] {
  if (head === null || head.cases.length === 0) return [];
  const { tool } = check;
  const allOrNone = COMPILED_TOOLS.has(tool) || LOADING_TOOLS.has(tool);
  if (allOrNone && head.cases.some(isUnloadedFile)) return [];
  const after = indexCases(head);
  return [...indexCases(base).values()].filter(
    (test) =>
      !isUnloadedFile(test) && !after.has(caseKey(test)) && unloadedFile(after, test.file) === undefined,
  );
}

/** Tests that ran on the base and are skipped on the head. */
export function skippedTests({ base, head }: CheckEvidence): readonly TestCase[] {
  const before = indexCases(base);
  return [...indexCases(head).values()].filter((test) => {
    const status = before.get(caseKey(test))?.status;
    return test.status === 'skipped' && status !== undefined && status !== 'skipped';
  });
}
