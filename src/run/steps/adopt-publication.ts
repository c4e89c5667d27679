import { type Problem, toProblem } from '../../domain/errors.ts';
import { type Outcome, type Publication, type RepositoryRun, type Run } from '../../domain/run.ts';
import { type StandaloneState } from '../../domain/workspace-news.ts';
import { type Ports, type PullRequestInfo } from '../ports.ts';

const PULL_REQUEST = /\/pull\/(\d{1,15})$/;

/**
 * What a workspace that stood alone has published, as the run's outcome. Its pull request counts only when the forge
 * shows it: in this repository, opened by our App, from the run's branch. Number, commit and whether it is a draft
 * are the forge's words, not the workspace's.
 *
 * @param givenUp why the app ended it, null when it came to its own end
 */
export async function adoptPublication(ports: Ports, run: Run, givenUp: Problem | null): Promise<Outcome> {
  await ports.store.enterPhase(run.id, 'publishing');
  const state = await ports.standaloneRuns.state(run.id);
  const publication = run.repository === null ? null : await confirmed(ports, run, state);
  const problem = givenUp ?? failureOf(state);
  if (problem !== null)
    return { status: problem.code === 'cancelled' ? 'cancelled' : 'failed', problem, publication };
  if (publication === null) return { status: 'failed', problem: NOT_CONFIRMED, publication };
  return { status: publication.draft ? 'unproven' : 'succeeded', problem: null, publication };
}

async function confirmed(
  ports: Ports,
  run: RepositoryRun,
  state: StandaloneState | null,
): Promise<Publication | null> {
  const number = Number(PULL_REQUEST.exec(state?.pullRequestUrl ?? '')?.[1] ?? 0);
  if (number === 0) return null;
  const found = await ports.forge.pullRequest(run, number).catch((thrown: unknown) => {
    const problem = toProblem(thrown);
    if (problem.retryable) throw thrown;
    ports.log.warn({ runId: run.id, problem }, 'a pull request that a workspace told of was not found');
    return null;
  });
  if (found === null || !found.ours || !isOf(run, found)) return null;
  const { url: pullRequestUrl, headBranch: branch, headSha: commitSha, draft } = found;
  return { pullRequestNumber: number, pullRequestUrl, branch, commitSha, draft };
}

/** Where the branch's name was taken, the workspace put a number behind it. */
function isOf(
  { target }: RepositoryRun,
  { headBranch, baseBranch }: Pick<PullRequestInfo, 'headBranch' | 'baseBranch'>,
): boolean {
  const wanted = target.headBranch;
  const rest = headBranch.startsWith(wanted) ? headBranch.slice(wanted.length) : null;
  return rest !== null && /^(?:-\d{1,2})?$/.test(rest) && baseBranch === target.baseBranch;
}

function failureOf(state: StandaloneState | null): Problem | null {
  if (state?.end?.status !== 'failed') return null;
  const { error } = state.end;
  const code = /^([a-z][a-z-]{0,60}): /.exec(error)?.[1] ?? 'runner-failed';
  return {
    code,
    message: error || 'The workspace, which stood alone, failed without saying why.',
    remedy: 'See what the workspace says, then comment `/ptc build` with a hint to start again.',
    retryable: false,
  };
}

const NOT_CONFIRMED: Problem = {
  code: 'pull-request-not-confirmed',
  message: 'The workspace says that it is done, but GitHub shows no pull request of this run.',
  remedy: 'Look for the branch of this run in the repository; comment `/ptc build` to start again.',
  retryable: false,
};
