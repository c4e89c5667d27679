import { type Sandbox } from '@daytonaio/sdk';
import { PtcError } from '../../domain/errors.ts';
import { type RunnerJob } from '../../protocol/runner-job.ts';
import { type Workspace } from '../../run/ports.ts';
import { type SandboxAccess } from './access.ts';
import { DaytonaCallError } from './call.ts';
import { type Growth } from './growth.ts';
import { launch, type StartPlace } from './launch.ts';
import { remoteFiles } from './remote-files.ts';
import { findSandbox, isStarted } from './sandboxes.ts';
import { createShell, type Shell } from './shell.ts';
import { startStandalone } from './standalone.ts';
import {
  hasSameRunner,
  parseManifest,
  readRunner,
  TEMPLATE_FOLDER,
  type TemplateManifest,
} from './template.ts';

const EVENTS_FILE = 'events.ndjson';
const BUILT_IN_RUNNER = `${TEMPLATE_FOLDER}/runner.mjs`;
const PLAIN_PATH = /^\/[\w./+-]+$/;

/** Says where the workspace is, and what its snapshot is. Others may pass through the root but see nothing. */
const OPEN_SCRIPT = `
root="\${HOME:-/tmp}/ptc"
mkdir -p "$root/inbox" "$root/home" "$root/tmp" || exit 1
chmod 711 "$root" "$root/tmp" && chmod 700 "$root/inbox" "$root/home" || exit 1
echo "$root"
cat ${TEMPLATE_FOLDER}/template.json || true`;

/** A claim without its process is that of a launcher that died. */
const STATE_SCRIPT = `
[ -e "$1/runner-exit" ] && echo exited && exit 0
[ -e "$1/runner-claim" ] || { echo not-started; exit 0; }
kill -0 "$(cat "$1/runner-claim")" && echo running || echo exited`;

export interface OpenOptions {
  readonly access: SandboxAccess;
  readonly sandbox: Sandbox;
  readonly runId: string;
  readonly growth: Growth;
  readonly signal: AbortSignal;
}

/** A workspace in a started sandbox. Whatever fails because the sandbox is gone rejects with `workspace-lost`. */
export async function openWorkspace(options: OpenOptions): Promise<Workspace> {
  const { access, sandbox, runId, growth, signal } = options;
  const { call, patience, settings } = access;
  const shell = createShell(sandbox, call);
  const orLost = <T>(work: Promise<T>): Promise<T> =>
    work.catch(async (error: unknown) => {
      throw (await isLost(access, runId, error)) ? workspaceLost(error) : error;
    });
  const { root, manifest } = await orLost(prepare(shell, signal));
  const files = remoteFiles({
    sandbox,
    root,
    shell,
    call,
    callTimeoutMs: patience.callMs,
    signal: settings.signal,
  });
  const runnerState = (): ReturnType<Workspace['runnerState']> => readState(shell, root, settings.signal);
  const place: StartPlace = { access, sandbox, root, manifest, runnerState };
  let starting: Promise<void> | null = null;
  const once = (startIt: () => Promise<void>): Promise<void> => {
    starting ??= orLost(startIt()).finally(() => {
      starting = null;
    });
    return starting;
  };
  let aliveAt = performance.now();
  const stayAlive = (): void => {
    if (performance.now() - aliveAt <= patience.activityMs) return;
    aliveAt = performance.now();
    void keepAlive(options);
  };

  return {
    runId,
    startRunner: (job, startSignal) => once(() => start(place, job, startSignal)),
    startStandalone: (variables, startSignal) => once(() => startStandalone(place, variables, startSignal)),
    runnerState() {
      stayAlive();
      return orLost(runnerState());
    },
    async readFrom(file, offset) {
      if (file === EVENTS_FILE) growth.beforeRead();
      const bytes = await orLost(files.readFrom(file, offset));
      if (file === EVENTS_FILE) growth.sawBytes(offset + bytes.length);
      return bytes;
    },
    read: (file, maxBytes) => orLost(files.read(file, maxBytes)),
    write: (file, content) => orLost(files.write(file, content)),
    async changed(_file, changeSignal) {
      stayAlive();
      await growth.wait(changeSignal);
    },
  };
}

/** A runner at work is nothing to Daytona’s idle clock. Missed once, there is time for more. */
async function keepAlive({ access, sandbox, runId }: OpenOptions): Promise<void> {
  const { call, settings } = access;
  try {
    await call(() => sandbox.refreshActivity(), { what: 'keep a workspace', signal: settings.signal });
  } catch (error) {
    if (settings.signal.aborted) return;
    settings.log.warn({ runId, reason: String(error) }, 'a workspace’s sign of life was not taken');
  }
}

interface Opened {
  readonly root: string;
  readonly manifest: TemplateManifest | null;
}

async function prepare(shell: Shell, signal: AbortSignal): Promise<Opened> {
  const { exitCode, output } = await shell('open a workspace', OPEN_SCRIPT, [], signal);
  const [root = '', ...rest] = output.split('\n');
  if (exitCode === 0 && PLAIN_PATH.test(root)) return { root, manifest: parseManifest(rest.join('\n')) };
  throw new PtcError({
    code: 'snapshot-unusable',
    message: 'The workspace has no home folder that can be written to, or no shell.',
    remedy: 'The operator has to name a snapshot made by `ptc template create` in PTC_DAYTONA_SNAPSHOT.',
    retryable: false,
  });
}

async function readState(
  shell: Shell,
  root: string,
  signal: AbortSignal,
): ReturnType<Workspace['runnerState']> {
  const { output } = await shell('look after the runner', STATE_SCRIPT, [root], signal);
  const state = output.trim();
  if (state === 'running' || state === 'exited' || state === 'not-started') return state;
  throw new PtcError({
    code: 'workspace-unreadable',
    message: 'The workspace does not say whether its runner runs.',
    remedy: 'Comment `/ptc build` to start again.',
    retryable: true,
  });
}

async function start(place: StartPlace, job: RunnerJob, signal: AbortSignal): Promise<void> {
  const { access, root, manifest, runnerState } = place;
  if ((await runnerState()) !== 'not-started') return;
  const own = await readRunner(access.settings.runnerFile);
  const order = { source: Buffer.from(JSON.stringify(job)), destination: `${root}/job.json` };
  const isBuiltIn = hasSameRunner(manifest, own);
  const runner = isBuiltIn ? null : { source: own.content, destination: `${root}/runner.mjs` };
  await launch(place, { order, runner, files: [runner?.destination ?? BUILT_IN_RUNNER] }, signal);
}

/** A toolbox that is gone answers in many ways, and what it was at breaks off in some more: the API knows. */
async function isLost(access: SandboxAccess, runId: string, error: unknown): Promise<boolean> {
  const isCall = error instanceof DaytonaCallError;
  if (!isCall && !(error instanceof PtcError && error.retryable)) return false;
  try {
    const sandbox = await findSandbox(access, runId, access.settings.signal);
    return sandbox === null || !isStarted(sandbox);
  } catch {
    return false;
  }
}

const workspaceLost = (cause: unknown): PtcError =>
  new PtcError(
    {
      code: 'workspace-lost',
      message: 'The workspace of this run no longer exists, or was stopped.',
      remedy: 'Comment `/ptc build` to start again.',
      retryable: false,
    },
    { cause },
  );
