import { createServer } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import * as z from 'zod';
import { listen, urlOf } from '../../src/listener.ts';
import { ProblemAnswer } from '../../src/protocol/problem-answer.ts';
import { GenerateAnswer, PTCArtifactResult, ServiceStats } from '../../src/protocol/roma.ts';
import { planBody } from '../helpers/execution-plan.ts';
import { createServiceBed, ONE_FILE, type ServiceBed } from './service-bed.ts';

let bed: ServiceBed;
beforeAll(async () => {
  bed = await createServiceBed();
});
afterAll(() => bed.close());
beforeEach(() => {
  bed.restart({});
  bed.endAtOnce();
  bed.started.length = 0;
});

const resultOf = async (response: Response): Promise<PTCArtifactResult> => {
  expect(response.status).toBe(200);
  return PTCArtifactResult.parse(await response.json());
};
const problemOf = async (response: Response) => ProblemAnswer.parse(await response.json()).error;

describe('POST /execute', () => {
  test('answers with all that came of the plan', async () => {
    const result = await resultOf(await bed.execute({ execution_id: 'exec-1', enable_testing: false }));

    expect(result).toMatchObject({
      execution_id: 'exec-1',
      status: 'SUCCESS',
      artifacts: [
        {
          file_path: 'src/calculator.py',
          content: 'print(1 + 1)\n',
          artifact_type: 'source_code',
          language: 'python',
        },
      ],
      test_results: null,
      iterations_used: 1,
      error_message: null,
      llm_usage: [
        { provider: 'claude', model: 'sample-model', total_tokens: 1115, api_calls: 1, cost_usd: 0.25 },
      ],
      from_cache: false,
      cache_key: expect.stringMatching(/^[0-9a-f]{64}$/),
      metadata: { run_id: bed.started[0]?.id },
    });
  });

  test('takes what a client leaves out as the contract has it, and drops what it does not know', async () => {
    await resultOf(
      await bed.post('/execute', {
        execution_id: ' exec-short ',
        scaffolding: { task_description: 'Say hello' },
        of_tomorrow: { a: 1 },
      }),
    );

    expect(bed.started[0]).toMatchObject({
      repository: null,
      execution: { id: 'exec-short', romaTaskId: null, projectName: null },
      task: { title: 'Say hello', body: '', words: '' },
      plan: null,
      callbackUrl: null,
      options: {
        acceptance: 'validation',
        attempts: 3,
        timeoutMs: 300_000,
        models: ['anthropic', 'kimi'],
        dependencies: [],
        planned: false,
      },
    });
  });

  test('hands the whole scaffolding to the run, and the terms of the plan', async () => {
    await bed.execute({
      primary_llm: 'openai',
      fallback_llm: null,
      max_iterations: 7,
      timeout_seconds: 30,
      enable_testing: false,
    });

    expect(bed.started[0]?.task.title).toBe('Write a calculator for the command line');
    expect(bed.started[0]?.task.body).toBe(
      [
        'Requirements:\n- adds two numbers\n- exits with 2 on anything else',
        'Architecture:\n{\n  "pattern": "one module"\n}',
        'Dependencies:\n- pytest',
        'Files:\n- src/: the code\n- src/calculator.py: the calculator',
        'Context:\nIt is for children.',
      ].join('\n\n'),
    );
    expect(bed.started[0]).toMatchObject({
      execution: { romaTaskId: 'task-7', projectName: 'calculator' },
      options: {
        acceptance: 'as-is',
        attempts: 7,
        timeoutMs: 30_000,
        models: ['openai'],
        dependencies: ['pytest'],
      },
    });
  });

  test('says when another model than the one that was named answered', async () => {
    const { warnings } = await resultOf(await bed.execute({ primary_llm: 'openai', fallback_llm: 'claude' }));

    expect(warnings[0]).toBe(
      'openai is not configured on this server, or gave no answer: sample-model (claude) did.',
    );
  });

  test('a plan with subtasks is executed as given', async () => {
    const plan = {
      subtasks: [
        { goal: 'Add', task_type: 'WRITE' },
        { goal: 'Test it', task_type: 'CODE_INTERPRET', dependencies: [] },
      ],
      dependencies_graph: { '1': ['0'] },
    };
    await bed.execute({ metadata: { plan } });

    expect(bed.started[0]?.plan).toMatchObject({
      subtasks: [{ goal: 'Add' }, { goal: 'Test it' }],
      after: [[], [0]],
    });
  });

  test('a failure of the work is an answer, not an error of the service', async () => {
    bed.endAtOnce({
      files: [],
      outcome: {
        status: 'failed',
        problem: { code: 'no-change', message: 'Nothing.', remedy: 'Say more.', retryable: false },
        publication: null,
      },
    });
    const result = await resultOf(await bed.execute());

    expect(result).toMatchObject({
      status: 'FAILURE',
      artifacts: [],
      error_message: 'Nothing.\nSay more.',
      metadata: { error_code: 'no-change' },
    });
  });
});

