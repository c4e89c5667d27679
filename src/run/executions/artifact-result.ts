import { type Problem } from '../../domain/errors.ts';
import { toDocument } from '../../domain/plan.ts';
import { type Outcome, type RepositoryRun, type Run, type Spending } from '../../domain/run.ts';
import { fullName } from '../../domain/trigger.ts';
import { type Proof } from '../../protocol/proof.ts';
import {
  type ExecutionStatus,
  type LlmUsage,
  type PTCArtifactResult,
  type PTCExecutionPlan,
  type RomaTestResults,
} from '../../protocol/roma.ts';
import { type RunnerResult } from '../../protocol/runner-result.ts';
import { artifactsOf } from './artifacts.ts';
import { romaProvider } from './run-of-plan.ts';
import { testResultsOf } from './test-results.ts';

/** All that is known of an execution at its end. */
export interface EndedExecution {
  readonly plan: Pick<PTCExecutionPlan, 'execution_id' | 'enable_testing' | 'primary_llm'>;
  readonly cacheKey: string | null;
  readonly run: Run;
  readonly runUrl: string | null;
  readonly warnings: readonly string[];
  readonly startedAt: string | null;
  readonly outcome: Outcome;
  /** Null when the run ended before there was any. */
  readonly result: RunnerResult | null;
  readonly spending: Spending;
  /** Times the change was put to the test. */
  readonly attempts: number;
}

/** What ROMA is told of an execution. */
export function artifactResultOf(ended: EndedExecution, now: Date): PTCArtifactResult {
  const { plan, cacheKey, run, outcome, result, spending, attempts } = ended;
  const { artifacts, warnings: leftOut } = artifactsOf(result?.files ?? []);
  const tests = plan.enable_testing ? testResultsOf(result?.proof ?? null) : null;
  const status = statusOf(ended, tests, artifacts.length);
  const startedAt = new Date(ended.startedAt ?? run.createdAt);
  return {
    execution_id: plan.execution_id,
    status,
    artifacts,
    test_results: tests,
    iterations_used: Math.max(attempts, spending.requests > 0 ? 1 : 0),
    error_message: errorOf(status, outcome.problem),
    warnings: [...ended.warnings, ...otherModels(ended), ...leftOut, ...whyPartial(ended, status, tests)],
    llm_usage: spending.models.map(usageOf),
    started_at: startedAt.toISOString(),
    completed_at: now.toISOString(),
    duration_seconds: Math.max(0, now.getTime() - startedAt.getTime()) / 1000,
    from_cache: false,
    cache_key: cacheKey,
    metadata: metadataOf(ended),
  };
}

/** Problems that end the work without keeping it from being of use: the tests fail. */
const TESTS_FAILED = new Set(['checks-failed', 'checks-red']);

function statusOf(ended: EndedExecution, tests: RomaTestResults | null, artifacts: number): ExecutionStatus {
  const { run, outcome } = ended;
  const { status, problem } = outcome;
  if (problem?.code === 'job-timeout') return 'TIMEOUT';
  const isNothing = run.repository === null ? artifacts === 0 : outcome.publication === null;
  if (isNothing || status === 'cancelled') return 'FAILURE';
  if (status === 'failed') {
    return problem !== null && TESTS_FAILED.has(problem.code) ? 'PARTIAL_SUCCESS' : 'FAILURE';
  }
  return isDone(ended, tests) ? 'SUCCESS' : 'PARTIAL_SUCCESS';
}

/** Is what was made as good as was asked for? */
function isDone({ plan, run, outcome, result }: EndedExecution, tests: RomaTestResults | null): boolean {
  if (result?.verification?.verdict === false) return false;
  if (!plan.enable_testing) return true;
  return run.repository === null ? isGreen(result?.proof ?? null, tests) : outcome.status === 'succeeded';
}

/** Tests were run and none failed, and no stage of the validation did. */
function isGreen(proof: Proof | null, tests: RomaTestResults | null): boolean {
  if (proof === null || tests === null || proof.verdict === 'red') return false;
  const stages = proof.stages ?? [];
  return (
    tests.exit_code === 0 &&
    tests.tests_failed === 0 &&
    tests.tests_passed > 0 &&
    stages.every(({ state }) => state !== 'failed')
  );
}

/** Whoever named a model first should know when it was others that answered. */
function otherModels({ plan, spending }: EndedExecution): readonly string[] {
  const usage = spending.models.map(usageOf);
  if (usage.length === 0 || usage.some(({ provider }) => provider === plan.primary_llm)) return [];
  const answered = usage.map(({ provider, model }) => `${model} (${provider})`).join(', ');
  return [`${plan.primary_llm} is not configured on this server, or gave no answer: ${answered} did.`];
}

function whyPartial(
  { plan, result }: EndedExecution,
  status: ExecutionStatus,
  tests: RomaTestResults | null,
): readonly string[] {
  if (status !== 'PARTIAL_SUCCESS') return [];
  const none = tests === null || tests.tests_passed + tests.tests_failed === 0;
  return [
    ...(plan.enable_testing && none ? ['No test was run, though tests were wanted.'] : []),
    ...(result?.proof?.reasons ?? []),
  ];
}

function errorOf(status: ExecutionStatus, problem: Problem | null): string | null {
  if (status === 'SUCCESS') return null;
  if (problem !== null) return `${problem.message}\n${problem.remedy}`;
  return status === 'FAILURE' ? 'Nothing that could be handed over came of it.' : null;
}

function usageOf({
  name,
  inputTokens,
  outputTokens,
  requests,
  costUsd,
}: Spending['models'][number]): LlmUsage {
  const colon = name.indexOf(':');
  return {
    provider: romaProvider(name.slice(0, colon)),
    model: name.slice(colon + 1),
    prompt_tokens: inputTokens,
    completion_tokens: outputTokens,
    total_tokens: inputTokens + outputTokens,
    api_calls: requests,
    cost_usd: costUsd,
  };
}

/** What the contract has no field for. */
function metadataOf({ run, runUrl, outcome, result, spending }: EndedExecution): Record<string, unknown> {
  return {
    run_id: run.id,
    run_url: runUrl,
    error_code: outcome.problem?.code ?? null,
    cost_usd: spending.costUsd,
    ...workOf(result),
    ...(run.repository === null ? {} : placeOfWork(run, outcome, result)),
  };
}

function workOf(result: RunnerResult | null): Record<string, unknown> {
  const { summary, plan, subtasks, proof } = result ?? NO_WORK;
  return {
    summary,
    plan: plan === null ? null : toDocument(plan),
    subtasks: subtasks.map(({ index, state, output }) => ({ index, state, output })),
    proof: proof?.verdict ?? null,
    isolation: proof?.isolation ?? null,
    stages: proof?.stages ?? null,
  };
}

const NO_WORK: Pick<RunnerResult, 'summary' | 'plan' | 'subtasks' | 'proof'> = {
  summary: null,
  plan: null,
  subtasks: [],
  proof: null,
};

function placeOfWork(
  { repository, target }: RepositoryRun,
  { publication }: Outcome,
  result: RunnerResult | null,
): Record<string, unknown> {
  return {
    repository: fullName(repository),
    base_branch: target.baseBranch,
    base_commit: result?.baseSha ?? null,
    branch: publication?.branch ?? null,
    commit: publication?.commitSha ?? null,
    pull_request: publication?.pullRequestUrl ?? null,
    pull_request_number: publication?.pullRequestNumber ?? null,
    draft: publication?.draft ?? null,
  };
}
