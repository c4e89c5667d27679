import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterEach, expect, test } from 'vitest';
import * as z from 'zod';
import { GenerateAnswer, PTCArtifactResult, ServiceStats } from '../../src/protocol/roma.ts';
import { planBody } from '../helpers/execution-plan.ts';
import { CALCULATOR, creating } from '../helpers/new-files.ts';
import { type ScriptedTurn } from '../helpers/scripted-model.ts';
import { type ServerProcess } from '../helpers/server-process.ts';
import { createWorld, MAINTAINER, OWNER, REPOSITORY, until, type World } from '../helpers/world.ts';

const run = promisify(execFile);
const TIMEOUT_MS = 120_000;

let world: World | null = null;
afterEach(async () => {
  await world?.close();
  world = null;
});

const FINISH = { name: 'finish', input: { title: 'Add a calculator', body: 'It adds and divides.' } };
const handingIn = (files: Readonly<Record<string, string>>): ScriptedTurn => ({
  tools: [{ name: 'apply_patch', input: { diff: creating(files) } }, FINISH],
});
/** The calculator of the scripted model needs nothing but Python. */
const calculator = (change: Readonly<Record<string, unknown>> = {}) =>
  planBody({
    scaffolding: { task_description: 'Write a calculator for the command line, with tests' },
    ...change,
  });

