import { describe, expect, test } from 'vitest';
import { type Outcome, type Run } from '../../../src/domain/run.ts';
import { spendingOf } from '../../../src/domain/spending.ts';
import { type CheckRun, type Proof } from '../../../src/protocol/proof.ts';
import { PTCArtifactResult } from '../../../src/protocol/roma.ts';
import { type ChangedFile, type RunnerResult } from '../../../src/protocol/runner-result.ts';
import { artifactResultOf, type EndedExecution } from '../../../src/run/executions/artifact-result.ts';
import { runOfPlan } from '../../../src/run/executions/run-of-plan.ts';
import { samplePlan } from '../../helpers/execution-plan.ts';
import { sampleResult, sampleRun } from '../../store/samples.ts';

const CREATED = '2026-11-25T10:00:00.000Z';
const NOW = new Date('2026-11-25T10:01:30.500Z');
const plan = samplePlan({ execution_id: 'exec-1' });
const artifactRun = runOfPlan(plan, { id: 'run-1', createdAt: CREATED, callbackUrl: null }, null);
const repositoryRun: Run = { ...sampleRun(), subject: null, execution: artifactRun.execution };

const SUCCEEDED: Outcome = { status: 'succeeded', problem: null, publication: null };
const UNPROVEN: Outcome = { ...SUCCEEDED, status: 'unproven' };
const failed = (code: string): Outcome => ({
  status: 'failed',
  problem: { code, message: 'It went wrong.', remedy: 'Do this.', retryable: false },
  publication: null,
});
const file = (path: string, change: Partial<ChangedFile> = {}): ChangedFile => ({
  path,
  mode: '100644',
  content: 'print(1)\n',
  encoding: 'utf-8',
  ...change,
});

const head = (change: Partial<CheckRun> = {}, end: Partial<CheckRun['end']> = {}): CheckRun => ({
  passed: true,
  counts: { passed: 3, failed: 0, skipped: 1 },
  end: { exitCode: 0, limit: null, durationMs: 1500, output: '3 passed', outputBytes: 8, ...end },
  ...change,
});
const check = (run: CheckRun | null, kind: 'test' | 'lint' = 'test', command = 'pytest') => ({
  name: kind,
  kind,
  command,
  base: null,
  head: run,
});
const proof = (checks: Proof['checks'], change: Partial<Proof> = {}): Proof => ({
  verdict: 'green',
  reasons: [],
  isolation: 'bubblewrap',
  setup: [],
  checks,
  tests: [],
  knownFailures: [],
  newFailures: [],
  deletedTests: [],
  skippedTests: [],
  checkConfiguration: [],
  coverage: null,
  stages: [
    { stage: 'syntactic', state: 'passed', detail: '2 files' },
    { stage: 'semantic', state: 'passed', detail: '' },
    { stage: 'integration', state: 'passed', detail: '3 tests' },
  ],
  ...change,
});
const GREEN = proof([check(head())]);
const RED = proof([check(head({ passed: false, counts: null }, { exitCode: 1, output: 'boom' }))], {
  verdict: 'red',
  reasons: ['A test fails.'],
});

interface Parts extends Partial<Omit<EndedExecution, 'result'>> {
  readonly result?: Partial<RunnerResult> | null;
}

function resultOf({ result = {}, ...parts }: Parts = {}): PTCArtifactResult {
  const ended: EndedExecution = {
    plan,
    cacheKey: 'key',
    run: artifactRun,
    runUrl: null,
    warnings: [],
    startedAt: '2026-11-25T10:00:30.000Z',
    outcome: SUCCEEDED,
    result:
      result === null ? null : { ...sampleResult('run-1'), files: [file('a.py')], proof: GREEN, ...result },
    spending: spendingOf([]),
    attempts: 1,
    ...parts,
  };
  return PTCArtifactResult.parse(artifactResultOf(ended, NOW));
}
const statusOf = (parts: Parts): string => resultOf(parts).status;
const untested = { plan: { ...plan, enable_testing: false } };

