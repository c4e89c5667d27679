import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { processesWith, rareSeconds } from '../command-bed.ts';
import { type Attack, byCommand, byEffect, GOT_IN, perl, type Scene, SIGN } from './attack.ts';

/** Attacks on the machine's resources. Sizes fit the limits of the bed. */
export const RESOURCES: readonly Attack[] = [
  byEffect({
    name: 'a fork bomb',
    why: 'processes are limited, which holds for every user but root',
    open: { none: 'rootProcesses' },
    onlyAsRoot: true,
    command: () =>
      perl(
        `$| = 1; for (1..150) { my $pid = fork; exit unless defined $pid; if (!$pid) { sleep 3; exit } } print "in-", 42; kill 9, -getpgrp`,
      ),
    spec: { timeoutMs: 10_000 },
    gotIn: ({ output }) => output.includes(SIGN),
  }),
  byEffect({
    name: 'a memory bomb in one process',
    why: 'memory of a process is limited',
    open: {},
    command: () => perl(`my $size = 2 ** 31; my $held = "x" x $size; print "in-", 42 if length $held`),
    gotIn: ({ output }) => !/out of memory/i.test(output),
  }),
  byEffect({
    name: 'a memory bomb over many processes',
    why: 'the memory of all is looked at twice a second',
    open: {},
    command: () => {
      const hold = perl('my $size = 360 * 2 ** 20; my $held = "\\0" x $size; sleep 20');
      return `${hold} & ${hold} & ${hold} & wait`;
    },
    gotIn: ({ limit }) => limit !== 'memory',
  }),
  byCommand({
    name: 'fill the memory by files in /dev/shm',
    why: 'it is small under bubblewrap; otherwise the machine’s own',
    open: { cgroup: 'everyUser', searched: 'everyUser', none: 'ownUser' },
    command: () => {
      const name = `/dev/shm/ptc-fill-${randomUUID()}`;
      return `for i in 1 2 3 4 5 6 7 8 9; do fallocate -l 16000000 ${name}-$i || full=1; done; rm -f ${name}-*; [ -z "$full" ] && ${GOT_IN}`;
    },
  }),
  byEffect({
    name: 'a file that fills the disk',
    why: 'the size of a file is limited',
    open: {},
    command: () => 'head -c 100000000 /dev/zero >big; stat -c "size %s" big; rm big',
    gotIn: ({ output }) => !output.includes(`size ${16 * 2 ** 20}\n`),
  }),
  byEffect({
    name: 'flood the output',
    why: 'it is read up to a limit, and kept at its ends',
    open: {},
    command: () => 'yes; sleep 100',
    gotIn: ({ limit, output }) => limit !== 'output' || output.length > 100_000,
  }),
  byEffect({
    name: 'never end',
    why: 'the time of every command is limited',
    open: {},
    command: () => "trap '' TERM INT HUP; sleep 1000; sleep 1000",
    spec: { timeoutMs: 200 },
    gotIn: ({ limit }) => limit !== 'timeout',
  }),
  {
    name: 'end another command of the run',
    why: 'own processes, or one after another',
    open: { cgroup: 'otherCommands', none: 'ownUser' },
    tryAt: signalOther,
    onItself: null,
  },
  survives({
    name: 'leave a daemon that left the session',
    why: 'all of a command’s processes are ended with it',
    open: {},
    command: (mark) => andSeen(`(setsid ${sleeper(mark)} &)`),
  }),
  survives({
    name: 'leave a daemon that cleared its environment too',
    why: 'own processes, a cgroup, or a user of its own',
    open: { none: 'survivor' },
    command: (mark) => andSeen(`(setsid env -i ${sleeper(mark)} &)`),
  }),
  survives({
    name: 'leave a daemon that starts itself anew without pause',
    why: 'own processes, a cgroup, or a user of its own are ended as a whole',
    open: { none: 'survivor' },
    // It comes to rest, so that a test can end what a level did not.
    command: (mark) => {
      const again = `[ $2 = 3 ] && echo >seen; [ $2 = 60 ] && exec sleep ${mark}; (setsid env -i /bin/bash "$0" ${mark} $(($2 + 1)) >/dev/null 2>&1 &)`;
      return andSeen(`echo '${again}' >again; (setsid env -i /bin/bash again ${mark} 1 >/dev/null 2>&1 &)`);
    },
  }),
];

/** One command sleeps, and another one looks whether it may signal it. */
async function signalOther({ bed, level }: Scene): Promise<boolean> {
  const mark = rareSeconds();
  const over = new AbortController();
  // Where commands wait for each other, the first must end before the second can begin.
  const isShort = level === 'searched';
  const ended = { signal: over.signal, timeoutMs: isShort ? 200 : 20_000 };
  const other = bed.run(`exec sleep ${mark}`, ended);
  const pids = await (isShort ? processesWith(mark) : startedWith(mark));
  const { output } = await bed.run(`kill -0 ${pids.join(' ')} && ${GOT_IN}`);
  over.abort();
  await other;
  return output.includes(SIGN);
}

async function startedWith(mark: string): Promise<readonly number[]> {
  let found: readonly number[] = [];
  while (found.length === 0) found = await processesWith(mark);
  return found;
}

const sleeper = (mark: string): string => `/bin/bash -c 'echo >seen; exec sleep ${mark}' >/dev/null 2>&1`;

/** Ends when what it started has begun. */
const andSeen = (command: string): string => `rm -f seen; ${command}; until [ -e seen ]; do sleep 0.01; done`;

interface DaemonAttack extends Pick<Attack, 'name' | 'why' | 'open'> {
  readonly command: (mark: string) => string;
}

function survives({ command, ...row }: DaemonAttack): Attack {
  return {
    ...row,
    async tryAt({ bed, level }: Scene) {
      const mark = rareSeconds();
      await bed.run(command(mark));
      // One that goes on from process to process may slip through a search; it comes to rest in the end.
      const searches = row.open[level] === undefined ? 3 : 1000;
      return await endSurvivors(mark, searches);
    },
    onItself: null,
  };
}

/** True when there were any. */
async function endSurvivors(mark: string, searches: number): Promise<boolean> {
  for (let search = 0; search < searches; search += 1) {
    const found = await processesWith(mark);
    for (const pid of found) killIfThere(pid);
    if (found.length > 0) return (await endSurvivors(mark, 20)) || true;
    await sleep(10);
  }
  return false;
}

function killIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has gone on meanwhile.
  }
}
