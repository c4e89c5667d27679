import { join, posix } from 'node:path';
import { type Coverage } from '../../../protocol/proof.ts';
import { type CheckPlace } from '../check-place.ts';
import { type CheckedRun, type CheckTool } from '../check.ts';
import { changedTestFiles } from '../proof/changed-tests.ts';
import { type FileChange } from '../proof/file-change.ts';
import { isTestMaterial } from '../proof/test-files.ts';
import { findReporter } from '../reporters/reporters.ts';
import { onlyFiles, readTool, runTool, withReportFolder } from '../run-tool.ts';
import { changedLines } from './changed-lines.ts';
import { type CoverageTool } from './coverage-tool.ts';
import { goProfile } from './go-profile.ts';
import { mavenJacoco } from './jacoco.ts';
import { jestCoverage, vitestCoverage } from './javascript-coverage.ts';
import { type FileRuns, joinRuns, type LineRuns } from './line-runs.ts';
import { pytestCoverage } from './pytest-coverage.ts';
import { v8Coverage } from './v8-coverage.ts';

/** Checks that take longer than this, all together, are not run once more. */
const MAX_CHECKS_MS = 60_000;

/** What measuring may take longer: some tools compile all anew. */
const SLOWER = 2;
const START_MS = 10_000;

/** Enough to find what no test runs. */
const MAX_STRETCHES = 50;

/**
 * Not among them: Cargo, which would compile every dependency anew and wants another program for it; Gradle,
 * whose report wants packages that no set-up fetched.
 */
const TOOLS: ReadonlyMap<CheckTool, CoverageTool> = new Map([
  ['node-test', v8Coverage],
  ['mocha', v8Coverage],
  ['vitest', vitestCoverage],
  ['jest', jestCoverage],
  ['pytest', pytestCoverage],
  ['go-test', goProfile],
  ['maven', mavenJacoco],
]);

/**
 * Which of the lines that the change adds or alters, tests aside, the repository's tests run; null when no tool
 * can tell.
 *
 * Measuring alters how tests run, and can fail them: by a threshold, an unknown word, a slower clock. So the
 * checks are run once more for it, after all that the verdict follows from and where that took little time;
 * nothing but the report counts, and the run is no event, because a replay need not take the same time. The
 * change's own tests come first: where they run all of it, nothing else needs to be run.
 *
 * @param heads what the checks came to on the tree of `place`
 * @throws the reason of `place.signal` when it is aborted
 */
export async function measureCoverage(
  heads: readonly CheckedRun[],
  changes: readonly FileChange[],
  place: CheckPlace,
): Promise<Coverage | null> {
  const testRuns = heads.filter(({ check }) => check.kind === 'test');
  const tests = new Set(testRuns.flatMap(({ cases }) => cases.map(({ file }) => file)));
  const sources = changes.filter(({ path }) => !tests.has(path) && !isTestMaterial(path));
  const told: FileRuns[] = [];
  let leftMs = MAX_CHECKS_MS;
  for (const head of testRuns) {
    const { limit, durationMs } = head.run.end;
    if (limit !== null || durationMs > leftMs) continue;
    const own = changedTestFiles(changes, head);
    const runs = await measureSparingly(head, { sources, own, place }).catch((): FileRuns | null => null);
    place.signal.throwIfAborted();
    if (runs === null) continue;
    leftMs -= durationMs;
    told.push(runs);
  }
  return summarize(sources, joinRuns(told));
}

interface Measured {
  readonly sources: readonly FileChange[];
  /** The change's own test files among those of the check. */
  readonly own: readonly string[];
  readonly place: CheckPlace;
}

async function measureSparingly(head: CheckedRun, measured: Measured): Promise<FileRuns | null> {
  if (measured.own.length > 0) {
    const runs = await measure(head, measured);
    const told = runs === null ? null : summarize(measured.sources, runs);
    if (told !== null && told.covered === told.coverable && tellsOfAll(measured.sources, runs)) return runs;
  }
  return measure(head, { ...measured, own: [] });
}

const tellsOfAll = (sources: readonly FileChange[], runs: FileRuns | null): boolean =>
  sources.every(({ path, after }) => after === null || runs?.has(path) === true);

/** What one check tells, by paths relative to the tree; null when it was not run for it. */
async function measure(
  { check, run }: CheckedRun,
  { sources, own, place }: Measured,
): Promise<FileRuns | null> {
  const { tool, separators } = await readTool(check, place.tree);
  const coverage = TOOLS.get(tool);
  const files = filesIn(
    check.folder,
    sources.filter(({ path }) => coverage?.tells.test(path) === true),
  );
  if (coverage === undefined || files.size === 0) return null;
  return await withReportFolder(place, async (folder) => {
    const asked = { folder, tree: place.tree, place: join(place.tree, check.folder), files };
    const request = await coverage.request(asked);
    if (request === null || (request.words.length > 0 && separators === null)) return null;
    const timeoutMs = Math.min(place.timeoutMs, SLOWER * run.end.durationMs + START_MS);
    const only = await onlyFiles(check, findReporter(check.kind, tool), place.tree, own);
    const asking = { separators, request, folder, only };
    const { end } = await runTool(check, { ...place, timeoutMs }, asking);
    // Tests that were cut short, or fail where they passed, run other lines.
    const expected = own.length > 0 ? 0 : run.end.exitCode;
    if (end.limit !== null || end.exitCode !== expected) return null;
    const runs = await coverage.read(asked);
    return new Map([...runs].map(([path, lines]) => [posix.join(check.folder, path), lines]));
  });
}

function filesIn(folder: string, sources: readonly FileChange[]): ReadonlyMap<string, string> {
  const below = folder === '' ? '' : `${folder}/`;
  return new Map(
    sources.flatMap(({ path, after }) =>
      after === null || !path.startsWith(below) ? [] : [[path.slice(below.length), after] as const],
    ),
  );
}

function summarize(sources: readonly FileChange[], runs: FileRuns): Coverage | null {
  const files = sources.flatMap((change) => {
    const lines = runs.get(change.path);
    return lines === undefined ? [] : [{ path: change.path, ...countLines(changedLines(change), lines) }];
  });
  const sum = (counts: readonly number[]): number => counts.reduce((total, count) => total + count, 0);
  const coverable = sum(files.map((file) => file.coverable));
  if (coverable === 0) return null;
  return {
    covered: sum(files.map((file) => file.covered)),
    coverable,
    files: files
      .filter(({ uncoveredLines }) => uncoveredLines.length > 0)
      .map(({ path, uncoveredLines }) => ({ path, uncoveredLines: uncoveredLines.slice(0, MAX_STRETCHES) })),
  };
}

function countLines(
  changed: readonly number[],
  runs: LineRuns,
): { covered: number; coverable: number; uncoveredLines: readonly (readonly [number, number])[] } {
  const told = changed.filter((line) => runs.has(line));
  const missed = told.filter((line) => runs.get(line) === false);
  return {
    covered: told.length - missed.length,
    coverable: told.length,
    uncoveredLines: asStretches(missed, runs),
  };
}

/** Lines as stretches [first, last], each going on over lines of which nothing is told. */
function asStretches(lines: readonly number[], runs: LineRuns): readonly (readonly [number, number])[] {
  const stretches: [number, number][] = [];
  for (const line of lines) {
    const last = stretches.at(-1);
    let next = (last?.[1] ?? line) + 1;
    while (next < line && !runs.has(next)) next += 1;
    if (last !== undefined && next === line) last[1] = line;
    else stretches.push([line, line]);
  }
  return stretches;
}
