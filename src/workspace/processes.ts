import { readFileSync, readlinkSync } from 'node:fs';
import { readdir, readFile, readlink } from 'node:fs/promises';
import * as z from 'zod';

/**
 * One life of one process. A pid alone is used again; with the kernel's boot, the pid namespace and the start
 * time in clock ticks it is not.
 */
export const ProcessIdentity = z
  .object({
    pid: z.number().int().positive(),
    startTicks: z.string(),
    bootId: z.string(),
    pidNamespace: z.string(),
  })
  .readonly();
export type ProcessIdentity = z.infer<typeof ProcessIdentity>;

interface Stat {
  readonly state: string;
  readonly parent: number;
  readonly session: number;
  readonly startTicks: string;
}

/** A live process that belongs to a workspace. */
interface FoundProcess {
  readonly pid: number;
  readonly startTicks: string;
}

/** The process as it is now, null when there is none (any more). Synchronous: its parent must not reap it meanwhile. */
export function identify(pid: number): ProcessIdentity | null {
  const stat = readStat(pid);
  return stat ? { pid, startTicks: stat.startTicks, ...machine() } : null;
}

/** True while that very process lives; a zombie does not. */
export function isAlive(identity: ProcessIdentity): boolean {
  if (!isOfThisMachine(identity)) return false;
  const stat = readStat(identity.pid);
  return stat !== null && stat.startTicks === identity.startTicks && !isDead(stat);
}

/** The process whose arguments end in `args`, null without one. */
export async function findByArguments(args: readonly string[]): Promise<ProcessIdentity | null> {
  for (const pid of await pids()) {
    const given = (await argumentsOf(pid)).slice(-args.length);
    const same = given.length === args.length && given.every((arg, index) => arg === args[index]);
    const identity = same ? identify(pid) : null;
    if (identity && isAlive(identity)) return identity;
  }
  return null;
}

/**
 * Everything alive that belongs to the folder: the session of `runner`, and what works in the folder, was
 * started with a path in it, or has one in its environment. Never this process or one it descends from.
 */
export async function findOfFolder(folder: string, runner: ProcessIdentity | null): Promise<FoundProcess[]> {
  const spared = ancestry(process.pid);
  const session = runner && ownsItsSession(runner) ? runner.pid : null;
  const found: FoundProcess[] = [];
  for (const pid of await pids()) {
    const stat = spared.has(pid) ? null : readStat(pid);
    if (!stat || isDead(stat)) continue;
    if (stat.session === session || (await touches(pid, folder))) {
      found.push({ pid, startTicks: stat.startTicks });
    }
  }
  return found;
}

/** Sends the signal unless the process is gone or another has its pid by now. */
export function signalProcess({ pid, startTicks }: FoundProcess, signal: NodeJS.Signals): void {
  if (readStat(pid)?.startTicks !== startTicks) return;
  try {
    process.kill(pid, signal);
  } catch {
    // Gone, or not ours to end: whoever asked looks again and sees.
  }
}

function readStat(pid: number): Stat | null {
  const text = readSmall(`/proc/${pid}/stat`);
  // The command's name stands in brackets and may hold anything, brackets and spaces too.
  const [state, parent, , session, ...rest] = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const startTicks = rest[15];
  if (!state || !startTicks) return null;
  return { state, parent: Number(parent), session: Number(session), startTicks };
}

const isDead = ({ state }: Stat): boolean => state === 'Z' || state === 'X';

function readSmall(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

const machine = (): Pick<ProcessIdentity, 'bootId' | 'pidNamespace'> => ({
  bootId: readSmall('/proc/sys/kernel/random/boot_id').trim(),
  pidNamespace: readlinkSync('/proc/self/ns/pid'),
});

function isOfThisMachine(identity: ProcessIdentity): boolean {
  const { bootId, pidNamespace } = machine();
  return identity.bootId === bootId && identity.pidNamespace === pidNamespace;
}

/** A session keeps its leader's pid from being used again; a new leader under that pid means the old session is empty. */
function ownsItsSession(runner: ProcessIdentity): boolean {
  if (!isOfThisMachine(runner)) return false;
  const leader = readStat(runner.pid);
  return leader === null || leader.startTicks === runner.startTicks;
}

function ancestry(pid: number): Set<number> {
  const line = new Set<number>();
  for (let next = pid; next > 0 && !line.has(next); next = readStat(next)?.parent ?? 0) line.add(next);
  return line;
}

async function pids(): Promise<number[]> {
  return (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
}

async function touches(pid: number, folder: string): Promise<boolean> {
  const inside = (value: string): boolean => value === folder || value.startsWith(`${folder}/`);
  if (inside(await readlink(`/proc/${pid}/cwd`).catch(() => ''))) return true;
  if ((await argumentsOf(pid)).some(inside)) return true;
  const environment = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '');
  return environment.split('\0').some((entry) => inside(entry.slice(entry.indexOf('=') + 1)));
}

async function argumentsOf(pid: number): Promise<string[]> {
  const text = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  return text.split('\0').slice(0, -1);
}
