import { readdirSync, readFileSync } from 'node:fs';

/** One living process of this machine, as /proc tells it. */
export interface ProcessEntry {
  readonly pid: number;
  readonly uid: number;
  readonly threads: number;
  readonly session: number;
  /** Clock ticks since the machine started. */
  readonly startTicks: number;
}

/** Every process that is neither ended nor a zombie; empty where there is no /proc. */
export function listProcesses(): readonly ProcessEntry[] {
  return numbersIn('/proc').flatMap((pid) => readProcess(pid) ?? []);
}

/** Null when it has ended, zombies included. */
export function readProcess(pid: number): ProcessEntry | null {
  const stat = readText(`/proc/${pid}/stat`);
  // The name stands in parentheses and may hold anything, so fields are counted from the last one.
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ');
  const state = fields?.[0];
  if (fields === undefined || state === undefined || state === 'Z' || state === 'X') return null;
  const uid = /^Uid:\s+(\d+)/m.exec(readText(`/proc/${pid}/status`) ?? '')?.[1];
  if (uid === undefined) return null;
  return {
    pid,
    uid: Number(uid),
    threads: Number(fields[17]),
    session: Number(fields[3]),
    startTicks: Number(fields[19]),
  };
}

/** True when the process was started with this entry (`NAME=value`) in its environment and kept it. */
export function hasEnvironment(pid: number, entry: string): boolean {
  return (readText(`/proc/${pid}/environ`) ?? '').split('\0').includes(entry);
}

/** A process and all its descendants that were not handed to another parent. */
export function descendantsOf(pid: number): readonly number[] {
  const found = [pid];
  for (const parent of found) {
    for (const thread of numbersIn(`/proc/${parent}/task`)) {
      const children = readText(`/proc/${parent}/task/${thread}/children`) ?? '';
      found.push(...children.split(' ').filter(Boolean).map(Number));
    }
  }
  return found;
}

/** Memory of its own, files mapped into it not counted; 0 when it has ended. */
export function anonymousMemoryBytes(pid: number): number {
  const kilobytes = /^RssAnon:\s+(\d+) kB/m.exec(readText(`/proc/${pid}/status`) ?? '')?.[1];
  return Number(kilobytes ?? 0) * 1024;
}

function numbersIn(folder: string): readonly number[] {
  try {
    return readdirSync(folder)
      .filter((name) => /^\d+$/.test(name))
      .map(Number);
  } catch {
    return [];
  }
}

function readText(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}