describe('the status', () => {
  test.each<[string, string, Parts]>([
    ['SUCCESS', 'tests that ran and passed', {}],
    [
      'SUCCESS',
      'files, where no tests were wanted',
      { ...untested, outcome: UNPROVEN, result: { proof: null } },
    ],
    ['PARTIAL_SUCCESS', 'tests that fail', { outcome: failed('checks-failed'), result: { proof: RED } }],
    [
      'PARTIAL_SUCCESS',
      'tests that failed to the last try',
      { outcome: failed('checks-red'), result: { proof: RED } },
    ],
    ['PARTIAL_SUCCESS', 'no tests, though wanted', { outcome: UNPROVEN, result: { proof: proof([]) } }],
    [
      'PARTIAL_SUCCESS',
      'tests of which none was run',
      { result: { proof: proof([check(head({ counts: { passed: 0, failed: 0, skipped: 4 } }))]) } },
    ],
    [
      'PARTIAL_SUCCESS',
      'a stage that failed',
      {
        result: {
          proof: proof([check(head())], { stages: [{ stage: 'semantic', state: 'failed', detail: '' }] }),
        },
      },
    ],
    [
      'PARTIAL_SUCCESS',
      'a review that objects',
      { outcome: UNPROVEN, result: { verification: { verdict: false, feedback: 'no' } } },
    ],
    ['TIMEOUT', 'time that is up, with files', { outcome: failed('job-timeout'), result: { proof: null } }],
    ['TIMEOUT', 'time that is up, with nothing', { outcome: failed('job-timeout'), result: null }],
    ['FAILURE', 'no result', { outcome: failed('workspace-lost'), result: null }],
    ['FAILURE', 'no files', { outcome: failed('no-change'), result: { files: [] } }],
    ['FAILURE', 'nothing but deletions', { result: { files: [file('a.py', { content: null })] } }],
    ['FAILURE', 'work that was cut short', { outcome: failed('budget-used-up') }],
    ['FAILURE', 'a cancelled run', { outcome: { ...failed('cancelled'), status: 'cancelled' } }],
  ])('%s: %s', (status, _, parts) => {
    expect(statusOf(parts)).toBe(status);
  });

  const publication = {
    pullRequestNumber: 8,
    pullRequestUrl: 'https://github.example/8',
    branch: 'ptc/x',
    commitSha: 'c'.repeat(40),
    draft: false,
  };
  test.each<[string, string, Parts]>([
    ['SUCCESS', 'a proven pull request', { outcome: { ...SUCCEEDED, publication } }],
    ['SUCCESS', 'one that only deletes', { outcome: { ...SUCCEEDED, publication }, result: { files: [] } }],
    ['PARTIAL_SUCCESS', 'a draft', { outcome: { ...UNPROVEN, publication } }],
    [
      'PARTIAL_SUCCESS',
      'a draft of a workspace that stood alone',
      { outcome: { ...UNPROVEN, publication }, result: null },
    ],
    ['PARTIAL_SUCCESS', 'a draft whose checks fail', { outcome: { ...failed('checks-red'), publication } }],
    ['FAILURE', 'a change that may not be published', { outcome: failed('policy-refused') }],
  ])('%s of work on a repository: %s', (status, _, parts) => {
    expect(statusOf({ run: repositoryRun, ...parts })).toBe(status);
  });
});

describe('what is told', () => {
  test('the error with what to do about it, which a success has not', () => {
    expect(resultOf({ outcome: failed('no-change'), result: null }).error_message).toBe(
      'It went wrong.\nDo this.',
    );
    expect(resultOf().error_message).toBeNull();
    expect(resultOf({ result: { files: [] } }).error_message).toContain('Nothing');
  });

  test('warnings of the run, of files that are left out, and of tests', () => {
    const { warnings } = resultOf({
      warnings: ['The planner was away.'],
      outcome: failed('checks-red'),
      result: {
        proof: proof([], { verdict: 'red', reasons: ['It does not parse.'] }),
        files: [file('a.py'), file('x.bin', { encoding: 'base64' })],
      },
    });

    expect(warnings).toEqual([
      'The planner was away.',
      'The file "x.bin" is no artifact: it is not text.',
      'No test was run, though tests were wanted.',
      'It does not parse.',
    ]);
  });

  test('times of the work itself', () => {
    expect(resultOf()).toMatchObject({
      started_at: '2026-11-25T10:00:30.000Z',
      completed_at: NOW.toISOString(),
      duration_seconds: 60.5,
    });
    expect(resultOf({ startedAt: null }).started_at).toBe(CREATED);
    expect(resultOf({ startedAt: '2026-11-25T11:00:00.000Z' }).duration_seconds).toBe(0);
  });

  test('tokens and money of each model, under ROMA’s names of their makers', () => {
    const answer = (model: string) => ({
      model,
      costUsd: 0.5,
      inputTokens: 100,
      outputTokens: 10,
      fellOver: false,
      escalated: false,
    });
    const { llm_usage: usage, warnings } = resultOf({
      spending: spendingOf(['anthropic:claude-x', 'openrouter:a/b:free', 'anthropic:claude-x'].map(answer)),
    });

    expect(usage).toEqual([
      {
        provider: 'claude',
        model: 'claude-x',
        prompt_tokens: 200,
        completion_tokens: 20,
        total_tokens: 220,
        api_calls: 2,
        cost_usd: 1,
      },
      {
        provider: 'openrouter',
        model: 'a/b:free',
        prompt_tokens: 100,
        completion_tokens: 10,
        total_tokens: 110,
        api_calls: 1,
        cost_usd: 0.5,
      },
    ]);
    expect(warnings).toEqual([]);
  });

  test('one iteration at least once a model has answered', () => {
    const spending = spendingOf([
      { model: 'kimi:k', costUsd: 0, inputTokens: 1, outputTokens: 1, fellOver: false, escalated: false },
    ]);

    expect(resultOf({ attempts: 0, result: null }).iterations_used).toBe(0);
    expect(resultOf({ attempts: 0, spending }).iterations_used).toBe(1);
    expect(resultOf({ attempts: 3, spending }).iterations_used).toBe(3);
    expect(resultOf({ spending }).warnings[0]).toContain('claude is not configured');
  });

  test('the run, its stages and its plan in the metadata', () => {
    const { metadata } = resultOf({
      runUrl: 'https://ptc.example/runs/run-1',
      result: {
        summary: { title: 'A calculator', body: 'It adds.' },
        plan: { subtasks: [{ goal: 'Add', task_type: 'WRITE' }], after: [[]] },
        subtasks: [{ index: 0, state: 'done', output: 'added', problem: null, diff: 'long' }],
      },
    });

    expect(metadata).toEqual({
      run_id: 'run-1',
      run_url: 'https://ptc.example/runs/run-1',
      error_code: null,
      cost_usd: 0,
      summary: { title: 'A calculator', body: 'It adds.' },
      plan: { subtasks: [{ goal: 'Add', task_type: 'WRITE' }], dependencies_graph: {} },
      subtasks: [{ index: 0, state: 'done', output: 'added' }],
      proof: 'green',
      isolation: 'bubblewrap',
      stages: GREEN.stages,
    });
  });
});

