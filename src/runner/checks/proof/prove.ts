import { realpath } from 'node:fs/promises';
import { type Proof } from '../../../protocol/proof.ts';
import { type CheckPlace, type CommandDone } from '../check-place.ts';
import { type CheckedRun, type TestCase } from '../check.ts';
import { runCheck } from '../run-check.ts';
import { endedWell, type SetupRun } from '../set-up-tree.ts';
import { type Baseline } from './baseline.ts';
import { caseKey, indexCases, isFailing, unloadedFile } from './cases.ts';
import { changedTestFiles } from './changed-tests.ts';
import { type CheckEvidence } from './evidence.ts';
import { type FileChange } from './file-change.ts';
import { withTestsOnBase } from './overlay.ts';
import { judge } from './verdict.ts';

export interface ProveInput extends Omit<CheckPlace, 'tree' | 'onCommand'> {
  readonly baseline: Baseline;
  /** The tree of the baseline, still set up. Given back as it was found. */
  readonly baseTree: string;
  /** A fresh checkout of exactly what will be published; nothing but its set-up has been run in it. */
  readonly headTree: string;
  /** How setting up the head tree went, with the base's commands. */
  readonly headSetup: readonly SetupRun[];
  /** Every file that differs between the two. */
  readonly changes: readonly FileChange[];
  readonly onCommand: (done: CommandDone & { readonly tree: 'base' | 'proof' }) => void;
}

/**
 * Runs the base's checks on the head tree, then the new and changed tests on the base, where they must fail,
 * and judges what was seen. All on one tree after the other, never at the same time.
 *
 * @throws PtcError `unsafe-path`; the reason of `signal` when it is aborted. A change that fails is a verdict.
 */
export async function prove(input: ProveInput): Promise<Proof> {
  const { baseline, changes, headSetup } = input;
  const headPlace = place(input, input.headTree, 'proof');
  const headSetupFailure = headSetup.find(({ end }) => !endedWell(end)) ?? null;
  const seen =
    headSetupFailure === null
      ? await runHead(baseline.runs, changes, headPlace)
      : baseline.runs.map((base) => ({ base, head: null, flaky: [] }));
  const checks = await runOverlays(input, seen);
  const baseTree = await realpath(input.baseTree);
  return {
    ...judge({ changes, checks, headSetupFailure, baseTree }),
    isolation: input.commands.level,
    setup: [...inTree('base', baseline.setup), ...inTree('proof', headSetup)],
  };
}

type HeadEvidence = Omit<CheckEvidence, 'overlay'>;

function place(input: ProveInput, tree: string, name: 'base' | 'proof'): CheckPlace {
  const { reports, commands, timeoutMs, signal } = input;
  const onCommand = (done: CommandDone): void => input.onCommand({ ...done, tree: name });
  return { tree, reports, commands, timeoutMs, signal, onCommand };
}

function inTree(tree: string, runs: readonly SetupRun[]): Proof['setup'] {
  return runs.map(({ command, end }) => ({ command, tree, end }));
}

async function runHead(
  baseRuns: readonly CheckedRun[],
  changes: readonly FileChange[],
  headPlace: CheckPlace,
): Promise<readonly HeadEvidence[]> {
  const seen: HeadEvidence[] = [];
  for (const base of baseRuns) {
    const first = await runCheck(base.check, headPlace);
    const suspects = suspectedFlaky(base, first, changes);
    seen.push({
      base,
      ...(suspects.length === 0 ? { head: first, flaky: [] } : await runAgain(first, headPlace)),
    });
  }
  return seen;
}

/** Failures in files that the change leaves alone, of tests that passed on the base. */
function suspectedFlaky(
  base: CheckedRun,
  head: CheckedRun,
  changes: readonly FileChange[],
): readonly TestCase[] {
  const changed = new Set(changes.map((change) => change.path));
  const before = indexCases(base);
  return head.cases.filter(
    (test) => isFailing(test) && !changed.has(test.file) && before.get(caseKey(test))?.status === 'passed',
  );
}

/** One more run: a test fails when it fails both times, and is flaky when it fails once. */
async function runAgain(first: CheckedRun, headPlace: CheckPlace): Promise<Omit<HeadEvidence, 'base'>> {
  const second = await runCheck(first.check, headPlace);
  const again = indexCases(second);
  const flaky = first.cases.filter(
    (test) => isFailing(test) && again.get(caseKey(test))?.status === 'passed',
  );
  return flaky.length === 0 ? { head: first, flaky } : { head: second, flaky };
}

async function runOverlays(
  input: ProveInput,
  seen: readonly HeadEvidence[],
): Promise<readonly CheckEvidence[]> {
  const plans = seen.map((evidence) => ({ evidence, files: overlayFiles(evidence, input.changes) }));
  const tests = new Set(plans.flatMap(({ files }) => files));
  if (tests.size === 0) return seen.map((evidence) => ({ ...evidence, overlay: null }));
  return await withTestsOnBase(input.baseTree, input.changes, tests, async () => {
    const checks: CheckEvidence[] = [];
    for (const { evidence, files } of plans) {
      checks.push({ ...evidence, overlay: await runOverlay(input, evidence, files) });
    }
    return checks;
  });
}

/** Test files that can prove something: those of the change, and those with tests that it turned green. */
function overlayFiles({ base, head }: HeadEvidence, changes: readonly FileChange[]): readonly string[] {
  if (base.check.kind !== 'test' || head === null || head.run.end.limit !== null) return [];
  const before = indexCases(base);
  const fixed = head.cases
    .filter(({ status, file }) => status === 'passed' && file !== '')
    .filter((test) => isFailing(before.get(caseKey(test)) ?? unloadedFile(before, test.file)))
    .map((test) => test.file);
  return [...new Set([...changedTestFiles(changes, head), ...fixed])];
}

async function runOverlay(
  input: ProveInput,
  { base }: HeadEvidence,
  files: readonly string[],
): Promise<CheckedRun | null> {
  if (files.length === 0) return null;
  const basePlace = place(input, input.baseTree, 'base');
  // Mocha stops altogether at a file that does not load: one at a time, so that the others are seen.
  if (base.check.tool !== 'mocha') return await runCheck(base.check, basePlace, files);
  const runs: CheckedRun[] = [];
  for (const file of files) runs.push(await runCheck(base.check, basePlace, [file]));
  return joinRuns(runs, files);
}

/** Several runs of single files as one. A file without a report that its run's output names did not load. */
function joinRuns(runs: readonly CheckedRun[], files: readonly string[]): CheckedRun | null {
  const worst = runs.find(({ run }) => !run.passed) ?? runs[0];
  if (worst === undefined) return null;
  const cases = runs.flatMap(({ run, cases }, index): readonly TestCase[] => {
    const file = files[index] ?? '';
    const { exitCode, output } = run.end;
    if (cases.length > 0 || exitCode === null || exitCode === 0 || !output.includes(file)) return cases;
    return [{ file, name: file, status: 'error', message: output }];
  });
  return { ...worst, cases };
}
