import { readdirSync, readFileSync } from 'node:fs';

/** One living process of this machine, as /proc tells it. */
export interface ProcessEntry {
  readonly pid: number;
  readonly uid: number;
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
  const fields = statFields(pid);
  const uid = userOf(pid);
  if (fields === null || uid === null || fields[0] === 'Z' || fields[0] === 'X') return null;
  return {
    pid,
    uid,
    session: Number(fields[3]),
    startTicks: Number(fields[19]),
  };
}

/**
 * How many threads of each user the kernel counts against its limit: those of zombies too, until their parent
 * collects them, which the first process of a machine may take its time to do.
 */
export function countedThreads(): ReadonlyMap<number, number> {
  const counted = new Map<number, number>();
  for (const pid of numbersIn('/proc')) {
    const uid = userOf(pid);
    const threads = Math.max(1, Number(statFields(pid)?.[17] ?? 1));
    if (uid !== null) counted.set(uid, (counted.get(uid) ?? 0) + threads);
  }
  return counted;
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

/** The fields of its `stat` from the state on. */
function statFields(pid: number): readonly string[] | null {
  const stat = readText(`/proc/${pid}/stat`);
  // The name stands in parentheses and may hold anything, so fields are counted from the last one.
  return stat === null ? null : stat.slice(stat.lastIndexOf(')') + 2).split(' ');
}

function userOf(pid: number): number | null {
  const uid = /^Uid:\s+(\d+)/m.exec(readText(`/proc/${pid}/status`) ?? '')?.[1];
  return uid === undefined ? null : Number(uid);
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
