import { git, GitFailed } from '../git.ts';
import { type Repository } from '../repository.ts';

/**
 * Three-way merge of two commits of the job, without a work tree. Their newest common ancestor is the one
 * that the subtask started from.
 *
 * @returns the commit of the merged tree on top of `onTop`; null when they conflict
 */
export async function mergeOnTop(
  repository: Pick<Repository, 'gitDir' | 'commitTree'>,
  onTop: string,
  commit: string,
  signal: AbortSignal,
): Promise<string | null> {
  try {
    const args = ['merge-tree', '--write-tree', '--no-messages', onTop, commit];
    const merged = await git(args, { gitDir: repository.gitDir, signal });
    const tree = merged.toString().split('\n', 1)[0] ?? '';
    return await repository.commitTree(tree, onTop, signal);
  } catch (error) {
    if (error instanceof GitFailed && error.exitCode === 1) return null;
    throw error;
  }
}
