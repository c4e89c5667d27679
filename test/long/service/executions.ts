import path from 'node:path';
import { PTCArtifactResult } from '../../../src/protocol/roma.ts';
import { runProgram } from './python-venv.ts';

const MAIN = path.join(import.meta.dirname, '..', '..', '..', 'src', 'main.ts');

/** A plan as ROMA sends it, all of it. */
export const planFor = (executionId: string, different: object = {}): object => ({
  execution_id: executionId,
  scaffolding: {
    task_description: 'A calculator for the command line',
    requirements: ['adds, subtracts, multiplies and divides', 'has tests'],
    architecture: null,
    dependencies: [],
    file_structure: { 'calculator.py': 'the calculator', 'test_calculator.py': 'its tests' },
    context: null,
  },
  primary_llm: 'claude',
  fallback_llm: null,
  max_iterations: 3,
  timeout_seconds: 300,
  enable_testing: true,
  cache_strategy: 'smart',
  cache_ttl: 3600,
  project_name: 'calculator',
  roma_task_id: null,
  created_at: '2026-01-13T09:30:00.123456',
  metadata: {},
  ...different,
});

export interface ExecuteOptions {
  readonly key?: string;
  readonly signal?: AbortSignal;
}

/** Sends the plan and waits for its result. Rejects when the connection breaks. */
export async function execute(
  apiUrl: string,
  plan: object,
  { key, signal }: ExecuteOptions = {},
): Promise<PTCArtifactResult> {
  const response = await fetch(`${apiUrl}/execute`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
    },
    body: JSON.stringify(plan),
    ...(signal === undefined ? {} : { signal }),
  });
  const text = await response.text();
  if (response.status !== 200) throw new Error(`/execute answered ${response.status}: ${text}`);
  return PTCArtifactResult.parse(JSON.parse(text));
}

/** Makes an API key on the server of this data folder. */
export async function createKey(dataDir: string, ...scopes: readonly string[]): Promise<string> {
  const options = scopes.flatMap((scope) => ['--scope', scope]);
  const args = [MAIN, 'key', 'create', 'test', ...options, '--data-dir', dataDir];
  const { exitCode, stdout, stderr } = await runProgram(process.execPath, args);
  if (exitCode !== 0) throw new Error(stderr);
  return stdout.trim();
}
