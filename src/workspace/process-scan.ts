import { readFile, readlink } from 'node:fs/promises';
import {
  argumentsOf,
  type FoundProcess,
  isDead,
  ownsItsSession,
  pids,
  type ProcessIdentity,
  readStat,
} from './processes.ts';

/** Whose processes are looked for. */
export interface Wanted {
  /** Absolute, without links. */
  readonly folder: string;
  /** Whose session belongs to the folder, whatever it does; null without one. */
  readonly runner: ProcessIdentity | null;
  /**
   * The folder's first process, as the app knows it and nobody else could have written it: what is older has not come
   * of it, and is not looked into. Null where the app does not know, and all are.
   */
  readonly first: FoundProcess | null;
}

/** Looks through the processes of this machine, once for all who ask at the same time. */
export interface ProcessScan {
  /**
   * Everything alive that belongs to the folder: the session of its runner, and what works in the folder, was
   * started with a path in it, or has one in its environment. Never this process or one it descends from. It has
   * been looked for after the call.
   */
  of(wanted: Wanted): Promise<readonly FoundProcess[]>;
}

interface Asked {
  readonly wanted: Wanted;
  readonly session: number | null;
  readonly found: FoundProcess[];
  readonly answer: PromiseWithResolvers<readonly FoundProcess[]>;
}

export function createProcessScan(): ProcessScan {
  let waiting: Asked[] = [];
  let isScanning = false;

  const scanForAll = async (): Promise<void> => {
    isScanning = true;
    while (waiting.length > 0) {
      const asked = waiting;
      waiting = [];
      try {
        await scan(asked);
        for (const { answer, found } of asked) answer.resolve(found);
      } catch (error) {
        for (const { answer } of asked) answer.reject(error);
      }
    }
    isScanning = false;
  };

  return {
    of(wanted) {
      const answer = Promise.withResolvers<readonly FoundProcess[]>();
      const { runner } = wanted;
      const session = runner && ownsItsSession(runner) ? runner.pid : null;
      waiting.push({ wanted, session, found: [], answer });
      if (!isScanning) void scanForAll();
      return answer.promise;
    },
  };
}

async function scan(asked: readonly Asked[]): Promise<void> {
  const spared = ancestry(process.pid);
  for (const pid of await pids()) {
    const stat = spared.has(pid) ? null : readStat(pid);
    if (!stat || isDead(stat) || stat.isKernelThread) continue;
    const { startTicks, session } = stat;
    for (const each of asked) if (each.session === session) each.found.push({ pid, startTicks });
    const others = asked.filter(
      ({ wanted, ...each }) => each.session !== session && !isOlder(startTicks, wanted.first),
    );
    for (const { found } of await touched(pid, others)) found.push({ pid, startTicks });
  }
}

const isOlder = (startTicks: string, first: FoundProcess | null): boolean =>
  first !== null && Number(startTicks) < Number(first.startTicks);

/** Those whose folder the process has to do with. What is cheap to know is asked first. */
async function touched(pid: number, asked: readonly Asked[]): Promise<readonly Asked[]> {
  const places = [
    async () => [await readlink(`/proc/${pid}/cwd`).catch(() => '')],
    () => argumentsOf(pid),
    async () => (await environmentOf(pid)).map((entry) => entry.slice(entry.indexOf('=') + 1)),
  ];
  let left = asked;
  for (const read of places) {
    if (left.length === 0) break;
    const values = await read();
    left = left.filter(({ wanted }) => !values.some((value) => isInside(value, wanted.folder)));
  }
  return left.length === asked.length ? [] : asked.filter((each) => !left.includes(each));
}

const isInside = (value: string, folder: string): boolean =>
  value.startsWith(folder) && (value.length === folder.length || value[folder.length] === '/');

async function environmentOf(pid: number): Promise<readonly string[]> {
  return (await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '')).split('\0');
}

function ancestry(pid: number): ReadonlySet<number> {
  const line = new Set<number>();
  for (let next = pid; next > 0 && !line.has(next); next = readStat(next)?.parent ?? 0) line.add(next);
  return line;
}
