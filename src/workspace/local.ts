import { chmod, lstat, mkdir, readdir, readFile, realpath } from 'node:fs/promises';
import path from 'node:path';
import { PtcError } from '../domain/errors.ts';
import { placeOf, type Run } from '../domain/run.ts';
import { type Log, type Workspace, type WorkspaceProvider } from '../run/ports.ts';
import { fileChange } from './file-change.ts';
import { readFrom, readWhole, toDiskError, writeWhole } from './files.ts';
import { removeWorkspace } from './removal.ts';
import { type RunnerProgram, runnerState, startRunner } from './runner-process.ts';
import { encodeVariables } from './standalone-variables.ts';
import { isRunId, type WorkspaceFolder, workspaceFolder, WorkspaceLabels } from './workspace-folder.ts';

const SYSTEM_PATH = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'];

export interface LocalWorkspaceSettings {
  /** Folder of the workspaces; made when absent. Each one is a folder in it, named after its run. */
  readonly folder: string;
  /** The bundled runner, absolute; `standalone.mjs`, the one that stands alone, lies beside it. */
  readonly runnerFile: string;
  /** The Node that runs it; the app's own by default. */
  readonly nodePath?: string;
  /** PATH of the runner; Node's folder and the system's by default. */
  readonly searchPath?: string;
  readonly log: Log;
}

/**
 * Workspaces on this machine: a folder and a detached process each, so that the app may die and come back.
 * Needs Linux: processes are known by /proc.
 */
export function createLocalWorkspaces(settings: LocalWorkspaceSettings): WorkspaceProvider {
  const { folder: parent, runnerFile, nodePath = process.execPath, log } = settings;
  const searchPath = settings.searchPath ?? [path.dirname(nodePath), ...SYSTEM_PATH].join(':');
  const program: RunnerProgram = { nodePath, runnerFile, searchPath };
  const starting = new Map<string, Promise<void>>();
  const openParent = (): Promise<string> => openFolder(parent);

  const provider: WorkspaceProvider = {
    kind: 'local',
    async ensure(run, signal) {
      signal.throwIfAborted();
      const folder = workspaceFolder(await openParent(), run.id);
      await createFolder(folder, run).catch((error: unknown) => {
        throw toDiskError(error);
      });
      return localWorkspace(folder, program, starting);
    },
    async find(runId) {
      const folder = workspaceFolder(await openParent(), runId);
      return (await readLabels(folder)) ? localWorkspace(folder, program, starting) : null;
    },
    async remove(runId) {
      const folder = workspaceFolder(await openParent(), runId);
      await removeWorkspace(folder);
      log.info({ runId }, 'workspace removed');
    },
    async list() {
      const root = await openParent();
      const names = (await readdir(root)).filter((name) => isRunId(name));
      const labels = await Promise.all(names.map((name) => readLabels(workspaceFolder(root, name))));
      return names.filter((name, index) => labels[index]?.runId === name);
    },
  };
  return provider;
}

function localWorkspace(
  folder: WorkspaceFolder,
  program: RunnerProgram,
  starting: Map<string, Promise<void>>,
): Workspace {
  const { root, runId } = folder;
  const readBytes = new Map<string, number>();
  const alone = { ...program, runnerFile: path.join(path.dirname(program.runnerFile), 'standalone.mjs') };
  const state = () => runnerState(folder, [program.runnerFile, alone.runnerFile]);
  const once = async (start: () => Promise<void>): Promise<void> => {
    const unlessStarted = async () => ((await state()) === 'not-started' ? start() : undefined);
    const started = starting.get(runId) ?? unlessStarted().finally(() => starting.delete(runId));
    starting.set(runId, started);
    await started;
  };
  return {
    runId,
    startRunner: (job, signal) =>
      once(async () => {
        await writeWhole(root, 'job.json', JSON.stringify(job));
        await startRunner(folder, program, signal);
      }),
    startStandalone: (variables, signal) =>
      once(() => startRunner(folder, alone, signal, encodeVariables(variables))),
    runnerState: state,
    async readFrom(file, offset) {
      const bytes = await readFrom(root, file, offset);
      readBytes.set(file, offset + bytes.length);
      return bytes;
    },
    read: (file, maxBytes) => readWhole(root, file, maxBytes),
    write: (file, content) => writeWhole(root, file, content),
    changed: (file, signal) => fileChange(path.join(root, file), readBytes.get(file) ?? 0, signal),
  };
}

async function openFolder(folder: string): Promise<string> {
  if (process.platform !== 'linux') {
    throw new PtcError({
      code: 'platform-unsupported',
      message: 'Workspaces on this machine need Linux.',
      remedy: 'Run PTC Bot on Linux or in its container image, or use Daytona workspaces.',
      retryable: false,
    });
  }
  await mkdir(folder, { recursive: true, mode: 0o711 });
  return realpath(folder);
}

/** Others may pass through the root, as a target's commands under a user of their own must, but see nothing. */
async function createFolder(folder: WorkspaceFolder, run: Run): Promise<void> {
  await makeFolder(folder.root, 0o711);
  if (!(await readLabels(folder))) {
    const labels: WorkspaceLabels = {
      runId: run.id,
      place: placeOf(run),
      createdAt: new Date().toISOString(),
    };
    await writeWhole(folder.root, path.basename(folder.labels), JSON.stringify(labels));
  }
  await makeFolder(folder.inbox, 0o700);
  await makeFolder(folder.home, 0o700);
  await makeFolder(folder.temporary, 0o711);
}

/** The mode is set apart from the making, which the process's umask would cut. */
async function makeFolder(folder: string, mode: number): Promise<void> {
  await mkdir(folder, { recursive: true });
  await chmod(folder, mode);
}

async function readLabels(folder: WorkspaceFolder): Promise<WorkspaceLabels | null> {
  try {
    if (!(await lstat(folder.root)).isDirectory()) return null;
    return WorkspaceLabels.safeParse(JSON.parse(await readFile(folder.labels, 'utf8'))).data ?? null;
  } catch {
    return null;
  }
}
