import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Sandbox } from '@daytonaio/sdk';
import { PtcError } from '../../domain/errors.ts';
import { type RunnerJob } from '../../protocol/runner-job.ts';
import { type Workspace } from '../../run/ports.ts';
import { type SandboxAccess } from './access.ts';
import { DaytonaCallError } from './call.ts';
import { type Growth } from './growth.ts';
import { SESSION } from './launcher-stream.ts';
import { remoteFiles } from './remote-files.ts';
import { findSandbox, isStarted } from './sandboxes.ts';
import { createShell, type Shell } from './shell.ts';
import {
  hasSameRunner,
  parseManifest,
  readRunner,
  TEMPLATE_FOLDER,
  type TemplateManifest,
} from './template.ts';

const LAUNCHER_FILE = path.join(import.meta.dirname, 'launcher.mjs');
const EVENTS_FILE = 'events.ndjson';
const FIRST_LOOK_MS = 20;
const MOST_PAUSE_MS = 500;
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
  let starting: Promise<void> | null = null;
  let aliveAt = performance.now();

  return {
    runId,
    startRunner(job, startSignal) {
      starting ??= orLost(start({ access, sandbox, root, manifest, runnerState }, job, startSignal)).finally(
        () => {
          starting = null;
        },
      );
      return starting;
    },
    runnerState: () => orLost(runnerState()),
    async readFrom(file, offset) {
      if (file === EVENTS_FILE) growth.beforeRead();
      const bytes = await orLost(files.readFrom(file, offset));
      if (file === EVENTS_FILE) growth.sawBytes(offset + bytes.length);
      return bytes;
    },
    read: (file, maxBytes) => orLost(files.read(file, maxBytes)),
    write: (file, content) => orLost(files.write(file, content)),
    async changed(_file, changeSignal) {
      if (performance.now() - aliveAt > patience.activityMs) {
        aliveAt = performance.now();
        void keepAlive(options);
      }
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

interface StartPlace {
  readonly access: SandboxAccess;
  readonly sandbox: Sandbox;
  readonly root: string;
  readonly manifest: TemplateManifest | null;
  readonly runnerState: Workspace['runnerState'];
}

/**
 * Whatever the job says lies in its file; the command names files alone. A launcher started twice, because an
 * answer was lost or an app died, sees the claim of the first and ends.
 */
async function start(place: StartPlace, job: RunnerJob, signal: AbortSignal): Promise<void> {
  const { access, sandbox, root, manifest, runnerState } = place;
  const { call, patience, settings } = access;
  if ((await runnerState()) !== 'not-started') return;
  const runner = await readRunner(settings.runnerFile);
  const isBuiltIn = hasSameRunner(manifest, runner);
  const uploads = [
    { source: Buffer.from(JSON.stringify(job)), destination: `${root}/job.json` },
    { source: await readFile(LAUNCHER_FILE), destination: `${root}/launcher.mjs` },
    ...(isBuiltIn ? [] : [{ source: runner.content, destination: `${root}/runner.mjs` }]),
  ];
  const what = 'start the runner';
  await call(() => sandbox.fs.uploadFiles(uploads, patience.callMs / 1000), { what, signal });
  await call(() => sandbox.process.createSession(SESSION), { what, signal }).catch(ifThere);
  const runnerFile = `${isBuiltIn ? TEMPLATE_FOLDER : root}/runner.mjs`;
  // Not `exec`: the session’s shell would be gone, and with it the command’s end.
  const command = `node ${root}/launcher.mjs ${root} ${runnerFile}`;
  await call(() => sandbox.process.executeSessionCommand(SESSION, { command, runAsync: true }), {
    what,
    signal,
  });
  const deadline = performance.now() + patience.startMs;
  for (let pauseMs = FIRST_LOOK_MS; (await runnerState()) === 'not-started';) {
    if (performance.now() > deadline) throw notStarted();
    await sleep(pauseMs, undefined, { signal });
    pauseMs = Math.min(pauseMs * 2, MOST_PAUSE_MS);
  }
}

function ifThere(error: unknown): void {
  if (!(error instanceof DaytonaCallError && error.failure.status === 409)) throw error;
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

const notStarted = (): PtcError =>
  new PtcError({
    code: 'runner-not-started',
    message: 'The runner could not be started in its workspace.',
    remedy:
      'The operator has to name a snapshot with Node 24 in PTC_DAYTONA_SNAPSHOT, as `ptc template create` makes it.',
    retryable: true,
  });
