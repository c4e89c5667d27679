import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Sandbox } from '@daytonaio/sdk';
import { PtcError } from '../../domain/errors.ts';
import { type Workspace } from '../../run/ports.ts';
import { type SandboxAccess } from './access.ts';
import { DaytonaCallError } from './call.ts';
import { SESSION } from './launcher-stream.ts';
import { type TemplateManifest } from './template.ts';

const LAUNCHER_FILE = path.join(import.meta.dirname, 'launcher.mjs');
const FIRST_LOOK_MS = 20;
const MOST_PAUSE_MS = 500;

export interface StartPlace {
  readonly access: SandboxAccess;
  readonly sandbox: Sandbox;
  readonly root: string;
  readonly manifest: TemplateManifest | null;
  readonly runnerState: Workspace['runnerState'];
}

interface Upload {
  readonly source: Buffer;
  readonly destination: string;
}

interface Launch {
  /** What the runner is to do. */
  readonly order: Upload;
  /** Null when the snapshot holds it. */
  readonly runner: Upload | null;
  /** Paths in the workspace: the runner, and what it reads on its standard input, which is removed first. */
  readonly files: readonly [runnerFile: string, inputFile?: string];
}

/**
 * Uploads, and has the launcher start the runner. Whatever varies lies in files; the command names them alone. A
 * launcher started twice, because an answer was lost or an app died, sees the claim of the first and ends. Rejects
 * with `runner-not-started`.
 */
export async function launch(
  place: StartPlace,
  { order, runner, files }: Launch,
  signal: AbortSignal,
): Promise<void> {
  const { access, sandbox, root, runnerState } = place;
  const { call, patience } = access;
  const launcher = { source: await readFile(LAUNCHER_FILE), destination: `${root}/launcher.mjs` };
  const uploads = [order, launcher, ...(runner === null ? [] : [runner])];
  const what = 'start the runner';
  await call(() => sandbox.fs.uploadFiles(uploads, patience.callMs / 1000), { what, signal });
  await call(() => sandbox.process.createSession(SESSION), { what, signal }).catch(ifThere);
  // Not `exec`: the session’s shell would be gone, and with it the command’s end.
  const command = ['node', `${root}/launcher.mjs`, root, ...files].join(' ');
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

const notStarted = (): PtcError =>
  new PtcError({
    code: 'runner-not-started',
    message: 'The runner could not be started in its workspace.',
    remedy:
      'The operator has to name a snapshot with Node 24 in PTC_DAYTONA_SNAPSHOT, as `ptc template create` makes it.',
    retryable: true,
  });
