import { chmod, lstat, readdir, rm, rmdir } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { PtcError } from '../domain/errors.ts';
import { findOfFolder, type ProcessIdentity, signalProcess } from './processes.ts';
import { recordedRunner } from './runner-process.ts';
import { type WorkspaceFolder } from './workspace-folder.ts';

const GRACE_MS = 2_000;
const POLL_MS = 25;
const KILL_ROUNDS = 100;
const REMOVE_ATTEMPTS = 3;

/**
 * Ends every process of the folder and removes it; absent is fine. Rejects with `workspace-not-removed` when
 * something of it is still there afterwards.
 */
export async function removeWorkspace(folder: WorkspaceFolder): Promise<void> {
  if (await isAbsent(folder.root)) return;
  await endProcesses(folder.root, await recordedRunner(folder));
  for (let attempt = 1; ; attempt += 1) {
    try {
      await removeFolder(folder);
      return;
    } catch (error) {
      if (attempt === REMOVE_ATTEMPTS) throw notRemoved(folder.root, error);
      await makeRemovable(folder.root);
      await endProcesses(folder.root, null);
    }
  }
}

/** SIGTERM, two seconds to end by themselves, then SIGKILL until none is left: some fork while they are killed. */
async function endProcesses(root: string, runner: ProcessIdentity | null): Promise<void> {
  const deadline = Date.now() + GRACE_MS;
  let left = await findOfFolder(root, runner);
  for (const found of left) signalProcess(found, 'SIGTERM');
  while (left.length > 0 && Date.now() < deadline) {
    await sleep(POLL_MS);
    left = await findOfFolder(root, runner);
  }
  for (let round = 0; left.length > 0; round += 1) {
    if (round === KILL_ROUNDS) throw notRemoved(root, new Error(`${left.length} processes cannot be ended`));
    for (const found of left) signalProcess(found, 'SIGKILL');
    await sleep(POLL_MS);
    left = await findOfFolder(root, runner);
  }
}

/** The labels go last: until then the folder is listed, and a removal that was cut short is taken up again. */
async function removeFolder(folder: WorkspaceFolder): Promise<void> {
  const labels = path.basename(folder.labels);
  const names = await readdir(folder.root);
  for (const name of names.filter((each) => each !== labels)) {
    await rm(path.join(folder.root, name), { recursive: true, force: true });
  }
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