describe('a plan that is wrong', () => {
  const text = z.string();
  const WRONG: Readonly<Record<string, readonly unknown[]>> = {
    execution_id: [undefined, null, '', '   ', 7, 'x'.repeat(513)],
    scaffolding: [undefined, null, 'text', []],
    primary_llm: ['openrouter', 'gpt', null, ''],
    fallback_llm: ['openrouter', 4],
    max_iterations: [0, 11, 1.5, '3', null, true],
    timeout_seconds: [29, 3601, 60.5, '60', null],
    enable_testing: ['true', 1, null],
    cache_strategy: ['sometimes', null, 'SMART'],
    cache_ttl: [-1, 1.5, '60', {}],
    project_name: [7, {}],
    roma_task_id: [7, []],
    created_at: [
      'tomorrow',
      '2026-02-30T00:00:00',
      '2026-01-13T25:00:00',
      '0001-01-01T00:00:00',
      '9999-12-31T23:59:59.999999',
      '',
      1_768_296_600,
      null,
    ],
    metadata: [null, 'text', []],
    'scaffolding.task_description': [undefined, null, '', ' \n', 7],
    'scaffolding.requirements': [null, 'text', [7]],
    'scaffolding.architecture': ['text', [], 7],
    'scaffolding.dependencies': [null, 'pytest', [null]],
    'scaffolding.file_structure': [
      'text',
      [],
      { 'src/a.py': 7 },
      { '../a.py': '' },
      { 'src/../../a.py': '' },
      { '/etc/passwd': '' },
      { 'C:/a.py': '' },
      { 'src\\a.py': '' },
      { '.git/config': '' },
    ],
    'scaffolding.context': [7, {}],
    'metadata.repository': ['nobody', 'a/b/c', '../x', 7],
    'metadata.base': ['', 7],
    'metadata.callback_url': [7],
    'metadata.plan': [
      'text',
      {},
      { subtasks: [] },
      { subtasks: [{ goal: '', task_type: 'WRITE' }] },
      { subtasks: [{ goal: 'a', task_type: 'DANCE' }] },
      { subtasks: [{ goal: 'a', task_type: 'WRITE' }], dependencies_graph: { '0': ['7'] } },
      {
        subtasks: [
          { goal: 'a', task_type: 'WRITE' },
          { goal: 'b', task_type: 'WRITE' },
        ],
        dependencies_graph: { '0': ['1'], '1': ['0'] },
      },
      { subtasks: Array.from({ length: 200 }, () => ({ goal: 'a', task_type: 'WRITE' })) },
    ],
  };
  const withField = (field: string, value: unknown) => {
    const [name = '', inner] = field.split('.');
    const body: Record<string, unknown> = planBody();
    const outer = z.record(text, z.unknown()).catch({}).parse(body[name]);
    return { ...body, [name]: inner === undefined ? value : { ...outer, [inner]: value } };
  };

  test.each(Object.entries(WRONG))('is refused with its field named: %s', async (field, values) => {
    for (const value of values) {
      const response = await bed.post('/execute', withField(field, value));
      const { code, fields = [] } = await problemOf(response);

      expect([field, value, response.status, code]).toEqual([field, value, 422, 'request-invalid']);
      expect([value, fields.every(({ path }) => path.startsWith(field))]).toEqual([value, true]);
      expect(fields.length).toBeGreaterThan(0);
    }
    expect(bed.started).toEqual([]);
  });

  test('openrouter is no name of ROMA’s: the three that are, are named', async () => {
    const { message } = await problemOf(await bed.execute({ primary_llm: 'openrouter' }));

    expect(message).toMatch(/primary_llm.*claude.*kimi.*openai/);
  });

  test.each(['2026-01-13T09:30:00', '2026-01-13 09:30:00.5+02:00', '2026-01-13T09:30:00Z'])(
    'a time may stand there as Python writes it: %s',
    async (at) => {
      expect((await bed.execute({ created_at: at })).status).toBe(200);
    },
  );

  test.each([
    ['architecture', (deep: string) => `{"task_description":"x","architecture":${deep}}`, '{}'],
    ['metadata', () => '{"task_description":"x"}', '{"a":'],
  ])('what is nested without end is refused: %s', async (field, scaffolding, metadata) => {
    const deep = `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`;
    const inMetadata = metadata === '{}' ? '{}' : `{"a":${deep}}`;
    const response = await bed.post(
      '/execute',
      `{"execution_id":"deep","scaffolding":${scaffolding(deep)},"metadata":${inMetadata}}`,
    );

    expect(response.status).toBe(422);
    expect((await problemOf(response)).fields?.[0]?.path).toContain(field);
  });

  test('a body of more than 2 MB is refused, one of 2 MB is not', async () => {
    const size = 2 * 1024 * 1024;
    const fill = (bytes: number): string => {
      const body = planBody({ execution_id: `exec-${bytes}`, metadata: { filler: '' } });
      const empty = JSON.stringify(body).length;
      return JSON.stringify({ ...body, metadata: { filler: 'x'.repeat(bytes - empty) } });
    };
    const { status } = await bed.post('/execute', fill(size));
    const tooLarge = await bed.post('/execute', fill(size + 1));

    expect(status).toBe(200);
    expect(tooLarge.status).toBe(413);
    expect(await problemOf(tooLarge)).toMatchObject({ code: 'body-too-large' });
  });

  test.each(['', '{', 'null', '[]', '"text"', '7'])('no plan at all is refused: %j', async (body) => {
    const response = await bed.post('/execute', body);

    expect([400, 422]).toContain(response.status);
    expect((await problemOf(response)).code).toMatch(/^(body-malformed|request-invalid)$/);
  });
});

