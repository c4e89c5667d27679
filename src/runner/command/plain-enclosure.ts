import { randomBytes } from 'node:crypto';
import * as fs from 'node:fs/promises';
import { join } from 'node:path';
import { type CgroupDescendants, type Cgroups } from './cgroup-descendants.ts';
import { commandEnvironment } from './command-environment.ts';
import { type CommandUser, dropTo } from './command-user.ts';
import { type CommandSpec } from './command.ts';
import { type Descendants } from './descendants.ts';
import { type EgressProxy, openEgressProxy } from './egress-proxy.ts';
import { type EnclosedCommand, type Enclosure, type EnclosureContext } from './enclosure.ts';
import { closeInherited } from './inherited-files.ts';
import { countedThreads } from './process-table.ts';
import { limitedTo } from './resource-limits.ts';
import { leaveSessionKeyring } from './session-keyring.ts';
import { createSearchedDescendants } from './searched-descendants.ts';
import { findToolchain } from './toolchain.ts';
import { createTurns } from './turns.ts';

const NETWORK_CAVEAT =
  "Commands can use this machine's network, its local services and the cloud's metadata address included; package managers are only asked to use the proxy to registries.";

const KEYRING_CAVEAT =
  "Commands can read the keys of the runner's session keyring, because there is no Perl to leave it with.";

export interface PlainOptions {
  /** The commands' user; null runs them as the runner's own. */
  readonly user: CommandUser | null;
  /** Null when the machine has none to give; then processes are searched for. */
  readonly cgroups: Cgroups | null;
  /** False where there is no `prlimit`. */
  readonly hasLimits: boolean;
}

/** Commands without namespaces: as another user, or, as the very last resort, as the runner's own. */
export function createPlainEnclosure(context: EnclosureContext, options: PlainOptions): Enclosure {
  const { user, cgroups } = options;
  const toolchain = findToolchain(context.searchPath, process.execPath);
  const ownKeyring = user === null ? [] : leaveSessionKeyring();
  const outer = [...closeInherited(2), ...(ownKeyring ?? [])];
  const turns = createTurns();
  // Without cgroup a user's processes cannot be told apart, so only one command has it at a time.
  const oneAtATime = user !== null && cgroups === null;

  function descendantsOf(mark: string): Descendants | CgroupDescendants {
    if (cgroups !== null) return cgroups.create();
    return createSearchedDescendants(user === null ? { environment: `PTC_COMMAND=${mark}` } : { user });
  }

  const openProxy = (registries: readonly string[]): Promise<EgressProxy> =>
    openEgressProxy({ hosts: [...registries, ...context.registries], socketPath: null });

  async function enclose(spec: CommandSpec): Promise<EnclosedCommand> {
    const mark = randomBytes(9).toString('hex');
    const home = await makeHome(join(context.scratch, `home-${mark}`), user);
    const proxy = spec.network === 'none' ? null : await openProxy(spec.network.registries);
    const env = commandEnvironment({
      path: toolchain.path.join(':'),
      home,
      temporary: join(home, 'tmp'),
      cache: context.cache,
      proxyUrl: proxy?.url ?? null,
      extra: { ...spec.env, PTC_COMMAND: mark },
    });
    const descendants = descendantsOf(mark);
    const finishTurn = oneAtATime ? await turns.take() : () => undefined;
    const limited = options.hasLimits ? limitedTo(context.limits, spec.timeoutMs, threadsOf(user)) : [];
    const enter = 'enter' in descendants ? descendants.enter : [];
    // Its own group is that of its tree: processes whose groups differ cannot look into each other either.
    const groups = user === null ? [] : [spec.tree, ...spec.writable].map(context.keys).concat(user.gid);
    return {
      argv: [...outer, ...enter, ...dropTo(user, groups), ...limited, '/bin/bash', '-c', spec.command],
      env,
      cwd: spec.tree,
      files: [],
      descendants,
      refusedHosts: () => proxy?.refused() ?? [],
      async release() {
        await descendants.end().finally(finishTurn);
        await proxy?.close();
        // What a command made unremovable goes with the workspace.
        await fs.rm(home, { recursive: true, force: true }).catch(() => undefined);
      },
    };
  }

  return {
    level: user === null ? 'none' : 'separate-user',
    caveats: [...caveatsOf(options), ...(ownKeyring === null ? [KEYRING_CAVEAT] : [])],
    probe: 'true',
    enclose,
    close: async () => cgroups?.close(),
  };
}

function caveatsOf({ user, cgroups, hasLimits }: PlainOptions): readonly string[] {
  const reach =
    user === null
      ? [
          "Commands run as the runner's own user: they can read and change all that it can, its memory included.",
        ]
      : [
          'Commands can read all files that every user of this machine may read, and write where every user may.',
          'Commands can use every system call, io_uring and namespaces of their own included.',
        ];
  return [
    ...reach,
    ...(user !== null && cgroups !== null ? ['Commands can end other commands of their run.'] : []),
    NETWORK_CAVEAT,
    ...(cgroups === null ? [withoutCgroup(user)] : []),
    ...(hasLimits
      ? []
      : ['Memory, processes and file sizes are not limited, because there is no `prlimit`.']),
    ...(hasLimits && user === null && process.getuid?.() === 0
      ? ['The number of processes is not limited, because no such limit holds for root.']
      : []),
  ];
}

function threadsOf(user: CommandUser | null): number {
  const uid = user?.uid ?? process.getuid?.();
  return uid === undefined ? 0 : (countedThreads().get(uid) ?? 0);
}

function withoutCgroup(user: CommandUser | null): string {
  if (user === null)
    return 'A process that leaves its session and clears its environment outlives its command.';
  if (!user.isShared) return 'Commands run one after another.';
  return `Commands run one after another, each ends with all younger processes of user ${user.uid}, and a process that starts itself anew without pause may outlive its command, because something else runs as that user.`;
}

async function makeHome(home: string, user: CommandUser | null): Promise<string> {
  const temporary = join(home, 'tmp');
  await fs.mkdir(temporary, { recursive: true, mode: 0o700 });
  if (user !== null) {
    await fs.chown(temporary, user.uid, user.gid);
    await fs.chown(home, user.uid, user.gid);
  }
  return home;
}
