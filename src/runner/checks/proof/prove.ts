import { realpath } from 'node:fs/promises';
import { type Proof } from '../../../protocol/proof.ts';
import { type CheckPlace, type CommandDone } from '../check-place.ts';
import { type CheckedRun, type TestCase } from '../check.ts';
import { measureCoverage } from '../line-coverage/measure-coverage.ts';
import { runCheck } from '../run-check.ts';
import { endedWell, type SetupRun } from '../set-up-tree.ts';
import { type Baseline } from './base-checks.ts';
import { caseKey, indexCases, isFailing } from './cases.ts';
import { type FileChange } from './file-change.ts';
import { type HeadEvidence, runOverlays } from './run-overlays.ts';
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
 * and judges what was seen. Last it asks which of the changed lines were run. All on one tree after the other, never at the same time.
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
      : baseline.runs.map((base) => ({ check: base.check, base, head: null, flaky: [] }));
  const measure = beside(input, seen, () =>
    measureCoverage(
      seen.flatMap(({ head }) => head ?? []),
      changes,
      headPlace,
    ),
  );
  const checks = await runOverlays(seen, changes, place(input, input.baseTree, 'base'));
  const baseTree = await realpath(input.baseTree);
  const judgement = judge({ changes, checks, headSetupFailure, baseTree });
  const coverage = await measure();
  return {
    ...judgement,
    coverage: judgement.verdict === 'red' ? null : coverage,
    stages: null,
    isolation: input.commands.level,
    setup: [...inTree('base', baseline.setup), ...inTree('proof', headSetup)],
  };
}

/**
 * Begins at once what the verdict does not follow from, where commands have a network of their own and so cannot
 * get into each other's way; elsewhere when its result is asked for. Never for a change that fails: it goes back
 * to be mended, or nowhere.
 */
function beside<T>(
  { commands }: ProveInput,
  seen: readonly HeadEvidence[],
  work: () => Promise<T>,
): () => Promise<T | null> {
  const fails = seen.some(
    ({ base, head }) => head === null || (!head.run.passed && base?.run.passed === true),
  );
  if (fails) return () => Promise.resolve(null);
  if (commands.level !== 'bubblewrap') return work;
  const begun = work();
  begun.catch(() => {}); // whoever asks for the result is told
  return () => begun;
}

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
      check: base.check,
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
async function runAgain(
  first: CheckedRun,
  headPlace: CheckPlace,
): Promise<Pick<HeadEvidence, 'head' | 'flaky'>> {
  const second = await runCheck(first.check, headPlace);
  const again = indexCases(second);
  const flaky = first.cases.filter(
    (test) => isFailing(test) && again.get(caseKey(test))?.status === 'passed',
  );
  return flaky.length === 0 ? { head: first, flaky } : { head: second, flaky };
}
