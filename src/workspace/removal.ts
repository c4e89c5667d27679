import { chmod, lstat, readdir, rm, rmdir } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { PtcError } from '../domain/errors.ts';
import { type InboxMessage } from '../protocol/inbox-message.ts';
import { writeWhole } from './files.ts';
import { type ProcessScan, type Wanted } from './process-scan.ts';
import { type FoundProcess, isAlive, isThere, signalProcess } from './processes.ts';
import { type RunnerHost } from './runner-host.ts';
import { isOver, recordedRunner, type RunnerRecord } from './runner-process.ts';
import { type WorkspaceFolder } from './workspace-folder.ts';

const GRACE_MS = 2_000;
/** Others wait for the same host, so it is given longer. */
const HOST_GRACE_MS = 5_000;
const POLL_MS = 25;
const KILL_ROUNDS = 100;
const REMOVE_ATTEMPTS = 3;

/** What a removal needs to know of the machine's processes. */
export interface Means {
  readonly scan: ProcessScan;
  readonly host: RunnerHost;
  /** The folder's first process, null when this app did not start it. */
  readonly first: FoundProcess | null;
}

/**
 * Ends every process of the folder and removes it; absent is fine. Rejects with `workspace-not-removed` when
 * something of it is still there afterwards.
 */
export async function removeWorkspace(folder: WorkspaceFolder, means: Means): Promise<void> {
  if (await isAbsent(folder.root)) return;
  await endWork(folder, means);
  for (let attempt = 1; ; attempt += 1) {
    try {
      await removeFolder(folder);
      return;
    } catch (error) {
      if (attempt === REMOVE_ATTEMPTS) throw notRemoved(folder.root, error);
      await makeRemovable(folder.root);
      await endProcesses({ folder: folder.root, runner: null, first: null }, means.scan);
    }
  }
}

/** In a folder whose job was done by this app's host nothing has ever been run, so nothing is looked for. */
async function endWork(folder: WorkspaceFolder, { scan, host, first }: Means): Promise<void> {
  if (host.stateOf(folder.root) === 'done') return;
  const runner = await recordedRunner(folder);
  if (runner?.isShared) await endHostedJob(folder, runner, host);
  if (host.stateOf(folder.root) === 'done') return;
  await endProcesses({ folder: folder.root, runner: runner?.isShared ? null : runner, first }, scan);
}

/** Asks for the job's end, and only when that does not come ends the process that does other jobs as well. */
async function endHostedJob(folder: WorkspaceFolder, runner: RunnerRecord, host: RunnerHost): Promise<void> {
  const isAtWork = async (): Promise<boolean> => {
    const state = host.stateOf(folder.root);
    return isAlive(runner) && (state === null ? !(await isOver(folder, runner)) : state === 'running');
  };
  if (!(await isAtWork())) return;
  const cancel: InboxMessage = { type: 'cancel', reason: 'the workspace is removed' };
  const name = `inbox/${Date.now()}-${cancel.type}.json`;
  // Without it, on a full disk say, the host may still be done in time.
  await writeWhole(folder.root, name, JSON.stringify(cancel)).catch(() => {});
  for (const deadline = Date.now() + HOST_GRACE_MS; Date.now() < deadline; await sleep(POLL_MS)) {
    if (!(await isAtWork())) return;
  }
  await host.end(runner);
}

/** SIGTERM, two seconds to end by themselves, then SIGKILL until none is left: some fork while they are killed. */
async function endProcesses(wanted: Wanted, scan: ProcessScan): Promise<void> {
  const deadline = Date.now() + GRACE_MS;
  let left = await scan.of(wanted);
  for (const found of left) signalProcess(found, 'SIGTERM');
  while (left.length > 0 && Date.now() < deadline) {
    await sleep(POLL_MS);
    if (!left.some(isThere)) left = await scan.of(wanted);
  }
  for (let round = 0; left.length > 0; round += 1) {
    if (round === KILL_ROUNDS)
      throw notRemoved(wanted.folder, new Error(`${left.length} processes cannot be ended`));
    for (const found of left) signalProcess(found, 'SIGKILL');
    await sleep(POLL_MS);
    left = await scan.of(wanted);
  }
}

/** The labels go last: until then the folder is listed, and a removal that was cut short is taken up again. */
async function removeFolder(folder: WorkspaceFolder): Promise<void> {
  const labels = path.basename(folder.labels);
  const names = (await readdir(folder.root)).filter((name) => name !== labels);
  const removed = await Promise.allSettled(
    names.map((name) => rm(path.join(folder.root, name), { recursive: true, force: true })),
  );
  for (const each of removed) if (each.status === 'rejected') throw each.reason;
  await rm(folder.labels, { force: true });
  await rmdir(folder.root);
}

/** Opens folders that were closed to their owner. Links are not followed. */
async function makeRemovable(folder: string): Promise<void> {
  await chmod(folder, 0o700).catch(() => {});
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  for (const entry of entries) {
    if (entry.isDirectory()) await makeRemovable(path.join(folder, entry.name));
  }
}

const isAbsent = (target: string): Promise<boolean> =>
  lstat(target).then(
    () => false,
    (error: NodeJS.ErrnoException) => error.code === 'ENOENT',
  );

const notRemoved = (root: string, cause: unknown): PtcError =>
  new PtcError(
    {
      code: 'workspace-not-removed',
      message: `The workspace ${path.basename(root)} could not be removed: ${cause instanceof Error ? cause.message : String(cause)}`,
      remedy: 'It is tried again when PTC Bot starts. Look for processes or mounts that hold the folder.',
      retryable: true,
    },
    { cause },
  );
