import { readFileSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';

/** The most memory the process has held so far, in MB; 0 when it is gone. */
export function peakMemoryMb(pid: number): number {
  try {
    const kilobytes = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return Number(kilobytes ?? 0) / 1024;
  } catch {
    return 0;
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
