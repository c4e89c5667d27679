import { type ChildProcess } from 'node:child_process';
import { accessSync, constants, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { type Descendants } from './descendants.ts';
import { killProcess } from './kill-process.ts';
import { untilDead } from './until-dead.ts';

/** A command's own cgroup, and the arguments that start a program inside it. */
export interface CgroupDescendants extends Descendants {
  readonly enter: readonly string[];
}

export interface Cgroups {
  create(): CgroupDescendants;
  close(): void;
}

/**
 * Cgroups for commands below the runner's own, which no process that is not root can leave; null where the
 * machine does not let the runner make one that can be killed as a whole (cgroup v2, Linux 5.14).
 */
export function openCgroups(): Cgroups | null {
  const own = ownCgroupFolder();
  if (own === null) return null;
  const parent = join(own, `commands-${process.pid}-${Date.now().toString(36)}`);
  try {
    mkdirSync(parent);
    accessSync(join(parent, 'cgroup.kill'), constants.W_OK);
  } catch {
    removeFolder(parent);
    return null;
  }
  let made = 0;
  return {
    create() {
      const folder = join(parent, String((made += 1)));
      mkdirSync(folder);
      return descendantsIn(folder);
    },
    close: () => removeFolder(parent),
  };
}

function descendantsIn(folder: string): CgroupDescendants {
  let child: ChildProcess | null = null;
  let ended: Promise<void> | null = null;

  async function kill(): Promise<void> {
    // Killed by its id too, in case it has not entered the cgroup yet.
    if (child?.pid !== undefined && child.exitCode === null && child.signalCode === null)
      killProcess(child.pid);
    writeFileSync(join(folder, 'cgroup.kill'), '1');
    await untilDead(() => readFileSync(join(folder, 'cgroup.events'), 'utf8').includes('populated 0'));
    removeFolder(folder);
  }

  return {
    enter: ['/bin/sh', '-c', 'echo $$ >"$0" && exec "$@"', join(folder, 'cgroup.procs')],
    reportsStatus: false,
    started(started) {
      child = started;
    },
    pids: () =>
      ended === null
        ? readFileSync(join(folder, 'cgroup.procs'), 'utf8').split('\n').filter(Boolean).map(Number)
        : [],
    end: () => (ended ??= kill()),
    neverReached: () => false,
  };
}

/** Where the runner's own cgroup is mounted, from `<mount root>` and `<mount point>` of /proc/self/mountinfo. */
function ownCgroupFolder(): string | null {
  try {
    const own = /^0::(\/.*)$/m.exec(readFileSync('/proc/self/cgroup', 'utf8'))?.[1];
    const mount = /^\S+ \S+ \S+ (\S+) (\S+) .* - cgroup2 /m.exec(
      readFileSync('/proc/self/mountinfo', 'utf8'),
    );
    if (own === undefined || mount === null) return null;
    const [, mountRoot = '/', mountPoint = ''] = mount;
    const below = relative(mountRoot, own);
    return below.startsWith('..') ? null : join(mountPoint, below);
  } catch {
    return null;
  }
}

function removeFolder(folder: string): void {
  try {
    rmdirSync(folder);
  } catch {
    // Never made, or the kernel has not let go of the last process yet; an empty cgroup costs nothing.
  }
}
