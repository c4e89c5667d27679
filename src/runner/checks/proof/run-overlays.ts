import { type CheckPlace } from '../check-place.ts';
import { type CheckedRun, type TestCase } from '../check.ts';
import { runCheck } from '../run-check.ts';
import { caseKey, indexCases, isFailing, isUnloadedFile, unloadedFile } from './cases.ts';
import { changedTestFiles } from './changed-tests.ts';
import { COMPILED_TOOLS, LOADING_TOOLS } from './compiled-tools.ts';
import { type CheckEvidence } from './evidence.ts';
import { type FileChange } from './file-change.ts';
import { type TestsOnBase, withTestsOnBase } from './overlay.ts';

/** One check on both trees. */
export type HeadEvidence = Omit<CheckEvidence, 'overlay'>;

/** A compiler may tell of one file only after it was content with another. */
const MAX_LEFT_OUT = 3;

/**
 * Runs the change's tests, and those that it turned green, on the base.
 * @param lay makes of the tree what the tests are to be run on
 */
export async function runOverlays(
  seen: readonly HeadEvidence[],
  changes: readonly FileChange[],
  basePlace: CheckPlace,
  lay: typeof withTestsOnBase = withTestsOnBase,
): Promise<readonly CheckEvidence[]> {
  const plans = seen.map((evidence) => ({ evidence, files: overlayFiles(evidence, changes) }));
  const tests = new Set(plans.flatMap(({ files }) => files));
  if (tests.size === 0) return seen.map((evidence) => ({ ...evidence, overlay: null }));
  return await lay(basePlace.tree, changes, tests, async (laid) => {
    const checks: CheckEvidence[] = [];
    for (const { evidence, files } of plans) {
      checks.push({ ...evidence, overlay: await runOverlay(evidence, files, basePlace, laid) });
    }
    return checks;
  });
}

/** Test files that can prove something: those of the change, and those with tests that it turned green. */
function overlayFiles(
  { check, base, head }: HeadEvidence,
  changes: readonly FileChange[],
): readonly string[] {
  if (check.kind !== 'test' || head === null || head.run.end.limit !== null) return [];
  const before = indexCases(base);
  const fixed = head.cases
    .filter(({ status, file }) => status === 'passed' && file !== '')
    .filter((test) => isFailing(before.get(caseKey(test)) ?? unloadedFile(before, test.file)))
    .map((test) => test.file);
  return [...new Set([...changedTestFiles(changes, head), ...fixed])];
}

async function runOverlay(
  { check }: HeadEvidence,
  files: readonly string[],
  place: CheckPlace,
  laid: TestsOnBase,
): Promise<CheckedRun | null> {
  if (files.length === 0) return null;
  if (COMPILED_TOOLS.has(check.tool)) return await runCompiled(check, files, place, laid);
  // One at a time, so that the others are seen when one does not load.
  if (!LOADING_TOOLS.has(check.tool)) return await runCheck(check, place, files);
  const runs: CheckedRun[] = [];
  for (const file of files) runs.push(await runCheck(check, place, [file]));
  return joinRuns(runs, files);
}

/** A file that does not compile takes others with it: these are run again without it. */
async function runCompiled(
  check: CheckedRun['check'],
  files: readonly string[],
  place: CheckPlace,
  laid: TestsOnBase,
): Promise<CheckedRun> {
  const first = await runCheck(check, place, files);
  const refused: TestCase[] = [];
  let latest = first;
  for (let round = 0; round < MAX_LEFT_OUT; round += 1) {
    const fresh = latest.cases.filter((test) => isUnloadedFile(test) && files.includes(test.file));
    refused.push(...fresh);
    const out = new Set(refused.map((test) => test.file));
    const others = files.filter((file) => !out.has(file));
    if (fresh.length === 0 || others.every((file) => hasRun(latest, file))) break;
    latest = await laid.without(out, async () => await runCheck(check, place, others));
  }
  return { ...first, cases: [...refused, ...latest.cases.filter((test) => !refused.includes(test))] };
}

function hasRun({ cases }: CheckedRun, file: string): boolean {
  return cases.some((test) => test.file === file);
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