describe('a callback', () => {
  test('is taken where the operator lets it be used', async () => {
    bed.restart({ callbacks: { allowPrivate: false } });
    await bed.execute({ metadata: { callback_url: 'https://roma.example/hooks' } });

    expect(bed.started[0]?.callbackUrl).toBe('https://roma.example/hooks');
  });

  test.each(['http://roma.example/', 'https://user:word@roma.example/', 'ftp://x', 'no url'])(
    'is refused: %s',
    async (url) => {
      bed.restart({ callbacks: { allowPrivate: false } });
      const response = await bed.execute({ metadata: { callback_url: url } });

      expect(response.status).toBe(422);
      expect(await problemOf(response)).toMatchObject({ code: 'callback-refused' });
    },
  );

  test('is refused by a server that signs nothing, which says what to set', async () => {
    const response = await bed.execute({ metadata: { callback_url: 'https://roma.example/' } });

    expect(response.status).toBe(422);
    expect((await problemOf(response)).remedy).toContain('PTC_WEBHOOK_SECRET');
  });
});

describe('POST /generate', () => {
  test('answers with the one file of the language, and what it cost', async () => {
    bed.endAtOnce({
      files: [
        ...ONE_FILE,
        { path: 'README.md', mode: '100644', content: '# Calculator\n'.repeat(20), encoding: 'utf-8' },
      ],
    });
    const response = await bed.post('/generate', {
      task_description: 'A calculator',
      requirements: ['it adds'],
      language: 'Python',
    });

    expect(response.status).toBe(200);
    expect(GenerateAnswer.parse(await response.json())).toEqual({
      code: 'print(1 + 1)\n',
      language: 'Python',
      provider: 'claude',
      tokens_used: 1115,
      cost_usd: 0.25,
    });
    expect(bed.started[0]).toMatchObject({ options: { acceptance: 'as-is' } });
    expect(bed.started[0]?.task.body).toContain('- it adds\n- Write it in Python, all of it in one file.');
  });

  test('each request is work of its own', async () => {
    const ask = () => bed.post('/generate', { task_description: 'A calculator' });
    expect((await ask()).status + (await ask()).status).toBe(400);
    expect(bed.started).toHaveLength(2);
  });

  test('says why there is no code, and what is wrong with a request', async () => {
    bed.endAtOnce({ files: [] });
    const nothing = await bed.post('/generate', { task_description: 'A calculator' });
    const wrong = await bed.post('/generate', { task_description: '', language: 7 });

    expect(nothing.status).toBe(422);
    expect(await problemOf(nothing)).toMatchObject({ code: 'generation-failed' });
    expect(wrong.status).toBe(422);
    expect((await problemOf(wrong)).fields?.map(({ path }) => path)).toEqual([
      'task_description',
      'language',
    ]);
  });
});

describe('GET / and GET /stats', () => {
  test('programs are told what this is, browsers get the runs', async () => {
    const toPrograms = await bed.app.request('/', { headers: { accept: '*/*' } });
    const toBrowsers = await bed.app.request('/', { headers: { accept: 'text/html,application/xhtml+xml' } });

    expect(await toPrograms.json()).toMatchObject({ service: 'ptc', endpoints: { 'POST /execute': text() } });
    expect(toBrowsers.headers.get('content-type')).toContain('text/html');
  });
  const text = (): unknown => expect.any(String);

  test('executions are counted', async () => {
    const stats = async () => ServiceStats.parse(await (await bed.app.request('/stats')).json());
    const before = await stats();
    await bed.execute({ enable_testing: false, project_name: 'counted' });
    await bed.execute({ enable_testing: false, project_name: 'counted' });
    const after = await stats();

    expect(after.total_executions - before.total_executions).toBe(2);
    expect(after.successful_executions - before.successful_executions).toBe(2);
    expect(after.cache_hits - before.cache_hits).toBe(1);
    expect(after.cache_hit_rate).toBeGreaterThan(0);
  });

  test('health needs no database', async () => {
    expect((await bed.app.request('/health')).status).toBe(200);
  });
});

describe('over HTTP', () => {
  test('Basic auth in the address is no hindrance, and the connection is kept for the answer', async () => {
    const server = await listen(
      createServer((request, response) => void getRequestListener(bed.app.fetch)(request, response)),
      '127.0.0.1',
      0,
    );
    const response = await fetch(`${urlOf(server)}/execute`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        authorization: `Basic ${Buffer.from('ptc:key').toString('base64')}`,
      },
      body: JSON.stringify(planBody({ enable_testing: false })),
    });

    expect((await resultOf(response)).status).toMatch(/SUCCESS|CACHE_HIT/);
    server.close();
  });
});
