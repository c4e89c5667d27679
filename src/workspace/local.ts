import { chmod, lstat, mkdir, readdir, readFile, realpath } from 'node:fs/promises';
import path from 'node:path';
import { PtcError } from '../domain/errors.ts';
import { placeOf, type Run } from '../domain/run.ts';
import { type Log, type Workspace, type WorkspaceProvider } from '../run/ports.ts';
import { fileChange } from './file-change.ts';
import { readFrom, readWhole, toDiskError, writeWhole } from './files.ts';
import { createProcessScan } from './process-scan.ts';
import { type ProcessIdentity } from './processes.ts';
import { removeWorkspace } from './removal.ts';
import { createRunnerHost, fitsHost, type RunnerHost } from './runner-host.ts';
import { launchRunner, type RunnerProgram, runnerState, startOnce } from './runner-process.ts';
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
  /** Where Node may keep what it has compiled, so that runners start faster; made when absent, for the app alone. */
  readonly compileCache?: string;
  readonly log: Log;
}

/** What this app knows of the runners it started, by the folders they work in. */
interface Runners {
  readonly program: RunnerProgram;
  readonly host: RunnerHost;
  /** Starts that are under way. */
  readonly starting: Map<string, Promise<void>>;
  /** Processes that were started for one folder alone. */
  readonly started: Map<string, ProcessIdentity | null>;
}

/**
 * Workspaces on this machine: a folder and a detached process each, so that the app may die and come back.
 * Needs Linux: processes are known by /proc.
 */
export function createLocalWorkspaces(settings: LocalWorkspaceSettings): WorkspaceProvider {
  const { folder: parent, runnerFile, nodePath = process.execPath, compileCache = null, log } = settings;
  const searchPath = settings.searchPath ?? [path.dirname(nodePath), ...SYSTEM_PATH].join(':');
  const program: RunnerProgram = { nodePath, runnerFile, searchPath, compileCache };
  let opened: Promise<string> | null = null;
  const openParent = (): Promise<string> => {
    opened ??= openFolder(parent);
    opened.catch(() => (opened = null));
    return opened;
  };
  const host = createRunnerHost(program, openParent, log);
  const runners: Runners = { program, host, starting: new Map(), started: new Map() };
  const scan = createProcessScan();

  const provider: WorkspaceProvider = {
    kind: 'local',
    async ensure(run, signal) {
      signal.throwIfAborted();
      if (compileCache !== null) await mkdir(compileCache, { recursive: true, mode: 0o700 });
      const folder = workspaceFolder(await openFolder(parent), run.id);
      await createFolder(folder, run).catch((error: unknown) => {
        throw toDiskError(error);
      });
      return localWorkspace(folder, runners);
    },
    async find(runId) {
      const folder = workspaceFolder(await openParent(), runId);
      return (await readLabels(folder)) ? localWorkspace(folder, runners) : null;
    },
    async remove(runId) {
      const folder = workspaceFolder(await openParent(), runId);
      await removeWorkspace(folder, { scan, host, first: runners.started.get(folder.root) ?? null });
      host.forget(folder.root);
      runners.started.delete(folder.root);
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

function localWorkspace(folder: WorkspaceFolder, runners: Runners): Workspace {
  const { root } = folder;
  const { program, host, started } = runners;
  const readBytes = new Map<string, number>();
  const alone = { ...program, runnerFile: path.join(path.dirname(program.runnerFile), 'standalone.mjs') };
  const state = async () => {
    const hosted = host.stateOf(root);
    if (hosted !== null) return hosted === 'running' ? 'running' : 'exited';
    return runnerState(folder, [program.runnerFile, alone.runnerFile]);
  };
  const once = async ({ runnerFile }: RunnerProgram, signal: AbortSignal, launch: () => Promise<void>) => {
    const unlessStarted = async () =>
      (await state()) === 'not-started' ? startOnce(folder, runnerFile, signal, launch) : undefined;
    const start = runners.starting.get(root) ?? unlessStarted().finally(() => runners.starting.delete(root));
    runners.starting.set(root, start);
    await start;
  };
  const ofItsOwn = async (which: RunnerProgram, input: string | null): Promise<void> => {
    started.set(root, await launchRunner(folder, which, input));
  };
  return {
    runId: folder.runId,
    startRunner: (job, signal) =>
      once(program, signal, async () => {
        await writeWhole(root, 'job.json', JSON.stringify(job));
        await (fitsHost(job) ? host.start(folder) : ofItsOwn(program, null));
      }),
    startStandalone: (variables, signal) =>
      once(alone, signal, () => ofItsOwn(alone, encodeVariables(variables))),
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
  await Promise.all([
    makeFolder(folder.inbox, 0o700),
    makeFolder(folder.home, 0o700),
    makeFolder(folder.temporary, 0o711),
  ]);
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
