import { realpathSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

const SYSTEM_PATH = ['/usr/local/bin', '/usr/bin', '/bin'];

/** Where a command finds its programs: folders for PATH, and those outside /usr that must be made visible. */
export interface Toolchain {
  readonly path: readonly string[];
  readonly folders: readonly string[];
}

/**
 * Programs of the system, of /opt as far as the runner has them on its PATH, and at the very end the
 * runner's own Node, so that a machine with Node elsewhere than in /usr can run JavaScript too.
 *
 * @param searchPath the runner's PATH
 * @param nodePath the runner's Node; null when commands cannot or need not see it
 */
export function findToolchain(searchPath: string, nodePath: string | null): Toolchain {
  const optional = searchPath
    .split(':')
    .filter((folder) => folder.startsWith('/opt/') && realFolder(folder)?.startsWith('/opt/') === true);
  const node = nodePath === null ? [] : [dirname(nodePath)];
  return {
    path: [...new Set([...SYSTEM_PATH, ...optional, ...node])],
    folders: [...new Set([...optional.flatMap(programFolders), ...node.flatMap(nodeFolders)])],
  };
}

/** What programs in `<prefix>/bin` read from beside it, and nothing else that a person may keep there. */
function programFolders(bin: string): readonly string[] {
  const prefix = dirname(bin);
  if (basename(bin) !== 'bin' || prefix === '/opt') return [bin];
  const parts = ['bin', 'lib', 'lib64', 'libexec', 'share', 'include'];
  return parts.map((part) => join(prefix, part)).filter(isFolder);
}

function nodeFolders(bin: string): readonly string[] {
  if (bin.startsWith('/usr/')) return [];
  const packaged = ['npm', 'corepack'].map((name) => join(dirname(bin), 'lib', 'node_modules', name));
  return [bin, ...packaged.filter(isFolder)];
}

function isFolder(path: string): boolean {
  return realFolder(path) !== null;
}

function realFolder(path: string): string | null {
  try {
    const real = realpathSync(path);
    return statSync(real).isDirectory() ? real : null;
  } catch {
    return null;
  }
}