describe('test results', () => {
  test('are those of the tests, not of the linter', () => {
    const { test_results: results } = resultOf({
      result: { proof: proof([check(head()), check(head(), 'lint', 'ruff'), check(null, 'test', 'tox')]) },
    });

    expect(results).toEqual({
      test_command: 'pytest',
      exit_code: 0,
      stdout: '3 passed',
      stderr: '',
      tests_passed: 3,
      tests_failed: 0,
      duration_seconds: 1.5,
    });
  });

  test('of several commands are put together, and the first failure is the exit code', () => {
    const other = head(
      { passed: false, counts: { passed: 1, failed: 2, skipped: 0 } },
      { exitCode: 3, output: 'no' },
    );
    const { test_results: results } = resultOf({
      result: { proof: proof([check(head()), check(other, 'test', 'npm test')]) },
    });

    expect(results).toMatchObject({
      test_command: 'pytest && npm test',
      exit_code: 3,
      stdout: '3 passed\nno',
      tests_passed: 4,
      tests_failed: 2,
      duration_seconds: 3,
    });
  });

  test.each([
    ['timeout', 124],
    ['memory', 137],
  ] as const)('of a command that was ended for its %s have an exit code', (limit, code) => {
    const ended = head({ passed: false, counts: null }, { exitCode: null, limit });
    const { test_results: results } = resultOf({ result: { proof: proof([check(ended)]) } });

    expect(results).toMatchObject({ exit_code: code, tests_passed: 0, tests_failed: 1 });
  });

  test('keep head and tail of what is long', () => {
    const long = head({}, { output: `first ${'🙂'.repeat(200_000)} last` });
    const { stdout } = resultOf({ result: { proof: proof([check(long)]) } }).test_results ?? { stdout: '' };

    expect(stdout.length).toBeLessThan(100_100);
    expect(stdout).toMatch(/^first .*characters left out.* last$/su);
    expect(stdout.isWellFormed()).toBe(true);
  });

  test('are none where none were wanted', () => {
    expect(resultOf(untested).test_results).toBeNull();
  });
});

describe('artifacts', () => {
  test.each([
    '../a.py',
    'a/../../b.py',
    '/etc/passwd',
    'C:/a.py',
    'c:a.py',
    'a\\b.py',
    '..\\a.py',
    '.git/hooks/post-checkout',
    'sub/.GIT/config',
    'a/./b.py',
    '~/a.py',
    'a//b.py',
    'a\0b.py',
    'a\nb.py',
    'GIT~1/config',
    '',
    ' ',
    'a\ud800.py',
  ])('never carry a path that leads elsewhere: %j', (path) => {
    const { artifacts, warnings } = resultOf({ result: { files: [file('good.py'), file(path)] } });

    expect(artifacts.map(({ file_path: at }) => at)).toEqual(['good.py']);
    expect(warnings.join()).toContain('is no artifact');
  });

  test('can be written by Python, which takes no half of a character', () => {
    const { artifacts, warnings } = resultOf({ result: { files: [file('half.py', { content: '\udfff' })] } });

    expect(artifacts).toEqual([]);
    expect(warnings).toContain('The file "half.py" is no artifact: it is not text.');
  });

  test('are text: no links, no binaries, and what was deleted is not mentioned', () => {
    const { artifacts, warnings } = resultOf({
      result: {
        files: [
          file('good.py', { mode: '100755' }),
          file('link', { mode: '120000', content: 'good.py' }),
          file('logo.png', { encoding: 'base64', content: 'AAAA' }),
          file('old.py', { content: null }),
        ],
      },
    });

    expect(artifacts).toEqual([
      {
        file_path: 'good.py',
        content: 'print(1)\n',
        artifact_type: 'source_code',
        language: 'python',
        description: null,
      },
    ]);
    expect(warnings).toHaveLength(2);
  });
});
