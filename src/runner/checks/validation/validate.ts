import { realpath } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { type Proof } from '../../../protocol/proof.ts';
import { type CheckPlace } from '../check-place.ts';
import { type Check, type CheckedRun, type CheckPackage, type FoundChecks } from '../check.ts';
import { missingModules } from '../dependencies/python-imports.ts';
import { missingToolchain } from '../missing-toolchain.ts';
import { checkConfiguration } from '../proof/check-configuration.ts';
import { type CheckEvidence } from '../proof/evidence.ts';
import { type FileChange } from '../proof/file-change.ts';
import { runOverlays } from '../proof/run-overlays.ts';
import { type Judgement, judge } from '../proof/verdict.ts';
import { withoutSubjects } from '../proof/without-subjects.ts';
import { runCheck } from '../run-check.ts';
import { endedWell, type SetupRun } from '../set-up-tree.ts';
import { presentPaths, readSources, sourceFaults, type Sources } from '../sources/read-sources.ts';
import { faultInWords, type SourceFault } from '../sources/source-fault.ts';
import { isTreeFolder, removeTreePath } from '../tree-file.ts';
import { walkTree } from '../tree-files.ts';
import { findBrought, type Wishes } from './find-brought.ts';
import { type Builds, runBuilds } from './run-builds.ts';
import { openStages, type Stages, type TellStage } from './stages.ts';

export interface ValidateInput {
  /** In a fresh checkout of the change, which is set up here. */
  readonly place: CheckPlace;
  /** All files of that tree. */
  readonly files: readonly string[];
  readonly changes: readonly FileChange[];
  readonly wishes: Wishes;
  readonly onFound: (found: FoundChecks) => void;
  readonly onStage: TellStage;
  /** Runs the set-up commands of the packages. */
  readonly setUp: (packages: readonly CheckPackage[]) => Promise<readonly SetupRun[]>;
}

/** What was seen so far. */
interface Seen {
  readonly setup: readonly SetupRun[];
  readonly checks: readonly CheckEvidence[];
}

const NO_TEST = 'There is no test that could be run, so nothing shows that it works.';
const MAX_FAULTS = 50;

/**
 * Validates a change with the checks that it brings itself: its files are parsed, then its types checked, then it is
 * built and tested. What fails ends it. Where all passes, its tests are run once more without what they test.
 *
 * @throws PtcError `toolchain-missing`, `unsafe-path`; the reason of the signal when it is aborted. A change that fails is a verdict.
 */
export async function validate(input: ValidateInput): Promise<Proof> {
  const stages = openStages(input.onStage);
  const sources = await readSources(presentPaths(input.changes), input.place);
  const faults = await syntacticFaults(input, sources, stages);
  if (faults.length > 0) return brokenSources(input, stages, faults);

  stages.start('semantic');
  const missing = missingModules(sources.python, input.files);
  if (missing.length > 0) {
    stages.fail('semantic', missing.map(faultInWords).slice(0, MAX_FAULTS).join('\n'));
    return brokenSources(input, stages, missing);
  }
  const { tree } = input.place;
  const changed = input.changes.map(({ path }) => path);
  const { found, packages } = await findBrought({ tree, files: input.files, changed, sources }, input.wishes);
  input.onFound(found);
  const checks = packages.flatMap((each) => each.checks);
  const typed = await checkTypes(input, stages, packages, checks);
  const isOver = stages.ends().some(({ state }) => state === 'failed');
  return isOver ? proofOf(input, stages, typed) : integrate(input, stages, { packages, checks, typed });
}

async function syntacticFaults(
  { changes, place }: ValidateInput,
  sources: Sources,
  stages: Stages,
): Promise<readonly SourceFault[]> {
  stages.start('syntactic');
  const faults = await sourceFaults(sources, changes, place);
  if (faults.length === 0) {
    const count = presentPaths(changes).length;
    stages.pass(
      'syntactic',
      `${count} changed ${count === 1 ? 'file' : 'files'}, as far as there are parsers for them.`,
    );
  } else stages.fail('syntactic', faults.map(faultInWords).slice(0, MAX_FAULTS).join('\n'));
  return faults;
}

/** What it checks with may need what is installed: then the set-up belongs to this stage. */
async function checkTypes(
  input: ValidateInput,
  stages: Stages,
  packages: readonly CheckPackage[],
  checks: readonly Check[],
): Promise<Seen> {
  const typeChecks = checks.filter(({ kind }) => kind === 'typecheck');
  if (typeChecks.length === 0) {
    stages.pass(
      'semantic',
      'The tree has no type check of its own; its imports of its own modules were looked at.',
    );
    return { setup: [], checks: [] };
  }
  const setup = await input.setUp(packages);
  if (!setup.every(({ end }) => endedWell(end))) {
    stages.leave('semantic', 'The dependencies could not be installed.');
    return { setup, checks: [] };
  }
  const seen = { setup, checks: await runAll(typeChecks, input.place) };
  const failed = failures(seen.checks);
  if (failed === '') stages.pass('semantic', commandsOf(typeChecks));
  else stages.fail('semantic', failed);
  return seen;
}

interface Integration {
  readonly packages: readonly CheckPackage[];
  readonly checks: readonly Check[];
  readonly typed: Seen;
}

