import { isAbsolute, join, posix } from 'node:path';
import { type CommandEnd, type TestCounts } from '../../protocol/proof.ts';
import { type CheckPlace } from './check-place.ts';
import { type Check, type CheckedRun, type TestCase } from './check.ts';
import { repositoryPath } from './reporters/report-path.ts';
import { type Reporter } from './reporters/reporter.ts';
import { findReporter } from './reporters/reporters.ts';
import { onlyFiles, readTool, runTool, withReportFolder } from './run-tool.ts';
import { endedWell } from './set-up-tree.ts';
import { type ToolCommand } from './tool-command.ts';

/** Names go into lists for people; no honest test has a longer one. */
const MAX_NAME_LENGTH = 1_000;

/**
 * Runs one check on a tree, without network, and reads the report of the tool behind it. Which tool that is
 * says the tree itself, so that a script which the change alters is asked for the right report. A missing or
 * malformed report means no counts and no cases. A command that a limit ended is a failed check.
 *
 * @param files test files relative to the tree: run alone where the tool can, else the whole command runs
 * @throws the reason of `place.signal` when it is aborted
 */
export async function runCheck(
  check: Check,
  place: CheckPlace,
  files: readonly string[] = [],
): Promise<CheckedRun> {
  place.signal.throwIfAborted();
  const toolCommand = await readTool(check, place.tree);
  const reporter = findReporter(check.kind, toolCommand.tool);
  return await withReportFolder(place, async (folder) => {
    const end = await runReporting(check, place, { toolCommand, reporter, folder, files });
    place.signal.throwIfAborted();
    const cases =
      reporter === null ? null : await readCases(reporter, { check, folder, tree: place.tree, end });
    const run = {
      passed: endedWell(end) && !failsTests(check, cases),
      counts: cases && countCases(cases),
      end,
    };
    return { check, run, cases: cases ?? [] };
  });
}

/** What a linter finds and lets pass is no failure; of tests a script may not let any pass. */
function failsTests({ kind }: Check, cases: readonly TestCase[] | null): boolean {
  return kind === 'test' && (cases ?? []).some(({ status }) => status === 'failed' || status === 'error');
}

interface Reporting {
  readonly toolCommand: ToolCommand;
  readonly reporter: Reporter | null;
  readonly folder: string;
  readonly files: readonly string[];
}

async function runReporting(check: Check, place: CheckPlace, reporting: Reporting): Promise<CommandEnd> {
  const { toolCommand, reporter, folder, files } = reporting;
  const { command, end } = await runTool(check, place, {
    separators: toolCommand.separators,
    request: reporter?.request(folder) ?? { words: [], env: {}, files: {} },
    folder,
    only: await onlyFiles(check, reporter, place.tree, files),
  });
  place.onCommand({ purpose: 'check', command, end });
  return end;
}

interface Reported {
  readonly check: Check;
  readonly folder: string;
  readonly tree: string;
  readonly end: CommandEnd;
}

async function readCases(
  reporter: Reporter,
  { check, folder, tree, end }: Reported,
): Promise<readonly TestCase[] | null> {
  try {
    const cases = await reporter.read(folder, join(tree, check.folder), end);
    return cases && cases.map((each) => inTree(each, check.folder, tree));
  } catch {
    // Untrusted code wrote it: whatever is wrong with it, there is no report.
    return null;
  }
}

/** A case of a package as one of the tree. */
function inTree(test: TestCase, folder: string, tree: string): TestCase {
  const path = isAbsolute(test.file) ? test.file : posix.join(folder, test.file);
  const file = test.file === '' ? '' : repositoryPath(path, tree);
  return { ...test, file, name: (test.name === test.file ? file : test.name).slice(0, MAX_NAME_LENGTH) };
}

function countCases(cases: readonly TestCase[]): TestCounts {
  const passed = cases.filter((each) => each.status === 'passed').length;
  const skipped = cases.filter((each) => each.status === 'skipped').length;
  return { passed, failed: cases.length - passed - skipped, skipped };
}
