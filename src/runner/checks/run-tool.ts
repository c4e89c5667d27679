import { randomUUID } from 'node:crypto';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { type CommandEnd } from '../../protocol/proof.ts';
import { type CheckPlace } from './check-place.ts';
import { type Check } from './check.ts';
import { readPackageJson } from './ecosystems/package-json.ts';
import { type Reporter, type ReportRequest } from './reporters/reporter.ts';
import { callsScript, readToolCommand, type ToolCommand, withArguments } from './tool-command.ts';
import { withToolFolder } from './tool-folder.ts';
import { withTranscript } from './with-transcript.ts';

/** The tool behind a check, as the tree itself says it. */
export async function readTool({ command, kind, folder, tool }: Check, tree: string): Promise<ToolCommand> {
  const scripts = (await readPackageJson(tree, folder))?.scripts ?? {};
  const read = readToolCommand(command, scripts, kind);
  // What its ecosystem knows of a command (the tool that a Makefile calls) is the last resort.
  return read.tool === 'unknown' && !callsScript(command, scripts) ? { tool, separators: null } : read;
}

/** Gives `work` a folder for reports, absolute and writable for commands; it is gone afterwards. */
export async function withReportFolder<T>(
  { reports, commands }: CheckPlace,
  work: (folder: string) => Promise<T>,
): Promise<T> {
  const folder = join(reports, randomUUID());
  await mkdir(reports, { recursive: true });
  await commands.prepareFolder(folder);
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Words that make the tool run these test files alone, or not much besides them; none for none. */
export async function onlyFiles(
  { folder }: Check,
  reporter: Reporter | null,
  tree: string,
  files: readonly string[],
): Promise<readonly string[]> {
  if (files.length === 0 || reporter === null) return [];
  return reporter.only(
    files.map((file) => asArgument(file, folder)),
    join(tree, folder),
  );
}

/** Relative to the folder the tool runs in, and not to be taken for an option. */
function asArgument(file: string, folder: string): string {
  const path = folder === '' ? file : posix.relative(folder, file);
  return path.startsWith('-') ? `./${path}` : path;
}

/** What a tool is asked besides its check's command. */
export interface Asking {
  /** As of ToolCommand; null leaves all words out. */
  readonly separators: readonly string[] | null;
  readonly request: ReportRequest;
  /** The one the request was made for. */
  readonly folder: string;
  /** Words that a person would have typed too. */
  readonly only: readonly string[];
}

/** Runs a check's command, without network, so that its tool writes what is asked into the report folder. */
export async function runTool(
  check: Check,
  place: CheckPlace,
  { separators, request, folder, only }: Asking,
): Promise<{ readonly command: string; readonly end: CommandEnd }> {
  for (const [name, content] of Object.entries(request.files)) await writeFile(join(folder, name), content);
  const extend = (words: readonly string[]): string =>
    separators === null ? check.command : withArguments(check.command, separators, words);
  const command = extend([...request.words, ...only]);
  const { transcript } = request;
  const whole = transcript === undefined ? command : withTranscript(command, join(folder, transcript));
  const ended = await place.commands.run({
    command: withToolFolder(whole, check.folder),
    tree: place.tree,
    writable: [folder],
    env: request.env,
    network: 'none',
    timeoutMs: place.timeoutMs,
    signal: place.signal,
  });
  return { command: extend(only), end: { ...ended, output: stripVTControlCharacters(ended.output) } };
}
