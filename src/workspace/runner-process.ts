import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, renameSync, unlinkSync, writeFileSync, writeSync } from 'node:fs';
import { open, readFile, rm, stat } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod';
import { PtcError } from '../domain/errors.ts';
import { findByArguments, identify, isAlive, ProcessIdentity } from './processes.ts';
import { type WorkspaceFolder } from './workspace-folder.ts';

const OTHER_STARTER_POLL_MS = 50;

/** How a runner is started. */
export interface RunnerProgram {
  readonly nodePath: string;
  readonly runnerFile: string;
  /** PATH of the runner. */
  readonly searchPath: string;
  /** Where Node keeps what it has compiled, for the app alone to write; null is nowhere. */
  readonly compileCache: string | null;
}

const RunnerRecord = z.intersection(
  ProcessIdentity,
  // Does the jobs of other workspaces as well, so its end is not the end of this one.
  z.object({ isShared: z.boolean().default(false) }),
);
/** The process that does the job of a workspace. */
export type RunnerRecord = z.infer<typeof RunnerRecord>;

type RunnerState = 'not-started' | 'running' | 'exited';

/**
 * What became of the folder's runner, also after the app that started it is gone. A claim without a recorded
 * process means that the app died between the two: then the process is looked for by its arguments, and events
 * tell whether there has been one. A process that does other jobs as well lives on, and the result tells.
 */
export async function runnerState(
  folder: WorkspaceFolder,
  runnerFiles: readonly string[],
): Promise<RunnerState> {
  const recorded = await recordedRunner(folder);
  if (recorded) return isAlive(recorded) && !(await isOver(folder, recorded)) ? 'running' : 'exited';
  if (!(await hasContent(folder.startClaim, 0))) return 'not-started';
  for (const runnerFile of runnerFiles) {
    const found = await findByArguments([runnerFile, folder.root]);
    if (!found) continue;
    record(folder, { ...found, isShared: false });
    return 'running';
  }
  return (await hasContent(folder.events, 1)) ? 'exited' : 'not-started';
}

/** The process recorded for the folder, alive or not; null without one. */
export async function recordedRunner(folder: WorkspaceFolder): Promise<RunnerRecord | null> {
  return RunnerRecord.safeParse(await readJson(folder.runnerProcess)).data ?? null;
}

/** True when a shared process has nothing left to do in the folder. */
export const isOver = async (folder: WorkspaceFolder, { isShared }: RunnerRecord): Promise<boolean> =>
  isShared && hasContent(folder.result, 0);

/**
 * Has `launch` start the runner unless it has been started before, by whomever. When that rejects, it is as if it had
 * not been tried.
 */
export async function startOnce(
  folder: WorkspaceFolder,
  runnerFile: string,
  signal: AbortSignal,
  launch: () => Promise<void>,
): Promise<void> {
  while (!(await claimStart(folder))) {
    if ((await runnerState(folder, [runnerFile])) !== 'not-started') return;
    const starter = ProcessIdentity.safeParse(await readJson(folder.startClaim)).data;
    // A claim of our own is left from an attempt that failed: each process starts a folder once at a time.
    if (!starter || starter.pid === process.pid || !isAlive(starter)) break;
    await sleep(OTHER_STARTER_POLL_MS, undefined, { signal });
  }
  signal.throwIfAborted();
  try {
    await launch();
  } catch (error) {
    await rm(folder.startClaim, { force: true });
    throw error;
  }
}

/** True when nobody had claimed the start before. */
async function claimStart(folder: WorkspaceFolder): Promise<boolean> {
  try {
    const claim = await open(folder.startClaim, 'wx', 0o600);
    try {
      await claim.writeFile(JSON.stringify(identify(process.pid)));
    } finally {
      await claim.close();
    }
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  }
}

/**
 * Starts a runner for the folder alone and records it; resolves to its process, null when that has ended already.
 *
 * @param input what the runner reads on its standard input; null is nothing
 * @throws PtcError `runner-not-started` when the operating system refuses
 */
export async function launchRunner(
  folder: WorkspaceFolder,
  program: RunnerProgram,
  input: string | null,
): Promise<ProcessIdentity | null> {
  const log = openSync(folder.runnerLog, 'a', 0o600);
  const inputFile = input === null ? null : unnamedFile(folder, input);
  const child = spawn(program.nodePath, [program.runnerFile, folder.root], {
    cwd: folder.root,
    // A session of its own: it outlives the app, and can be ended as a whole.
    detached: true,
    env: runnerEnvironment(program, folder.home, folder.temporary),
    stdio: [inputFile ?? 'ignore', log, log],
  });
  closeSync(log);
  if (inputFile !== null) closeSync(inputFile);
  if (child.pid === undefined) throw await notStarted(child);
  child.on('error', () => {});
  child.unref();
  const identity = identify(child.pid);
  if (identity) record(folder, { ...identity, isShared: false });
  return identity;
}

/** Nothing of the app's own environment: its secrets would be readable in /proc for as long as the runner lives. */
export const runnerEnvironment = (
  { searchPath, compileCache }: RunnerProgram,
  home: string,
  temporary: string,
): Readonly<Record<string, string>> => ({
  PATH: searchPath,
  HOME: home,
  TMPDIR: temporary,
  LANG: 'C.UTF-8',
  ...(compileCache === null ? {} : { NODE_COMPILE_CACHE: compileCache }),
});

/**
 * A file that is gone from its folder before anybody is told of it, to be read from its beginning. Not a pipe: the
 * death of the app must not cut off what it says.
 */
function unnamedFile(folder: WorkspaceFolder, content: string): number {
  const name = `${folder.startClaim}.${process.pid}.input`;
  const file = openSync(name, 'w+', 0o600);
  unlinkSync(name);
  const bytes = Buffer.from(content);
  for (let written = 0; written < bytes.length;)
    written += writeSync(file, bytes, written, bytes.length - written, written);
  return file;
}

/** Synchronous, so that nothing comes between the start and its record but the end of this process. */
export function record(folder: WorkspaceFolder, runner: RunnerRecord): void {
  const temporary = `${folder.runnerProcess}.${process.pid}.tmp`;
  writeFileSync(temporary, JSON.stringify(runner), { mode: 0o600 });
  renameSync(temporary, folder.runnerProcess);
}

async function readJson(file: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(file, 'utf8'));
  } catch {
    return null;
  }
}

const hasContent = (file: string, leastBytes: number): Promise<boolean> =>
  stat(file).then(
    ({ size }) => size >= leastBytes,
    () => false,
  );

/** Why there is no process of this child. */
export async function notStarted(child: ChildProcess): Promise<PtcError> {
  const cause = await new Promise<NodeJS.ErrnoException>((resolve) => child.once('error', resolve));
  return new PtcError(
    {
      code: 'runner-not-started',
      message: `The runner’s process could not be started: ${cause.code ?? 'unknown reason'}.`,
      remedy: 'Check that the machine has processes and memory left, and that the runner has been built.',
      retryable: true,
    },
    { cause },
  );
}
