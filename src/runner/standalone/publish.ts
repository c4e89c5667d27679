import { type GateRefusal, judgeAgainst } from '../../domain/policy/gate.ts';
import { PtcError } from '../../domain/errors.ts';
import { type RunnerResult } from '../../protocol/runner-result.ts';
import { readChange } from '../change.ts';
import { openCommits } from '../commits.ts';
import { git, GitFailed } from '../git.ts';

/**
 * The result's change as a commit on its base, in the workspace's own repository. What the gate judges is read
 * from that very commit, so nothing else can be pushed.
 * @throws PtcError `policy-refused`
 */
export async function commitResult(
  gitDir: string,
  { baseSha, diff }: RunnerResult,
  message: string,
  signal: AbortSignal,
): Promise<string> {
  const commits = openCommits(gitDir);
  const tree = await commits.treeOf(await commits.commitChange(diff, baseSha, signal), signal);
  const { files } = await readChange({ gitDir, baseSha }, tree, signal);
  const refusals = await judgeAgainst(files, (path) => textAt(gitDir, baseSha, path, signal), []);
  if (refusals.length > 0) throw policyRefused(refusals);
  const args = ['commit-tree', tree, '-p', baseSha, '-F', '-'];
  return (await git(args, { gitDir, signal, input: message })).toString().trim();
}

/** Null when the commit has no such file. */
async function textAt(
  gitDir: string,
  commit: string,
  path: string,
  signal: AbortSignal,
): Promise<string | null> {
  try {
    return (await git(['cat-file', 'blob', `${commit}:${path}`], { gitDir, signal })).toString();
  } catch (error) {
    if (error instanceof GitFailed && error.exitCode !== null) return null;
    throw error;
  }
}

const policyRefused = (refusals: readonly GateRefusal[]): PtcError =>
  new PtcError({
    code: 'policy-refused',
    message: [
      'The change is ready but touches what must not be published:',
      ...refusals.map(({ path, reason }) => `- ${path}: ${reason}`),
    ].join('\n'),
    remedy: 'Look at the patch and commit it yourself, if it is wanted.',
    retryable: false,
  });
