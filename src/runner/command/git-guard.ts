import { lstatSync, readFileSync } from 'node:fs';
import { join, resolve, sep } from 'node:path';

/** What of a tree's repository commands may read and never write. */
export interface GitGuard {
  /** Looks at the tree anew; called while no command can write to it. */
  look(tree: string): void;
  /** Paths to show read-only: its `.git`, and the repository that a worktree's `.git` file points to. */
  readOnlyPaths(tree: string): readonly string[];
}

/**
 * Remembers what `.git` was before the first command ran in a tree: a command that finds none could make
 * one, even a link to a folder of the runner, and have it shown to the next command.
 *
 * @param repository the folder below which the repository of worktrees lies
 */
export function createGitGuard(repository: string): GitGuard {
  const seen = new Map<string, readonly string[]>();
  return {
    look(tree) {
      seen.set(tree, findGit(tree, repository));
    },
    readOnlyPaths(tree) {
      const paths = seen.get(tree) ?? findGit(tree, repository);
      seen.set(tree, paths);
      return paths;
    },
  };
}

function findGit(tree: string, repository: string): readonly string[] {
  const git = join(tree, '.git');
  const entry = lstatSync(git, { throwIfNoEntry: false });
  if (entry?.isDirectory() === true) return [git];
  if (entry?.isFile() !== true) return [];
  const target = /^gitdir: (.+)$/m.exec(readFileSync(git, 'utf8'))?.[1];
  const pointsToRepository = target !== undefined && resolve(tree, target).startsWith(repository + sep);
  return pointsToRepository ? [git, repository] : [git];
}