const post = (server: ServerProcess, address: string, body: unknown): Promise<Response> =>
  fetch(`${server.apiUrl}${address}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
async function execute(server: ServerProcess, plan: unknown): Promise<PTCArtifactResult> {
  const response = await post(server, '/execute', plan);
  const body: unknown = await response.json();
  if (response.status !== 200) throw new Error(JSON.stringify(body));
  return PTCArtifactResult.parse(body);
}

/** What the artifact writer of ROMA's client does: joins paths to a folder unchecked. */
async function writeOut(artifacts: PTCArtifactResult['artifacts']): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'ptc-artifacts-'));
  for (const { file_path: file, content } of artifacts) {
    await mkdir(path.dirname(path.join(folder, file)), { recursive: true });
    await writeFile(path.join(folder, file), content);
  }
  return folder;
}

test(
  'a plan becomes a calculator whose tests pass outside of us too, and then comes from the cache',
  async () => {
    world = await createWorld({ turns: [handingIn(CALCULATOR)] });
    const server = await world.start();
    const result = await execute(server, calculator({ execution_id: 'exec-calculator' }));

    expect(result).toMatchObject({
      execution_id: 'exec-calculator',
      status: 'SUCCESS',
      artifacts: [
        { file_path: 'calculator.py', artifact_type: 'source_code', language: 'python' },
        { file_path: 'test_calculator.py', artifact_type: 'test', language: 'python' },
      ],
      test_results: { exit_code: 0, tests_passed: 3, tests_failed: 0 },
      iterations_used: 1,
      error_message: null,
      llm_usage: [{ provider: 'claude', model: 'claude-sonnet-4-6', api_calls: 1, prompt_tokens: 1200 }],
      from_cache: false,
      metadata: {
        proof: 'green',
        stages: [{ stage: 'syntactic' }, { stage: 'semantic' }, { stage: 'integration', state: 'passed' }],
      },
    });
    const folder = await writeOut(result.artifacts);
    await run('python3', ['-m', 'unittest'], { cwd: folder });
    const { stdout } = await run('python3', ['calculator.py', '1', '+', '2'], { cwd: folder });
    expect(stdout.trim()).toBe('3.0');
    await rm(folder, { recursive: true });

    await server.end('SIGTERM');
    const another = await world.start();
    const hit = await execute(another, calculator({ execution_id: 'exec-hit' }));
    expect(hit).toMatchObject({
      execution_id: 'exec-hit',
      status: 'CACHE_HIT',
      from_cache: true,
      cache_key: result.cache_key,
      artifacts: result.artifacts,
    });
    expect(await execute(another, calculator({ execution_id: 'exec-calculator' }))).toEqual(result);
    expect(world.model.requests()).toBe(1);
    const stats = ServiceStats.parse(await (await fetch(`${another.apiUrl}/stats`)).json());
    expect(stats).toMatchObject({ total_executions: 2, successful_executions: 2, cache_hit_rate: 0.5 });
  },
  TIMEOUT_MS,
);

test(
  'a server that is killed at work gives the next try the one result, and pays no answer twice',
  async () => {
    const wrong = {
      ...CALCULATOR,
      'calculator.py': CALCULATOR['calculator.py'].replace('left + right', 'left'),
    };
    const mend =
      '--- a/calculator.py\n+++ b/calculator.py\n@@\n     if sign == "+":\n-        return left\n+        return left + right\n';
    world = await createWorld({
      turns: [handingIn(wrong), { tools: [{ name: 'apply_patch', input: { diff: mend } }, FINISH] }],
    });
    const first = await world.start();
    const plan = calculator({ execution_id: 'exec-killed' });
    const cut = post(first, '/execute', plan).then(
      () => 'answered',
      () => 'cut',
    );
    const { model } = world;
    await until('the model to be asked', () => model.requests() > 0);
    await first.end('SIGKILL');
    expect(await cut).toBe('cut');
    const second = await world.start();
    const result = await execute(second, plan);

    expect(result).toMatchObject({
      status: 'SUCCESS',
      iterations_used: 2,
      test_results: { tests_passed: 3, tests_failed: 0 },
    });
    expect(result.llm_usage[0]?.api_calls).toBe(2);
    // What was under way when the server died may have to be asked again, and is paid once.
    expect(model.requests()).toBeLessThanOrEqual(3);
    const runs = z
      .object({ runs: z.array(z.unknown()) })
      .parse(await (await fetch(`${second.apiUrl}/api/v1/runs`)).json());
    expect(runs.runs).toHaveLength(1);
  },
  TIMEOUT_MS,
);

test(
  'tests that fail to the end are a PARTIAL_SUCCESS with the files and what the tests said',
  async () => {
    const wrong = {
      ...CALCULATOR,
      'calculator.py': CALCULATOR['calculator.py'].replace('left + right', 'left'),
    };
    world = await createWorld({ turns: [handingIn(wrong)] });
    const server = await world.start();
    const result = await execute(server, calculator({ max_iterations: 1 }));

    expect(result).toMatchObject({
      status: 'PARTIAL_SUCCESS',
      artifacts: [{ file_path: 'calculator.py' }, { file_path: 'test_calculator.py' }],
      test_results: { tests_passed: 2, tests_failed: 1 },
      iterations_used: 1,
    });
    expect(result.test_results?.exit_code).not.toBe(0);
    expect(result.test_results?.stdout).toContain('test_adds');
    expect(result.error_message).not.toBeNull();
  },
  TIMEOUT_MS,
);

test(
  'without tests nothing is run: files of a plan, and the one file of the older contract',
  async () => {
    world = await createWorld({ turns: [handingIn({ 'hello.py': 'raise SystemExit("run")\n' })] });
    const server = await world.start();
    const result = await execute(server, calculator({ enable_testing: false }));
    const generated = await post(server, '/generate', { task_description: 'Say hello', language: 'python' });

    expect(result).toMatchObject({ status: 'SUCCESS', test_results: null, iterations_used: 1 });
    expect(GenerateAnswer.parse(await generated.json())).toMatchObject({
      code: 'raise SystemExit("run")\n',
      language: 'python',
      provider: 'claude',
      tokens_used: 1350,
    });
  },
  TIMEOUT_MS,
);

test(
  'a plan for a repository becomes a pull request, which the metadata names',
  async () => {
    world = await createWorld();
    const server = await world.start();
    const result = await execute(
      server,
      calculator({ metadata: { repository: `${OWNER}/${REPOSITORY}` }, roma_task_id: 'task-7' }),
    );
    const { body } = await world.forge.as(MAINTAINER, 'GET', `/repos/${OWNER}/${REPOSITORY}/pulls`);
    const [pullRequest] = z
      .array(z.object({ number: z.number(), html_url: z.string(), draft: z.boolean() }))
      .parse(body);

    expect(result).toMatchObject({
      status: 'SUCCESS',
      metadata: {
        repository: `${OWNER}/${REPOSITORY}`,
        pull_request: pullRequest?.html_url,
        pull_request_number: pullRequest?.number,
        draft: false,
        proof: 'green',
      },
    });
    expect(result.metadata['commit']).toMatch(/^[0-9a-f]{40}$/);
  },
  TIMEOUT_MS,
);
