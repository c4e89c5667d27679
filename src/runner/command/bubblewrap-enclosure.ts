import { tmpdir } from 'node:os';
import * as fs from 'node:fs/promises';
import { join } from 'node:path';
import { bubblewrapArguments, HOME_INSIDE } from './bubblewrap-arguments.ts';
import { commandEnvironment } from './command-environment.ts';
import { dropTo } from './command-user.ts';
import { type CommandSpec } from './command.ts';
import { type EgressProxy, openEgressProxy } from './egress-proxy.ts';
import { behindRelay, RELAY_PORT } from './egress-relay.ts';
import { type Enclosure, type EnclosureContext } from './enclosure.ts';
import { closeInherited } from './inherited-files.ts';
import { createNamespaceDescendants } from './namespace-descendants.ts';
import { limitedTo, memoryLimitBytes } from './resource-limits.ts';
import { syscallFilter } from './syscall-filter.ts';
import { writeSystemFiles } from './system-files.ts';
import { findToolchain } from './toolchain.ts';

/** The system takes 107 bytes for the path of a Unix socket, its name included. */
const FOLDER_PATH_BYTES = 88;

interface Egress {
  readonly proxy: EgressProxy;
  /** As the command sees it. */
  readonly proxyUrl: string;
  /** Null when the command shares the machine's network. */
  readonly socketPath: string | null;
}

/**
 * Commands in namespaces of their own: files, processes, users, network.
 *
 * @param nodePath the runner's Node, needed inside to reach registries; null has them use the machine's network
 */
export async function createBubblewrapEnclosure(
  context: EnclosureContext,
  nodePath: string | null,
): Promise<Enclosure> {
  const { user, cache, limits, keys } = context;
  const toolchain = findToolchain(context.searchPath, nodePath);
  const etc = await writeSystemFiles(join(context.scratch, 'etc'), {
    uid: user?.uid ?? process.getuid?.() ?? 0,
    gid: user?.gid ?? process.getgid?.() ?? 0,
    home: HOME_INSIDE,
  });
  const filter = await writeFilter(context.scratch);
  const outer = closeInherited(filter === null ? 3 : 4);
  const socketFolder = await findSocketFolder(context.scratch);
  let proxies = 0;

  async function openEgress(registries: readonly string[]): Promise<Egress> {
    const hosts = [...registries, ...context.registries];
    if (nodePath === null) {
      const proxy = await openEgressProxy({ hosts, socketPath: null });
      return { proxy, proxyUrl: proxy.url, socketPath: null };
    }
    const socketPath = join(socketFolder.path, `egress-${(proxies += 1)}`);
    const proxy = await openEgressProxy({ hosts, socketPath });
    return { proxy, proxyUrl: `http://127.0.0.1:${RELAY_PORT}`, socketPath };
  }

  return {
    level: 'bubblewrap',
    caveats: caveatsOf(nodePath !== null, filter !== null),
    probe: nodePath === null ? 'true' : `'${nodePath.replaceAll("'", `'\\''`)}' --version`,
    async enclose(spec) {
      const readOnly = [...toolchain.folders, ...context.gitGuard.readOnlyPaths(spec.tree)];
      const egress = spec.network === 'none' ? null : await openEgress(spec.network.registries);
      const socketPath = egress?.socketPath ?? null;
      const env = commandEnvironment({
        path: toolchain.path.join(':'),
        home: HOME_INSIDE,
        temporary: '/tmp',
        cache,
        proxyUrl: egress?.proxyUrl ?? null,
        extra: spec.env,
      });
      const args = bubblewrapArguments({
        env,
        workingFolder: spec.tree,
        writable: [cache, spec.tree, ...spec.writable],
        readOnly,
        etc,
        egressSocket: socketPath,
        filtersCalls: filter !== null,
        sharesNetwork: egress !== null && socketPath === null,
        memoryBytes: memoryLimitBytes(limits),
      });
      const limited = limitedTo(limits, spec.timeoutMs, 0);
      const folders = [spec.tree, ...spec.writable];
      const dropped = user === null ? [] : dropTo(user, [user.gid, ...folders.map(keys)]);
      return {
        argv: [
          ...outer,
          ...dropped,
          'bwrap',
          ...args,
          ...limited,
          ...program(spec, socketPath === null ? null : nodePath),
        ],
        env: { PATH: context.searchPath },
        cwd: '/',
        files: filter === null ? [] : [filter],
        descendants: createNamespaceDescendants(),
        refusedHosts: () => egress?.proxy.refused() ?? [],
        release: async () => egress?.proxy.close(),
      };
    },
    async close() {
      if (socketFolder.isOurs) await fs.rm(socketFolder.path, { recursive: true, force: true });
    },
  };
}

function program(spec: CommandSpec, relayNode: string | null): readonly string[] {
  return relayNode === null ? ['/bin/bash', '-c', spec.command] : behindRelay(relayNode, spec.command);
}

function caveatsOf(canRelay: boolean, filtersCalls: boolean): readonly string[] {
  return [
    ...(canRelay
      ? []
      : [
          `Set-up commands share this machine's network, because their user cannot read the runner's Node (${process.execPath}); they are only asked to use the proxy to package registries.`,
        ]),
    ...(filtersCalls
      ? []
      : [
          `Commands can use every system call, because those of this processor (${process.arch}) are not known: the keys of the runner's session keyring and vsock are in their reach.`,
        ]),
  ];
}

/** Null where the calls of the processor are not known. */
async function writeFilter(scratch: string): Promise<string | null> {
  const filter = syscallFilter(process.arch);
  if (filter === null) return null;
  const path = join(scratch, 'calls.bpf');
  await fs.writeFile(path, filter, { mode: 0o600 });
  return path;
}

/** A folder that others can pass through, with a path short enough for sockets in it. */
async function findSocketFolder(scratch: string): Promise<{ path: string; isOurs: boolean }> {
  if (Buffer.byteLength(scratch) <= FOLDER_PATH_BYTES) return { path: scratch, isOurs: false };
  const path = await fs.mkdtemp(join(tmpdir(), 'ptc-egress-'));
  await fs.chmod(path, 0o711);
  return { path, isOurs: true };
}
