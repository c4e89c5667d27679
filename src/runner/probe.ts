import { realpathSync } from 'node:fs';
import { type RunnerProbe } from '../protocol/runner-probe.ts';
import { probeIsolation } from './command/open-commands.ts';
import { findToolchain } from './command/toolchain.ts';

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

/** How commands of workspaces in that folder can be kept apart on this machine, and which programs they find. */
export async function probe(folder: string): Promise<RunnerProbe> {
  const isolation = await probeIsolation({
    settings: { allowNone: true, uid: null, registries: [] },
    limits: LIMITS,
    root: realpathSync(folder),
  });
  return { isolation, commandPath: findToolchain(process.env['PATH'] ?? '', process.execPath).path };
}
