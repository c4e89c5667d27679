import { lstatSync, readlinkSync } from 'node:fs';
import { RELAY_SOCKET } from './egress-relay.ts';
import { type SystemFiles } from './system-files.ts';

export const HOME_INSIDE = '/home/command';

/** What a command sees of the machine, besides the system's programs. Paths are absolute. */
export interface BubblewrapParts {
  readonly env: Readonly<Record<string, string>>;
  readonly workingFolder: string;
  readonly writable: readonly string[];
  /** Shown after the writable ones, so they may lie in them. */
  readonly readOnly: readonly string[];
  readonly etc: SystemFiles;
  readonly egressSocket: string | null;
  readonly sharesNetwork: boolean;
  /** Takes system calls away (`syscallFilter`), read from descriptor 4. */
  readonly filtersCalls: boolean;
  /** For files that live in memory: /tmp gets half, the home and /dev/shm an eighth each. */
  readonly memoryBytes: number;
}

/** Arguments of `bwrap`, up to the program it shall run; it reports on descriptor 3. */
export function bubblewrapArguments(parts: BubblewrapParts): readonly string[] {
  return [
    ...separation(parts.sharesNetwork),
    ...(parts.filtersCalls ? ['--seccomp', '4'] : []),
    ...Object.entries(parts.env).flatMap(([name, value]) => ['--setenv', name, value]),
    ...systemFolders(),
    '--ro-bind',
    parts.etc.folder,
    '/etc',
    ...readOnly(parts.etc.shown),
    ...kernelFolders(parts.memoryBytes),
    ...parts.writable.flatMap((path) => ['--bind', path, path]),
    ...readOnly(parts.readOnly),
    ...(parts.egressSocket === null ? [] : ['--ro-bind', parts.egressSocket, RELAY_SOCKET]),
    '--remount-ro',
    '/',
    '--chdir',
    parts.workingFolder,
    '--',
  ];
}

function readOnly(paths: readonly string[]): readonly string[] {
  return paths.flatMap((path) => ['--ro-bind', path, path]);
}

function separation(sharesNetwork: boolean): readonly string[] {
  const namespaces = '--unshare-all --unshare-user --disable-userns --hostname workspace';
  const rights = '--die-with-parent --new-session --cap-drop ALL --json-status-fd 3 --clearenv';
  return `${namespaces} ${sharesNetwork ? '--share-net ' : ''}${rights}`.split(' ');
}

function kernelFolders(memoryBytes: number): readonly string[] {
  return [
    ...'--proc /proc --dev /dev'.split(' '),
    ...memoryFolder('/dev/shm', memoryBytes / 8),
    '--remount-ro',
    '/dev',
    ...memoryFolder('/tmp', memoryBytes / 2),
    ...memoryFolder(HOME_INSIDE, memoryBytes / 8),
  ];
}

function memoryFolder(path: string, sizeBytes: number): readonly string[] {
  return ['--size', String(Math.floor(sizeBytes)), '--tmpfs', path];
}

/** /usr, and the folders beside it that are links into it on most systems. */
function systemFolders(): readonly string[] {
  const beside = ['/bin', '/sbin', '/lib', '/lib32', '/lib64'].flatMap((path) => {
    const entry = lstatSync(path, { throwIfNoEntry: false });
    if (entry === undefined) return [];
    return entry.isSymbolicLink() ? ['--symlink', readlinkSync(path), path] : ['--ro-bind', path, path];
  });
  return ['--ro-bind', '/usr', '/usr', ...beside];
}