async function integrate(
  input: ValidateInput,
  stages: Stages,
  { packages, checks, typed }: Integration,
): Promise<Proof> {
  stages.start('integration');
  const { runs: setup, made } = await setUpAndBuild(input, packages, typed);
  const broken = setup.find(({ end }) => !endedWell(end));
  if (broken !== undefined) {
    assertToolchain(broken);
    stages.fail('integration', `\`${broken.command}\` failed.`);
    return proofOf(input, stages, { ...typed, setup });
  }
  const others = checks.filter(({ kind }) => kind !== 'typecheck');
  const ran = (await runAll(others, input.place)).filter(({ head }) => !foundNoTest(head));
  for (const { head } of ran)
    if (head !== null) assertToolchain({ command: head.check.command, ...head.run });
  const seen = { setup, checks: [...typed.checks, ...ran] };
  const failed = failures(ran);
  if (failed !== '') {
    stages.fail('integration', failed);
    return proofOf(input, stages, seen);
  }
  if (!ran.some(({ check }) => check.kind === 'test')) {
    stages.fail('integration', NO_TEST);
    return { ...(await proofOf(input, stages, seen)), verdict: 'unproven', reasons: [NO_TEST] };
  }
  stages.pass('integration', commandsOf(ran.map(({ check }) => check)));
  // What was built from the sources would stand in for them.
  const built = await takeAway(input.place.tree, made);
  const changes = [...input.changes, ...built];
  const withoutThem: typeof withoutSubjects = (tree, _all, tests, body) =>
    withoutSubjects(tree, input.changes, tests, body);
  const overlaid = await runOverlays(ran, changes, input.place, withoutThem);
  return proofOf({ ...input, changes }, stages, { setup, checks: [...typed.checks, ...overlaid] });
}

/** No change can bring what the machine lacks. */
function assertToolchain(run: SetupRun): void {
  const missing = missingToolchain(run);
  if (missing !== null) throw missing;
}

/**
 * Removes what builds made, over no link that tests may have put on the way. Its files come of the change as much as
 * those in it.
 */
async function takeAway(tree: string, made: readonly string[]): Promise<readonly FileChange[]> {
  const files: FileChange[] = [];
  for (const path of made) {
    const inside = (await isTreeFolder(tree, path)) ? await walkTree(join(tree, path)) : [];
    files.push(...inside.map((file) => ({ path: posix.join(path, file), before: null, after: '' })));
    await removeTreePath(tree, path);
  }
  return files;
}

async function setUpAndBuild(
  input: ValidateInput,
  packages: readonly CheckPackage[],
  { setup }: Seen,
): Promise<Builds> {
  const installed = setup.length > 0 ? setup : await input.setUp(packages);
  if (!installed.every(({ end }) => endedWell(end))) return { runs: installed, made: [] };
  const { runs, made } = await runBuilds(packages, input.place);
  return { runs: [...installed, ...runs], made };
}

async function runAll(checks: readonly Check[], place: CheckPlace): Promise<readonly CheckEvidence[]> {
  const seen: CheckEvidence[] = [];
  for (const check of checks)
    seen.push({ check, base: null, head: await runCheck(check, place), overlay: null, flaky: [] });
  return seen;
}

/** Pytest and unittest call it a failure, with an exit code of its own, when there is nothing to be run. */
const NOTHING_TO_RUN = 5;

function foundNoTest(head: CheckedRun | null): boolean {
  if (head === null || head.check.kind !== 'test') return false;
  const { counts, end } = head.run;
  if (end.limit !== null || (end.exitCode !== 0 && end.exitCode !== NOTHING_TO_RUN)) return false;
  return counts !== null && counts.passed + counts.failed + counts.skipped === 0;
}

/** What failed, in a line each; empty when nothing did. */
const failures = (seen: readonly CheckEvidence[]): string =>
  seen
    .flatMap(({ check, head }) => (head === null || head.run.passed ? [] : [`\`${check.command}\` failed.`]))
    .join('\n');

const commandsOf = (checks: readonly Check[]): string =>
  checks.map(({ command }) => `\`${command}\``).join(', ');

async function proofOf(input: ValidateInput, stages: Stages, { setup, checks }: Seen): Promise<Proof> {
  const { place, changes } = input;
  const headSetupFailure = setup.find(({ end }) => !endedWell(end)) ?? null;
  const baseTree = await realpath(place.tree);
  const judgement = judge({ changes, checks, headSetupFailure, baseTree });
  return asProof(input, stages, setup, judgement);
}

async function brokenSources(
  input: ValidateInput,
  stages: Stages,
  faults: readonly SourceFault[],
): Promise<Proof> {
  const words = faults.map(faultInWords).slice(0, MAX_FAULTS);
  const seen = await proofOf(input, stages, { setup: [], checks: [] });
  return { ...seen, verdict: 'red', reasons: words };
}

function asProof(
  { place, changes }: ValidateInput,
  stages: Stages,
  setup: readonly SetupRun[],
  judgement: Judgement,
): Proof {
  return {
    ...judgement,
    // Files that are new bring checks; only those that were there before can weaken any.
    checkConfiguration: checkConfiguration(changes.filter(({ before }) => before !== null)),
    coverage: null,
    isolation: place.commands.level,
    setup: setup.map(({ command, end }) => ({ command, tree: 'proof', end })),
    stages: stages.ends(),
  };
}
