import { spawn } from 'node:child_process';
import { closeSync, openSync, renameSync, unlinkSync, writeFileSync, writeSync } from 'node:fs';
import { open, readFile, rm, stat } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
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
}

type RunnerState = 'not-started' | 'running' | 'exited';

/**
 * What became of the folder's runner, also after the app that started it is gone. A claim without a recorded
 * process means that the app died between the two: then the process is looked for by its arguments, and events
 * tell whether there has been one.
 */
export async function runnerState(
  folder: WorkspaceFolder,
  runnerFiles: readonly string[],
): Promise<RunnerState> {
  const recorded = await recordedRunner(folder);
  if (recorded) return isAlive(recorded) ? 'running' : 'exited';
  if (!(await hasContent(folder.startClaim, 0))) return 'not-started';
  for (const runnerFile of runnerFiles) {
    const found = await findByArguments([runnerFile, folder.root]);
    if (!found) continue;
    record(folder, found);
    return 'running';
  }
  return (await hasContent(folder.events, 1)) ? 'exited' : 'not-started';
}

/** The process recorded for the folder, alive or not; null without one. */
export async function recordedRunner(folder: WorkspaceFolder): Promise<ProcessIdentity | null> {
  return readIdentity(folder.runnerProcess);
}

/**
 * Starts the runner unless it has been started before, by whomever. Rejects with `runner-not-started` when
 * the operating system refuses.
 *
 * @param input what the runner reads on its standard input; null is nothing
 */
export async function startRunner(
  folder: WorkspaceFolder,
  program: RunnerProgram,
  signal: AbortSignal,
  input: string | null = null,
): Promise<void> {
  while (!(await claimStart(folder))) {
    if ((await runnerState(folder, [program.runnerFile])) !== 'not-started') return;
    const starter = await readIdentity(folder.startClaim);
    // A claim of our own is left from an attempt that failed: each process starts a folder once at a time.
    if (!starter || starter.pid === process.pid || !isAlive(starter)) break;
    await sleep(OTHER_STARTER_POLL_MS, undefined, { signal });
  }
  signal.throwIfAborted();
  await launch(folder, program, input);
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

async function launch(folder: WorkspaceFolder, program: RunnerProgram, input: string | null): Promise<void> {
  const log = openSync(folder.runnerLog, 'a', 0o600);
  const inputFile = input === null ? null : unnamedFile(folder, input);
  const child = spawn(program.nodePath, [program.runnerFile, folder.root], {
    cwd: folder.root,
    // A session of its own: it outlives the app, and can be ended as a whole.
    detached: true,
    // Nothing of the app's own environment: its secrets would be readable in /proc for as long as it lives.
    env: { PATH: program.searchPath, HOME: folder.home, TMPDIR: folder.temporary, LANG: 'C.UTF-8' },
    stdio: [inputFile ?? 'ignore', log, log],
  });
  closeSync(log);
  if (inputFile !== null) closeSync(inputFile);
  if (child.pid === undefined) {
    const error = await new Promise<NodeJS.ErrnoException>((resolve) => child.once('error', resolve));
    await rm(folder.startClaim, { force: true });
    throw notStarted(error);
  }
  child.on('error', () => {});
  child.unref();
  const identity = identify(child.pid);
  if (identity) record(folder, identity);
}

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
function record(folder: WorkspaceFolder, identity: ProcessIdentity): void {
  const temporary = `${folder.runnerProcess}.${process.pid}.tmp`;
  writeFileSync(temporary, JSON.stringify(identity), { mode: 0o600 });
  renameSync(temporary, folder.runnerProcess);
}

async function readIdentity(file: string): Promise<ProcessIdentity | null> {
  try {
    return ProcessIdentity.safeParse(JSON.parse(await readFile(file, 'utf8'))).data ?? null;
  } catch {
    return null;
  }
}

const hasContent = (file: string, leastBytes: number): Promise<boolean> =>
  stat(file).then(
    ({ size }) => size >= leastBytes,
    () => false,
  );

const notStarted = (cause: NodeJS.ErrnoException): PtcError =>
  new PtcError(
    {
      code: 'runner-not-started',
      message: `The runner’s process could not be started: ${cause.code ?? 'unknown reason'}.`,
      remedy: 'Check that the machine has processes and memory left, and that the runner has been built.',
      retryable: true,
    },
    { cause },
  );
