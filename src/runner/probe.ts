import { realpathSync } from 'node:fs';
import { type IsolationProbe } from '../protocol/isolation-probe.ts';
import { probeIsolation } from './command/open-commands.ts';

const LIMITS = {
  attempts: 1,
  turns: 1,
  parallel: 1,
  commandTimeoutMs: 20_000,
  checkTimeoutMs: 20_000,
  jobTimeoutMs: 60_000,
  outputLimitBytes: 1024 * 1024,
  memoryMb: 1024,
  processes: 128,
  fileSizeMb: 64,
} as const;

/** Which ways of keeping commands apart work on this machine for workspaces in that folder. */
export const probe = (folder: string): Promise<IsolationProbe> =>
  probeIsolation({
    settings: { allowNone: true, uid: null, registries: [] },
    limits: LIMITS,
    root: realpathSync(folder),
  });
