import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { git } from './git.ts';

/** Commits and trees made without a work tree. */
export interface Commits {
  /** The git tree of a commit. */
  treeOf(commit: string, signal: AbortSignal): Promise<string>;
  /** A commit of the tree on top of another commit; the same two are the same commit. */
  commitTree(tree: string, onTop: string, signal: AbortSignal): Promise<string>;
  /** A commit of what a git diff makes of another commit. Throws GitFailed when it does not apply exactly. */
  commitChange(diff: string, onTop: string, signal: AbortSignal): Promise<string>;
}

export function openCommits(gitDir: string): Commits {
  const text = async (args: readonly string[], signal: AbortSignal, env = {}): Promise<string> =>
    (await git(args, { gitDir, env, signal })).toString().trim();
  const commitTree: Commits['commitTree'] = (tree, onTop, signal) => {
    const date = '2000-01-01T00:00:00Z';
    const env = { GIT_AUTHOR_DATE: date, GIT_COMMITTER_DATE: date };
    return text(['commit-tree', tree, '-p', onTop, '-m', 'A change of this run'], signal, env);
  };
  return {
    treeOf: (commit, signal) => text(['rev-parse', `${commit}^{tree}`], signal),
    commitTree,
    async commitChange(diff, onTop, signal) {
      const index = join(gitDir, `index-${randomUUID()}`);
      const env = { GIT_INDEX_FILE: index };
      try {
        await git(['read-tree', onTop], { gitDir, env, signal });
        if (diff !== '') {
          const args = ['apply', '--cached', '--whitespace=nowarn'];
          await git(args, { gitDir, env, signal, input: diff });
        }
        return await commitTree(await text(['write-tree'], signal, env), onTop, signal);
      } finally {
        await rm(index, { force: true });
      }
    },
  };
}
