import { randomUUID } from 'node:crypto';
import { PTCExecutionPlan, type PTCArtifactResult } from '../../src/protocol/roma.ts';

/** A plan as ROMA's Python client writes one: every field is there, and the time has no zone. */
export const planBody = (change: Readonly<Record<string, unknown>> = {}) => ({
  execution_id: `exec-${randomUUID()}`,
  scaffolding: {
    task_description: 'Write a calculator for the command line',
    requirements: ['adds two numbers', 'exits with 2 on anything else'],
    architecture: { pattern: 'one module' },
    dependencies: ['pytest'],
    file_structure: { 'src/': 'the code', 'src/calculator.py': 'the calculator' },
    context: 'It is for children.',
  },
  primary_llm: 'claude',
  fallback_llm: 'kimi',
  max_iterations: 3,
  timeout_seconds: 300,
  enable_testing: true,
  cache_strategy: 'smart',
  cache_ttl: 3600,
  project_name: 'calculator',
  roma_task_id: 'task-7',
  created_at: '2026-01-13T09:30:00.123456',
  metadata: {},
  ...change,
});

export const samplePlan = (change: Readonly<Record<string, unknown>> = {}): PTCExecutionPlan =>
  PTCExecutionPlan.parse(planBody(change));

const sampleArtifacts: PTCArtifactResult['artifacts'] = [
  {
    file_path: 'src/calculator.py',
    content: 'print(1 + 1)\n',
    artifact_type: 'source_code',
    language: 'python',
    description: null,
  },
];

const TESTED: PTCArtifactResult['test_results'] = {
  test_command: 'pytest',
  exit_code: 0,
  stdout: '3 passed',
  stderr: '',
  tests_passed: 3,
  tests_failed: 0,
  duration_seconds: 1.5,
};

/** A result as it is stored: a success with tests unless it says otherwise. */
export const artifactResult = (
  executionId: string,
  change: Partial<PTCArtifactResult> = {},
): PTCArtifactResult => ({
  execution_id: executionId,
  status: 'SUCCESS',
  artifacts: sampleArtifacts,
  test_results: TESTED,
  iterations_used: 1,
  error_message: null,
  warnings: [],
  llm_usage: [
    {
      provider: 'claude',
      model: 'm',
      prompt_tokens: 10,
      completion_tokens: 5,
      total_tokens: 15,
      api_calls: 1,
      cost_usd: 0.01,
    },
  ],
  started_at: '2026-11-25T10:00:00.000Z',
  completed_at: '2026-11-25T10:00:09.000Z',
  duration_seconds: 9,
  from_cache: false,
  cache_key: null,
  metadata: { run_id: 'run-1' },
  ...change,
});
