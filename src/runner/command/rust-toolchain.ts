import { readFileSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/**
 * The folder of rustup's default toolchain, with `bin` and all it needs in it; null without one that commands
 * can use. What rustup puts on the PATH is only a stand-in that looks for toolchains in a home folder.
 *
 * @param searchPath the runner's PATH
 */
export function findRustToolchain(searchPath: string): string | null {
  for (const folder of searchPath.split(':').filter((path) => isThere(join(path, 'rustup')))) {
    const home = dirname(folder);
    const rustup = join(dirname(home), basename(home).startsWith('.') ? '.rustup' : 'rustup');
    const name = /^default_toolchain\s*=\s*"([\w.-]+)"/m.exec(readText(join(rustup, 'settings.toml')))?.[1];
    const toolchain = join(rustup, 'toolchains', name ?? '');
    if (name !== undefined && isThere(join(toolchain, 'bin', 'cargo')) && isForOthers(toolchain)) {
      return toolchain;
    }
  }
  return null;
}

/** A runner that is root runs commands as another user, who must get there. */
function isForOthers(path: string): boolean {
  if (process.getuid?.() !== 0) return true;
  const isOpen = (statSync(path).mode & 0o005) === 0o005;
  return isOpen && (path === '/' || isForOthers(dirname(path)));
}

/** False too for what the runner may not look at: a PATH can lead through another user's home. */
function isThere(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch {
    return false;
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
