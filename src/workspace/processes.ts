import { readFileSync, readlinkSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
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

/** What /proc says of a process, as far as it is asked here. */
interface Stat {
  readonly state: string;
  readonly parent: number;
  readonly session: number;
  readonly isKernelThread: boolean;
  readonly startTicks: string;
}

/** One life of a process of this machine, since it was started. */
export type FoundProcess = Pick<ProcessIdentity, 'pid' | 'startTicks'>;

/** Of a process's flags: the kernel's own thread. */
const PF_KTHREAD = 0x00200000;

/** The process as it is now, null when there is none (any more). Synchronous: its parent must not reap it meanwhile. */
export function identify(pid: number): ProcessIdentity | null {
  const stat = readStat(pid);
  return stat ? { pid, startTicks: stat.startTicks, ...machine() } : null;
}

/** True while that very process lives; a zombie does not. */
export function isAlive(identity: ProcessIdentity): boolean {
  if (!isOfThisMachine(identity)) return false;
  return isThere(identity);
}

/** The same for a process that is known to be of this machine. */
export function isThere({ pid, startTicks }: FoundProcess): boolean {
  const stat = readStat(pid);
  return stat !== null && stat.startTicks === startTicks && !isDead(stat);
}

/** The process whose arguments end in `args`, null without one. */
export async function findByArguments(args: readonly string[]): Promise<ProcessIdentity | null> {
  for (const pid of await pids()) {
    const identity = (await hasArguments(pid, args)) ? identify(pid) : null;
    if (identity && isAlive(identity)) return identity;
  }
  return null;
}

/** True when the process's arguments end in `args`. */
export async function hasArguments(pid: number, args: readonly string[]): Promise<boolean> {
  const given = (await argumentsOf(pid)).slice(-args.length);
  return given.length === args.length && given.every((arg, index) => arg === args[index]);
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

export function readStat(pid: number): Stat | null {
  const text = readSmall(`/proc/${pid}/stat`);
  // The command's name stands in brackets and may hold anything, brackets and spaces too.
  const [state, parent, , session, ...rest] = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const [flags, startTicks] = [rest[2], rest[15]];
  if (!state || !startTicks) return null;
  const isKernelThread = (Number(flags) & PF_KTHREAD) !== 0;
  return { state, parent: Number(parent), session: Number(session), isKernelThread, startTicks };
}

export const isDead = ({ state }: Stat): boolean => state === 'Z' || state === 'X';

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
export function ownsItsSession(runner: ProcessIdentity): boolean {
  if (!isOfThisMachine(runner)) return false;
  const leader = readStat(runner.pid);
  return leader === null || leader.startTicks === runner.startTicks;
}

/** Of all processes there are. */
export async function pids(): Promise<number[]> {
  return (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
}

export async function argumentsOf(pid: number): Promise<string[]> {
  const text = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  return text.split('\0').slice(0, -1);
}
