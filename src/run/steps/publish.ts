import { type Problem } from '../../domain/errors.ts';
import { type GateRefusal, judgeAgainst } from '../../domain/policy/gate.ts';
import {
  type ChangeStory,
  commitMessage,
  pullRequestBody,
  pullRequestTitle,
} from '../../domain/report/pull-request-text.ts';
import { type SubtaskView } from '../../domain/report/plan-text.ts';
import { codeSpan, fit, tame } from '../../domain/report/text.ts';
import { type Outcome, type Publication, type RepositoryRun, type Run } from '../../domain/run.ts';
import { isProven, type RunnerResult } from '../../protocol/runner-result.ts';
import { type Ports } from '../ports.ts';
import { type Provision } from './provision.ts';
import { runUrl } from './run-url.ts';

type PublishPorts = Pick<Ports, 'forge' | 'store' | 'policy'>;

/**
 * Judges what the runner handed back and, when policy lets it, puts it on the forge: one commit and a pull
 * request, a draft unless the proof is green and nobody who reviewed the whole objects. A run that failed
 * leaves its patch as a draft too. Work from nothing is not put anywhere: whoever asked fetches its files.
 */
export async function publish(ports: PublishPorts, run: Run, terms: Provision): Promise<Outcome> {
  const result = await ports.store.result(run.id);
  if (result === null) return ended('failed', NO_RESULT);
  const claimed = result.problem && claimedProblem(result.problem);
  if (result.status === 'cancelled') return ended('cancelled', claimed ?? NO_RESULT);
  const failure = claimed ?? proofProblem(result);
  if (result.files.length === 0) return ended('failed', failure ?? NO_CHANGE);
  if (run.repository === null) return handOver(result, failure);
  const refusals = await judgeAgainst(
    result.files,
    (path) => ports.forge.fileAt(run, terms.baseSha, path),
    run.allow,
  );
  if (refusals.length > 0) return ended('failed', policyProblem(refusals));
  const publication = await put(ports, run, terms, result, failure);
  if (failure !== null) return { status: 'failed', problem: failure, publication };
  const status = publication.draft ? 'unproven' : 'succeeded';
  return { status, problem: reviewProblem(result), publication };
}

const ended = (status: Outcome['status'], problem: Problem): Outcome => ({
  status,
  problem,
  publication: null,
});

function handOver(result: RunnerResult, failure: Problem | null): Outcome {
  if (failure !== null) return ended('failed', failure);
  return {
    status: isProven(result) ? 'succeeded' : 'unproven',
    problem: reviewProblem(result),
    publication: null,
  };
}

async function put(
  ports: PublishPorts,
  run: RepositoryRun,
  { baseSha }: Provision,
  result: RunnerResult,
  failure: Problem | null,
): Promise<Publication> {
  const { target } = run;
  const story = await tell(ports, run, result, failure);
  const { branch, commitSha } = await ports.forge.commit(run, {
    runId: run.id,
    mode: target.mode === 'new-pull-request' ? 'new-branch' : 'existing-branch',
    branch: target.headBranch,
    baseSha,
    files: result.files,
    message: commitMessage(story),
  });
  const draft = failure !== null || !isProven(result);
  if (target.mode === 'update-pull-request') {
    const { number } = target;
    return { pullRequestNumber: number, pullRequestUrl: run.subject?.url ?? '', branch, commitSha, draft };
  }
  const opened = await ports.forge.openPullRequest(run, {
    headBranch: branch,
    baseBranch: target.baseBranch,
    title: pullRequestTitle(story),
    body: pullRequestBody(story),
    draft,
  });
  return {
    pullRequestNumber: opened.number,
    pullRequestUrl: opened.url,
    branch,
    commitSha,
    draft: opened.draft,
  };
}

async function tell(
  ports: PublishPorts,
  run: RepositoryRun,
  result: RunnerResult,
  failure: Problem | null,
): Promise<ChangeStory> {
  const template = run.target.mode === 'new-pull-request' ? await ports.forge.pullRequestTemplate(run) : null;
  return {
    run,
    summary: result.summary ?? {
      title: run.task.title,
      body: 'The run ended before the change was summed up.',
    },
    proof: result.proof,
    spending: await ports.store.spending(run.id),
    runUrl: runUrl(ports.policy, run.id),
    template,
    warning: failure === null ? null : `${fit(tame(failure.message), MAX_WARNING, '…')}\n${failure.remedy}`,
    subtasks: subtaskViews(result),
    objection: result.verification?.verdict === false ? result.verification.feedback : null,
  };
}

const MAX_WARNING = 4000;

function subtaskViews({ plan, subtasks }: RunnerResult): readonly SubtaskView[] {
  const ends = new Map(subtasks.map((each) => [each.index, each]));
  return (plan?.subtasks ?? []).map(({ goal }, index) => {
    const end = ends.get(index);
    return { goal, state: end?.state ?? 'waiting', detail: end?.output ?? '' };
  });
}

/** A problem as the workspace reports it. Its remedy is shown as Markdown, as ours are. */
const claimedProblem = (problem: Problem): Problem => ({
  ...problem,
  code: /^[a-z][a-z-]{0,60}$/.test(problem.code) ? problem.code : 'runner-failed',
  remedy: fit(tame(problem.remedy), 1000, '…'),
});

function reviewProblem({ verification }: RunnerResult): Problem | null {
  if (verification?.verdict !== false) return null;
  return {
    code: 'review-objects',
    message: `A review of the whole change finds that it does not do the task yet:\n${verification.feedback}`,
    remedy: 'Look at the draft; comment `/ptc build` with what is still missing to go on.',
    retryable: false,
  };
}

const NO_RESULT: Problem = {
  code: 'no-result',
  message: 'The run ended without a result.',
  remedy: 'Comment `/ptc build` to start again.',
  retryable: true,
};

const NO_CHANGE: Problem = {
  code: 'no-change',
  message: 'The model finished without changing any file.',
  remedy: 'Say in the issue what should change and how one can see it, then comment `/ptc build` again.',
  retryable: false,
};

function proofProblem({ proof }: RunnerResult): Problem | null {
  if (proof?.verdict !== 'red') return null;
  return {
    code: 'checks-failed',
    message: ['After the last attempt a check still fails.', ...proof.reasons].join('\n'),
    remedy: 'Look at the draft or the run page; comment `/ptc build` with a hint to try again.',
    retryable: false,
  };
}

function policyProblem(refusals: readonly GateRefusal[]): Problem {
  const allowable = refusals.filter((refusal) => refusal.allowable);
  const options = [...new Set(allowable.map(({ path }) => `--allow ${quote(path)}`))].join(' ');
  return {
    code: 'policy-refused',
    message: [
      'The change is ready but touches what I may not publish:',
      ...refusals.map(({ path, reason }) => `- ${path}: ${reason}`),
    ].join('\n'),
    remedy:
      allowable.length === refusals.length
        ? `If that is wanted, comment ${codeSpan(`/ptc build ${options}`)}.`
        : 'Take the patch from the run page and commit it yourself, if it is wanted.',
    retryable: false,
  };
}

const quote = (path: string): string => (/\s/.test(path) ? `"${path}"` : path);
