import { readFileSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';

/** Resident memory now and at most so far, in MB; 0 when the process is gone. */
export function memoryMb(pid: number): { readonly heldMb: number; readonly peakMb: number } {
  const status = readStatus(pid);
  const field = (name: string): number =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1] ?? 0) / 1024;
  return { heldMb: field('VmRSS'), peakMb: field('VmHWM') };
}

function readStatus(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/status`, 'utf8');
  } catch {
    return '';
  }
}

/** The runner of the workspace folder that ends like this; null while there is none. */
export async function processOf(folderEnd: string): Promise<number | null> {
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const [, program = '', folder = ''] = (
      await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
    ).split('\0');
    if (program.endsWith('runner.mjs') && folder.endsWith(folderEnd)) return Number(pid);
  }
  return null;
}
