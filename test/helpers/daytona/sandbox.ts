/** A sandbox: a folder, and processes that belong to it. */
import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { chmod, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createProcessScan } from '../../../src/workspace/process-scan.ts';
import { signalProcess } from '../../../src/workspace/processes.ts';
import { type RunningCommand } from './command.ts';

export type SandboxState = 'creating' | 'started' | 'stopped' | 'error' | 'destroying';

export interface Sandbox {
  readonly id: string;
  readonly name: string;
  readonly snapshot: string;
  readonly target: string;
  readonly env: Readonly<Record<string, string>>;
  readonly autoStopInterval: number;
  readonly autoDeleteInterval: number;
  readonly domainAllowList: string | null;
  readonly networkAllowList: string | null;
  /** Its file system's root. */
  readonly folder: string;
  readonly sessions: Map<string, Map<string, RunningCommand>>;
  labels: Readonly<Record<string, string>>;
  state: SandboxState;
  lastActivityAt: string;
}

/** What a request to create one says. */
export type SandboxDraft = Pick<
  Sandbox,
  | 'snapshot'
  | 'target'
  | 'env'
  | 'labels'
  | 'autoStopInterval'
  | 'autoDeleteInterval'
  | 'domainAllowList'
  | 'networkAllowList'
> & { readonly name: string | null };

/** Files a snapshot brings, by absolute path. */
export type SnapshotFiles = Readonly<Record<string, string | Uint8Array>>;

export async function makeSandbox(draft: SandboxDraft, files: SnapshotFiles): Promise<Sandbox> {
  const id = randomUUID();
  const folder = mkdtempSync(path.join(os.tmpdir(), 'ptc-daytona-'));
  const sandbox: Sandbox = {
    ...draft,
    id,
    name: draft.name ?? id,
    folder,
    sessions: new Map(),
    state: 'started',
    lastActivityAt: new Date().toISOString(),
  };
  mkdirSync(homeOf(sandbox), { recursive: true });
  // A command may run as another user, and must be able to reach its tree.
  for (const each of [folder, path.dirname(homeOf(sandbox)), homeOf(sandbox)]) await chmod(each, 0o711);
  for (const [name, content] of Object.entries(files)) {
    const file = placeIn(sandbox, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, content);
  }
  return sandbox;
}

export const homeOf = ({ folder }: Sandbox): string => path.join(folder, 'home', 'daytona');

/** Where a path of the sandbox lies on this machine: below its folder, whatever it says. */
export function placeIn(sandbox: Sandbox, file: string): string {
  if (file.startsWith(`${sandbox.folder}/`)) return path.normalize(file);
  return path.join(sandbox.folder, path.resolve('/home/daytona', file));
}

/** Ends all of its processes, those that hide too, and removes its folder. */
export async function endSandbox(sandbox: Sandbox): Promise<void> {
  await endProcesses(sandbox);
  while (existsSync(sandbox.folder)) {
    await rm(sandbox.folder, { recursive: true, force: true }).catch(() => {});
    await endProcesses(sandbox);
  }
}

export async function endProcesses({ folder }: Sandbox): Promise<void> {
  const scan = createProcessScan();
  const find = () => scan.of({ folder, runner: null, first: null });
  for (let left = await find(); left.length > 0; await sleep(5)) {
    for (const found of left) signalProcess(found, 'SIGKILL');
    left = await find();
  }
}
