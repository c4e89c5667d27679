import { randomUUID } from 'node:crypto';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { type CommandEnd, type TestCounts } from '../../protocol/proof.ts';
import { type CheckPlace } from './check-place.ts';
import { type Check, type CheckedRun, type TestCase } from './check.ts';
import { readPackageJson } from './ecosystems/package-json.ts';
import { type Reporter } from './reporters/reporter.ts';
import { REPORTERS } from './reporters/reporters.ts';
import { endedWell } from './set-up-tree.ts';
import { readTestCommand, type TestCommand, withArguments } from './test-command.ts';
import { withToolFolder } from './tool-folder.ts';

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
  const testCommand = await readTool(check, place.tree);
  const reporter = testCommand.tool === 'unknown' ? null : REPORTERS[testCommand.tool];
  const folder = join(place.reports, randomUUID());
  await mkdir(place.reports, { recursive: true });
  await place.commands.prepareFolder(folder);
  try {
    const end = await runReporting(check, place, { testCommand, reporter, folder, files });
    place.signal.throwIfAborted();
    const cases = reporter === null ? null : await readCases(reporter, folder, place.tree);
    const failed = cases?.some((each) => each.status === 'failed' || each.status === 'error') ?? false;
    const run = { passed: endedWell(end) && !failed, counts: cases && countCases(cases), end };
    return { check, run, cases: cases ?? [] };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function readTool(check: Check, tree: string): Promise<TestCommand> {
  if (check.kind !== 'test') return { tool: 'unknown', separators: null };
  const manifest = await readPackageJson(tree);
  return readTestCommand(check.command, manifest?.scripts ?? {});
}

interface Reporting {
  readonly testCommand: TestCommand;
  readonly reporter: Reporter | null;
  readonly folder: string;
  readonly files: readonly string[];
}

async function runReporting(check: Check, place: CheckPlace, reporting: Reporting): Promise<CommandEnd> {
  const { reporter, folder, files } = reporting;
  const { separators } = reporting.testCommand;
  const request = reporter?.request(folder) ?? { words: [], env: {}, files: {} };
  for (const [name, content] of Object.entries(request.files)) await writeFile(join(folder, name), content);
  const only = files.length === 0 ? [] : (reporter?.only(files.map(asArgument)) ?? []);
  const extend = (words: readonly string[]): string =>
    separators === null ? check.command : withArguments(check.command, separators, words);
  const ended = await place.commands.run({
    command: withToolFolder(extend([...request.words, ...only])),
    tree: place.tree,
    writable: [folder],
    env: request.env,
    network: 'none',
    timeoutMs: place.timeoutMs,
    signal: place.signal,
  });
  const end = { ...ended, output: stripVTControlCharacters(ended.output) };
  place.onCommand({ purpose: 'check', command: extend(only), end });
  return end;
}

/** A file name must not be taken for an option. */
function asArgument(file: string): string {
  return file.startsWith('-') ? `./${file}` : file;
}

async function readCases(
  reporter: Reporter,
  folder: string,
  tree: string,
): Promise<readonly TestCase[] | null> {
  try {
    const cases = await reporter.read(folder, tree);
    return cases && cases.map((each) => ({ ...each, name: each.name.slice(0, MAX_NAME_LENGTH) }));
  } catch {
    // Untrusted code wrote it: whatever is wrong with it, there is no report.
    return null;
  }
}

function countCases(cases: readonly TestCase[]): TestCounts {
  const passed = cases.filter((each) => each.status === 'passed').length;
  const skipped = cases.filter((each) => each.status === 'skipped').length;
  return { passed, failed: cases.length - passed - skipped, skipped };
}
