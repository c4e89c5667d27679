import { realpathSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { findRustToolchain } from './rust-toolchain.ts';

const SYSTEM_PATH = ['/usr/local/bin', '/usr/bin', '/bin'];

/** Where a command finds its programs: folders for PATH, and those outside /usr that must be made visible. */
export interface Toolchain {
  readonly path: readonly string[];
  readonly folders: readonly string[];
}

/**
 * Programs of the system, those below /usr and /opt that the runner has on its PATH, rustup's Rust, and at the
 * very end the runner's own Node, so that a machine with Node elsewhere than in /usr can run JavaScript too.
 *
 * @param searchPath the runner's PATH
 * @param nodePath the runner's Node; null when commands cannot or need not see it
 */
export function findToolchain(searchPath: string, nodePath: string | null): Toolchain {
  const below = (root: string): readonly string[] =>
    searchPath
      .split(':')
      .filter((folder) => folder.startsWith(root) && realFolder(folder)?.startsWith(root) === true)
      // What npm puts there while it runs the runner.
      .filter((folder) => !folder.includes('/node_modules/'));
  const optional = below('/opt/');
  const rust = findRustToolchain(searchPath);
  const rustBin = rust === null ? [] : [join(rust, 'bin')];
  const node = nodePath === null ? [] : [dirname(nodePath)];
  const outside = rust === null || rust.startsWith('/usr/') ? [] : [rust];
  return {
    path: [...new Set([...SYSTEM_PATH, ...rustBin, ...below('/usr/'), ...optional, ...node])],
    folders: [...new Set([...optional.flatMap(programFolders), ...outside, ...node.flatMap(nodeFolders)])],
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
