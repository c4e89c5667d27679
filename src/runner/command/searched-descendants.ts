import { type ChildProcess, execFile } from 'node:child_process';
import { type CommandUser, dropTo } from './command-user.ts';
import { type Descendants } from './descendants.ts';
import { killProcess } from './kill-process.ts';
import { hasEnvironment, listProcesses, type ProcessEntry, readProcess } from './process-table.ts';
import { untilDead } from './until-dead.ts';

/** How processes of a command are told from others when the kernel keeps no list of them. */
export type Mark =
  /** All that run as this user and began after the command did: no two such commands may overlap. */
  | { readonly user: CommandUser }
  /** All of the command's session, or with this entry (`NAME=value`) in their environment. */
  | { readonly environment: string };

/** Finds a command's processes by searching /proc: the best there is without PID namespace and cgroup. */
export function createSearchedDescendants(mark: Mark): Descendants {
  let child: ChildProcess | null = null;
  let startTicks = Number.POSITIVE_INFINITY;
  let ended: Promise<void> | null = null;

  const runningChild = (): number | null =>
    child?.pid !== undefined && child.exitCode === null && child.signalCode === null ? child.pid : null;
  const isOurs = (entry: ProcessEntry): boolean => {
    if (entry.pid === runningChild()) return true;
    if ('user' in mark) return entry.uid === mark.user.uid && entry.startTicks >= startTicks;
    return entry.session === child?.pid || hasEnvironment(entry.pid, mark.environment);
  };
  const pids = (): readonly number[] =>
    listProcesses()
      .filter(isOurs)
      .map(({ pid }) => pid);

  async function kill(): Promise<void> {
    if ('user' in mark && !mark.user.isShared) await killAllOf(mark.user);
    await untilDead(() => {
      const leader = runningChild();
      // Its group as a whole, for systems without /proc.
      if (leader !== null) killProcess(-leader);
      const found = pids();
      for (const pid of found) killProcess(pid);
      return leader === null && found.length === 0;
    });
  }

  return {
    reportsStatus: false,
    started(started) {
      child = started;
      const entry = started.pid === undefined ? null : readProcess(started.pid);
      startTicks = entry?.startTicks ?? startTicks;
    },
    pids,
    end: () => (ended ??= kill()),
    neverReached: () => false,
  };
}

/**
 * Asks the kernel, as that user, to kill everything that may be signalled: it does so in one go, where a
 * search can miss a process that starts itself anew meanwhile.
 */
async function killAllOf(user: CommandUser): Promise<void> {
  const onlyAs = '[ "$(id -u)" = "$0" ] && kill -KILL -1';
  const args = [...dropTo(user).slice(1), '/bin/sh', '-c', onlyAs, String(user.uid)];
  await new Promise<void>((resolve) => {
    // It fails when there is nothing to kill; what is left is looked for after it in any case.
    execFile('setpriv', args, { timeout: 10_000 }, () => resolve());
  });
}
