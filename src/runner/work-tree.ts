import { existsSync } from 'node:fs';
import { copyFile, rm } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { EMPTY_TREE_SHA } from '../protocol/empty-base.ts';
import { git, GitFailed, nulSeparated } from './git.ts';
import { tracksNothing } from './git-index.ts';
import { type Checkout } from './repository.ts';

/**
 * The tree the agent works in. Part of the change is: every alteration of a tracked file, whoever made it,
 * and every new file that was made on purpose (`track`). Other new files are by-products and stay here.
 */
export interface WorkTree extends Checkout {
  /**
   * Makes new files part of the change.
   * @returns those that are not, because the repository ignores them
   */
  track(paths: readonly string[]): Promise<readonly string[]>;
  /** The git tree of the change as it stands. Works beside a git process that was ended half way. */
  snapshot(signal: AbortSignal): Promise<string>;
  /** Files in which the change as it stands differs from a git tree. */
  changedSince(tree: string, signal: AbortSignal): Promise<readonly string[]>;
  /** Files of the change's tree, sorted by git. */
  trackedFiles(signal: AbortSignal): Promise<readonly string[]>;
  /** New files that are neither tracked nor ignored; a folder with none tracked is one entry ending in `/`. */
  byProducts(signal: AbortSignal): Promise<readonly string[]>;
  /** Removes every file that is no part of the change, ignored ones too. */
  removeByProducts(signal: AbortSignal): Promise<void>;
  /** Puts the files that differ back to what they are in the git tree. Returns their paths. */
  restore(tree: string, signal: AbortSignal): Promise<readonly string[]>;
}

/**
 * @param onlyPatched no command ever runs in it: it changes by what is tracked after each patch, and in no other way
 */
export function openWorkTree(checkout: Checkout, onlyPatched = false): WorkTree {
  const call = { gitDir: checkout.gitDir, workTree: checkout.path };

  let latest: Promise<string> | null = null;
  const takeSnapshot = async (signal: AbortSignal): Promise<string> => {
    const index = join(checkout.gitDir, 'snapshot-index');
    await rm(`${index}.lock`, { force: true });
    if (await tracksNothing(join(checkout.gitDir, 'index'))) return EMPTY_TREE_SHA;
    if (onlyPatched) return (await git(['write-tree'], { ...call, signal })).toString().trim();
    await copyFile(join(checkout.gitDir, 'index'), index);
    const env = { GIT_INDEX_FILE: index };
    await git(['add', '--update', '--', '.'], { ...call, env, signal });
    return (await git(['write-tree'], { ...call, env, signal })).toString().trim();
  };

  const snapshot = async (signal: AbortSignal): Promise<string> => {
    if (!onlyPatched) return takeSnapshot(signal);
    latest ??= takeSnapshot(signal);
    latest.catch(() => (latest = null));
    return latest;
  };

  const differing = async (one: string, other: string, signal: AbortSignal): Promise<readonly string[]> =>
    nulSeparated(await git(['diff-tree', '-r', '-z', '--name-only', one, other], { ...call, signal }));

  return {
    ...checkout,
    snapshot,
    async track(paths) {
      latest = null;
      const ignored = new Set(await ignoredOf(paths, call));
      const kept = paths.filter((path) => !ignored.has(path));
      // Not to be stopped half way: a lock left behind would end every later call.
      if (onlyPatched) await git(['add', '--all', '--', '.'], { ...call, signal: null });
      else if (kept.length > 0)
        await git(['add', '--intent-to-add', '--', ...kept], { ...call, signal: null });
      return [...ignored];
    },
    changedSince: async (tree, signal) => differing(tree, await snapshot(signal), signal),
    async trackedFiles(signal) {
      const [known, deleted] = await Promise.all([
        git(['ls-files', '-z'], { ...call, signal }),
        git(['ls-files', '-z', '--deleted'], { ...call, signal }),
      ]);
      const gone = new Set(nulSeparated(deleted));
      return nulSeparated(known).filter((path) => !gone.has(path));
    },
    async byProducts(signal) {
      const args = [
        'ls-files',
        '-z',
        '--others',
        '--exclude-standard',
        '--directory',
        '--no-empty-directory',
      ];
      return nulSeparated(await git(args, { ...call, signal }));
    },
    async removeByProducts(signal) {
      await git(['clean', '-d', '-x', '--force', '--force', '--quiet'], { ...call, signal });
    },
    async restore(tree, signal) {
      const now = await snapshot(signal);
      if (now === tree) return [];
      const paths = await differing(tree, now, signal);
      const args = [
        'restore',
        `--source=${tree}`,
        '--worktree',
        '--pathspec-from-file=-',
        '--pathspec-file-nul',
      ];
      await git(args, { ...call, input: paths.join('\0'), signal });
      return paths;
    },
  };
}

async function ignoredOf(
  paths: readonly string[],
  call: { readonly gitDir: string; readonly workTree: string },
): Promise<readonly string[]> {
  // Nothing else ignores a file: git is told of no other place, here and in its configuration.
  if (!paths.some((path) => isBelowIgnoreFile(path, call.workTree))) return [];
  // `./` keeps a name from being read as a pattern: this command alone knows no literal ones.
  const input = paths.map((path) => `./${path}\0`).join('');
  const env = { GIT_LITERAL_PATHSPECS: '0' };
  try {
    const output = await git(['check-ignore', '-z', '--stdin'], { ...call, env, input, signal: null });
    return nulSeparated(output).map((path) => path.slice(2));
  } catch (error) {
    if (error instanceof GitFailed && error.exitCode === 1) return []; // none of them is ignored
    throw error;
  }
}

function isBelowIgnoreFile(path: string, tree: string): boolean {
  for (let folder = posix.dirname(path); ; folder = posix.dirname(folder)) {
    if (existsSync(join(tree, folder, '.gitignore'))) return true;
    if (folder === '.') return false;
  }
}
