import { type AgentCommands } from './agent-commands.ts';
import { type CheckedRun, type FoundChecks, type TestCase } from './checks/check.ts';
import { packagesFor } from './checks/packages-for.ts';
import { caseKey, caseLabel, isFailing } from './checks/proof/cases.ts';
import { isTestFile, isTestMaterial } from './checks/proof/test-files.ts';
import { runCheck } from './checks/run-check.ts';
import { cutMiddle, type Fence } from './fence.ts';
import { type WorkTree } from './work-tree.ts';

const MAX_OUTPUT_BYTES = 4 * 1024;
const MAX_NAMES = 30;

export interface TestsFirstSetup {
  readonly work: WorkTree;
  /** The git tree the agent began with. */
  readonly startTree: string;
  readonly found: FoundChecks;
  readonly commands: Pick<AgentCommands, 'place'>;
  readonly fence: Fence;
  readonly signal: AbortSignal;
  /** Given each test that was seen to fail before anything but tests was changed, by its key. */
  readonly sawFailing: (key: string) => void;
}

/**
 * Helps an agent to write tests before the change they show: new tests are run while nothing else is changed,
 * and the agent is told whether they fail; a change without any test is remarked on once.
 *
 * @returns called after each applied patch; what the agent should know, empty when there is nothing to say
 */
export function openTestsFirst(setup: TestsFirstSetup): () => Promise<string> {
  let remarked = false;
  return async () => {
    const changed = await setup.work.changedSince(setup.startTree, setup.signal);
    const tests = changed.filter(isTestFile);
    if (changed.every(isTestMaterial)) return tests.length === 0 ? '' : runNewTests(setup, tests);
    if (remarked || changed.some(isTestMaterial) || !hasTests(setup.found)) return '';
    remarked = true;
    return 'No test shows this change yet. Where none of the repository’s does, write one that fails without it.';
  };
}

const hasTests = ({ packages }: FoundChecks): boolean =>
  packages.some(({ checks }) => checks.some(({ kind }) => kind === 'test'));

async function runNewTests(setup: TestsFirstSetup, tests: readonly string[]): Promise<string> {
  const checks = packagesFor(setup.found, tests)
    .flatMap((each) => each.checks)
    // What cannot be told apart would all have to be run.
    .filter(({ kind, tool }) => kind === 'test' && tool !== 'unknown');
  if (checks.length === 0) return '';
  const place = await setup.commands.place();
  const told: string[] = [];
  for (const check of checks) {
    const own = tests.filter((path) => check.folder === '' || path.startsWith(`${check.folder}/`));
    if (own.length > 0) told.push(tellRun(setup, await runCheck(check, place, own), new Set(own)));
  }
  return told.filter((text) => text !== '').join('\n');
}

function tellRun(setup: TestsFirstSetup, { run, cases }: CheckedRun, own: ReadonlySet<string>): string {
  const mine = cases.filter(({ file }) => own.has(file));
  const failing = mine.filter(isFailing);
  for (const test of failing) setup.sawFailing(caseKey(test));
  const parts = [
    namesOf('Run now, before the change, these fail, as a test of it must', failing),
    namesOf(
      'These pass already, so they prove nothing about it',
      mine.filter(({ status }) => status === 'passed'),
    ),
  ].filter((text) => text !== '');
  if (parts.length === 0) return '';
  const output = setup.fence('test', cutMiddle(run.end.output, MAX_OUTPUT_BYTES));
  return [...parts, ...(failing.length > 0 ? [output] : [])].join('\n');
}

function namesOf(what: string, tests: readonly TestCase[]): string {
  if (tests.length === 0) return '';
  const names = tests.slice(0, MAX_NAMES).map((test) => `- ${caseLabel(test)}`);
  return `${what}:\n${names.join('\n')}`;
}
