import { type Problem, toProblem } from '../../domain/errors.ts';
import { type GateRefusal, judgeAgainst } from '../../domain/policy/gate.ts';
import { isProven, type RunnerResult } from '../../protocol/runner-result.ts';
import { type RunEnd } from '../../store/run-folder.ts';
import { gitOrNull } from '../git.ts';
import { makeBranch } from './make-branch.ts';
import { pushBranch } from './remote.ts';

/** What was asked of the branch. */
export interface BranchWish {
  /** The repository the branch is made in. */
  readonly folder: string;
  /** Null lets a name be made of the change's title. */
  readonly name: string | null;
  readonly allow: readonly string[];
  /** Where to push it; null is nowhere. */
  readonly pushTo: string | null;
}

/**
 * Judges what the runner handed back by the same policy as a server does, and makes the branch when there is
 * something to make it of and no check is red. Again it finds the branch it made.
 */
export async function conclude(result: RunnerResult, wish: BranchWish, signal: AbortSignal): Promise<RunEnd> {
  if (result.status === 'cancelled') return ended('cancelled', result.problem ?? NO_CHANGE);
  const failure = result.problem ?? proofProblem(result);
  if (failure !== null) return ended('failed', failure);
  if (result.files.length === 0)
    return result.plan === null || result.proof !== null ? ended('failed', NO_CHANGE) : PLANNED;
  const refusals = await judgeAgainst(
    result.files,
    (path) => gitOrNull(['cat-file', 'blob', `${result.baseSha}:${path}`], { folder: wish.folder, signal }),
    wish.allow,
  );
  if (refusals.length > 0) return ended('failed', policyProblem(refusals));
  try {
    return await put(result, wish, signal);
  } catch (thrown) {
    return ended('failed', toProblem(thrown));
  }
}

const ended = (status: RunEnd['status'], problem: Problem): RunEnd => ({
  status,
  problem: forTerminal(problem),
  branch: null,
});

/** Problems are written for a pull request's readers; a terminal has no comments to write. */
export const forTerminal = (problem: Problem): Problem =>
  problem.remedy.includes('/ptc ')
    ? {
        ...problem,
        remedy: 'Run it again; a hint in the task, --attempts, --budget or another --model can help.',
      }
    : problem;

const PLANNED: RunEnd = { status: 'planned', problem: null, branch: null };

async function put(result: RunnerResult, wish: BranchWish, signal: AbortSignal): Promise<RunEnd> {
  const { folder } = wish;
  const title = result.summary?.title.replace(/\s+/g, ' ').trim() || 'Change by PTC Bot';
  const message = [title.slice(0, 100), result.summary?.body.trim() ?? '', `PTC-Run: ${result.runId}`];
  const made = await makeBranch({
    folder,
    baseSha: result.baseSha,
    name: wish.name === null ? { title } : { wanted: wish.name },
    files: result.files,
    message: `${message.filter((part) => part !== '').join('\n\n')}\n`,
    signal,
  });
  const objection = reviewProblem(result);
  const status = isProven(result) ? 'succeeded' : 'unproven';
  if (wish.pushTo === null) return { status, problem: objection, branch: { ...made, pushed: false } };
  try {
    await pushBranch(folder, wish.pushTo, made.name, signal);
    return { status, problem: objection, branch: { ...made, pushed: true } };
  } catch (thrown) {
    return { status: 'failed', problem: toProblem(thrown), branch: { ...made, pushed: false } };
  }
}

const NO_CHANGE: Problem = {
  code: 'no-change',
  message: 'The run ended without changing any file.',
  remedy: 'Say what should change and how one can see it, then run it again.',
  retryable: false,
};

function proofProblem({ proof }: RunnerResult): Problem | null {
  if (proof?.verdict !== 'red') return null;
  return {
    code: 'checks-failed',
    message: ['After the last attempt a check still fails.', ...proof.reasons].join('\n'),
    remedy: 'Look at the patch; run it again with a hint in the task, or with more --attempts.',
    retryable: false,
  };
}

function reviewProblem({ verification }: RunnerResult): Problem | null {
  if (verification?.verdict !== false) return null;
  return {
    code: 'review-objects',
    message: `A review of the whole change finds that it does not do the task yet:\n${verification.feedback}`,
    remedy: 'Look at the branch; run the rest as another task, with --base and its name.',
    retryable: false,
  };
}

function policyProblem(refusals: readonly GateRefusal[]): Problem {
  const allowable = [...new Set(refusals.filter(({ allowable }) => allowable).map(({ path }) => path))];
  return {
    code: 'policy-refused',
    message: [
      'The change is ready but touches what no branch is made of unasked:',
      ...refusals.map(({ path, reason }) => `- ${path}: ${reason}`),
    ].join('\n'),
    remedy: refusals.every(({ allowable }) => allowable)
      ? `If that is wanted, run it again with ${allowable.map((path) => `--allow '${path}'`).join(' ')}, or apply the patch yourself.`
      : 'Look at the patch and apply it yourself, if it is wanted.',
    retryable: false,
  };
}
