import { createServer, request as httpRequest } from 'node:http';
import { type Server } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type ApiSettings, createApi } from '../../src/api/app.ts';
import { PtcError } from '../../src/domain/errors.ts';
import { listen, urlOf } from '../../src/listener.ts';
import { ProblemAnswer } from '../../src/protocol/problem-answer.ts';
import { PTCArtifactResult } from '../../src/protocol/roma.ts';
import { type Forge } from '../../src/run/ports.ts';
import { planBody } from '../helpers/execution-plan.ts';
import { sampleRun } from '../store/samples.ts';
import { quiet, settingsOf } from './api-bed.ts';
import { createServiceBed, ONE_FILE, type ServiceBed } from './service-bed.ts';

let bed: ServiceBed;
beforeAll(async () => {
  bed = await createServiceBed();
});
afterAll(() => bed.close());
beforeEach(() => {
  bed.restart({});
  bed.endAtOnce(null);
  bed.started.length = 0;
});

/** Work that no other test has done. */
const fresh = { enable_testing: false, cache_strategy: 'never' };

const resultOf = async (response: Response | Promise<Response>): Promise<PTCArtifactResult> => {
  const answered = await response;
  expect(answered.status).toBe(200);
  return PTCArtifactResult.parse(await answered.json());
};
const problemOf = async (response: Response) => ProblemAnswer.parse(await response.json()).error;

describe('one execution_id', () => {
  test('asked for 200 times at once is one run, and each gets its result', async () => {
    const plan = { execution_id: 'exec-200', ...fresh };
    const asked = Array.from({ length: 200 }, () => bed.execute(plan));
    await bed.end(await bed.run(0));
    const results = await Promise.all(asked.map(resultOf));

    expect(new Set(bed.started.map(({ id }) => id)).size).toBe(1);
    expect(new Set(results.map((result) => JSON.stringify(result))).size).toBe(1);
    expect(results[0]?.status).toBe('SUCCESS');
    expect((await bed.store.list(500)).filter(({ run }) => run.execution?.id === 'exec-200')).toHaveLength(1);
  });

  test('with another plan is a conflict, at work and afterwards', async () => {
    const first = bed.execute({ ...fresh, execution_id: 'exec-409' });
    const run = await bed.run(0);
    const atWork = await bed.execute({ ...fresh, execution_id: 'exec-409', max_iterations: 4 });
    await bed.end(run);
    await first;
    const afterwards = await bed.execute({ ...fresh, execution_id: 'exec-409', metadata: { of: 'another' } });

    for (const response of [atWork, afterwards]) {
      expect(response.status).toBe(409);
      expect(await problemOf(response)).toMatchObject({ code: 'execution-conflict', retryable: false });
    }
    expect(bed.started).toHaveLength(1);
  });

  test('with the time said anew, or with a default left out, is the same plan', async () => {
    bed.endAtOnce();
    const first = await resultOf(bed.execute({ execution_id: 'exec-same' }));
    const later = await resultOf(
      bed.execute({ execution_id: 'exec-same', created_at: '2026-01-13T10:00:00Z' }),
    );
    const { max_iterations: _, ...shorter } = planBody({ execution_id: ' exec-same ' });

    expect(later).toEqual(first);
    expect(await resultOf(bed.post('/execute', shorter))).toEqual(first);
    expect(bed.started).toHaveLength(1);
  });
});

describe('a client that goes', () => {
  let server: Server;
  beforeAll(async () => {
    server = await listen(
      createServer((request, response) => void getRequestListener(bed.app.fetch)(request, response)),
      '127.0.0.1',
      0,
    );
  });
  afterAll(() => server.close());

  test('leaves the run at work, and the next try gets what came of it', async () => {
    const body = JSON.stringify(planBody({ execution_id: 'exec-gone', ...fresh }));
    const headers = { 'content-type': 'application/json' };
    const gone = httpRequest(`${urlOf(server)}/execute`, { method: 'POST', headers });
    const cut = new Promise((resolve) => gone.once('error', resolve));
    gone.end(body);
    const run = await bed.run(0);
    gone.destroy(new Error('the client goes'));
    await cut;
    const again = fetch(`${urlOf(server)}/execute`, { method: 'POST', headers, body });
    await bed.end(run);

    expect(await resultOf(again)).toMatchObject({ status: 'SUCCESS', metadata: { run_id: run.id } });
    expect(bed.started).toHaveLength(1);
  });

  test('is waited for no longer', async () => {
    const going = new AbortController();
    const asked = bed.execute({ ...fresh, execution_id: 'exec-signal' }, going.signal);
    const run = await bed.run(0);
    going.abort();

    expect((await asked).status).toBe(503);
    await bed.end(run);
  });
});

test.each([
  ['that waits is told of in the log', false],
  ['that is gone is nothing for the log', true],
])('an answer that there is none for a client %s', async (_who, isGone) => {
  const logged: string[] = [];
  const busy = new PtcError({ code: 'queue-full', message: '', remedy: '', retryable: true });
  const executions: ApiSettings['executions'] = {
    ...settingsOf().executions,
    submit: () => Promise.reject(busy),
  };
  const log = { ...quiet, error: (_about: object, words: string) => void logged.push(words) };
  const going = new AbortController();
  if (isGone) going.abort();
  await createApi(settingsOf({ executions, log })).request('/execute', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(planBody()),
    signal: going.signal,
  });

  expect(logged).toHaveLength(isGone ? 0 : 1);
});

describe('a server that ends', () => {
  test('tells those who wait to ask again, and the next one answers them', async () => {
    const plan = { execution_id: 'exec-restart', ...fresh };
    const waiting = bed.execute(plan);
    const run = await bed.run(0);
    bed.stop();
    const refused = await waiting;
    bed.restart();
    const again = bed.execute(plan);
    await bed.end(run);

    expect(refused.status).toBe(503);
    expect(await problemOf(refused)).toMatchObject({ code: 'server-stopping', retryable: true });
    expect(await resultOf(again)).toMatchObject({ status: 'SUCCESS' });
    expect(bed.started).toHaveLength(1);
  });

  test('between taking a plan and starting its run has it started by the next one', async () => {
    bed.failStarting(true);
    const plan = { execution_id: 'exec-lost', ...fresh };
    expect((await bed.execute(plan)).status).toBe(500);
    bed.failStarting(false);
    bed.endAtOnce();
    await bed.startUnstarted();

    expect(bed.started).toHaveLength(1);
    expect((await resultOf(bed.execute(plan))).metadata['run_id']).toBe(bed.started[0]?.id);
    expect(bed.started).toHaveLength(1);
  });

  test('so does a client that asks again', async () => {
    bed.failStarting(true);
    const plan = { execution_id: 'exec-lost-too', ...fresh };
    await bed.execute(plan);
    bed.failStarting(false);
    bed.endAtOnce();

    expect(await resultOf(bed.execute(plan))).toMatchObject({ status: 'SUCCESS' });
    expect(bed.started).toHaveLength(1);
  });

  test('a result that the run could not store at its end is stored when it is asked for', async () => {
    const asked = bed.execute({ execution_id: 'exec-late', ...fresh });
    const run = await bed.run(0);
    await bed.endWithoutTelling(run);

    expect(await resultOf(asked)).toMatchObject({ status: 'SUCCESS', artifacts: [{}] });
  });
});

test('attempts at subtasks are no iterations of the whole', async () => {
  const asked = bed.execute({ execution_id: 'exec-attempts', ...fresh });
  const run = await bed.run(0);
  const at = new Date().toISOString();
  const attempts = [{ subtask: 0 }, { subtask: 1 }, {}, {}].map((of, index) => {
    const event = { seq: index + 1, at, type: 'attempt', attempt: 1, verdict: 'red', ...of } as const;
    return { event, position: { seq: event.seq, offset: event.seq } };
  });
  await bed.store.appendEvents(run.id, attempts);
  await bed.end(run);

  expect((await resultOf(asked)).iterations_used).toBe(2);
});

describe('the queue', () => {
  test('past the bound new work is refused for now, and what is known is answered', async () => {
    bed.restart({ maxUnsettled: 1 });
    const first = bed.execute({ execution_id: 'exec-only', ...fresh });
    const run = await bed.run(0);
    const refused = await bed.execute(fresh);
    const joined = bed.execute({ execution_id: 'exec-only', ...fresh });
    await bed.end(run);

    expect(refused.status).toBe(503);
    expect(refused.headers.get('retry-after')).toMatch(/^\d+$/);
    expect(await problemOf(refused)).toMatchObject({ code: 'queue-full', retryable: true });
    expect(await resultOf(joined)).toEqual(await resultOf(first));
    bed.endAtOnce();
    expect((await bed.execute(fresh)).status).toBe(200);
  });

  test('work that took too long is a TIMEOUT with what exists so far', async () => {
    bed.endAtOnce({
      status: 'failed',
      files: ONE_FILE,
      outcome: {
        status: 'failed',
        problem: { code: 'job-timeout', message: 'Time is up.', remedy: 'Give more.', retryable: false },
        publication: null,
      },
    });

    expect(await resultOf(bed.execute(fresh))).toMatchObject({
      status: 'TIMEOUT',
      artifacts: [{ file_path: 'src/calculator.py' }],
      error_message: 'Time is up.\nGive more.',
    });
  });
});

describe('the cache', () => {
  const work = { enable_testing: false, project_name: 'cached' };

  test('answers the same work under another id, of another server too, and again to the same id', async () => {
    bed.endAtOnce();
    const first = await resultOf(bed.execute({ ...work, execution_id: 'exec-first' }));
    bed.restart();
    const plan = { ...work, execution_id: 'exec-second', metadata: { note: 'of no account' } };
    const second = await resultOf(bed.execute(plan));

    expect(second).toMatchObject({
      execution_id: 'exec-second',
      status: 'CACHE_HIT',
      from_cache: true,
      cache_key: first.cache_key,
      artifacts: first.artifacts,
      llm_usage: [],
      duration_seconds: 0,
      metadata: { ...first.metadata, cached_execution_id: 'exec-first', cached_status: 'SUCCESS' },
    });
    expect(await resultOf(bed.execute(plan))).toEqual(second);
    expect(bed.started).toHaveLength(1);
  });

  test.each([
    ['never reads', { cache_strategy: 'never' }],
    ['other work is other work', { max_iterations: 4 }],
    ['context counts', { scaffolding: { ...planBody().scaffolding, context: 'It is for grown-ups.' } }],
    ['so does a plan', { metadata: { plan: { subtasks: [{ goal: 'Add', task_type: 'WRITE' }] } } }],
    ['and a lifetime that is over', { cache_ttl: 0 }],
  ])('%s', async (_, change) => {
    bed.endAtOnce();
    await bed.execute({ ...work });
    bed.started.length = 0;

    expect((await resultOf(bed.execute({ ...work, ...change }))).from_cache).toBe(false);
    expect(bed.started).toHaveLength(1);
  });

  test('never writes', async () => {
    bed.endAtOnce();
    const unique = { ...work, project_name: 'unwritten' };
    const { cache_key: key } = await resultOf(bed.execute({ ...unique, cache_strategy: 'never' }));

    expect(key).toBeNull();
    expect((await resultOf(bed.execute(unique))).from_cache).toBe(false);
  });

  test('smart serves no work whose tests were not run, always does', async () => {
    bed.endAtOnce({ outcome: { status: 'unproven', problem: null, publication: null } });
    const untested = { project_name: 'untested' };
    const { status } = await resultOf(bed.execute(untested));

    expect(status).toBe('PARTIAL_SUCCESS');
    expect((await resultOf(bed.execute(untested))).from_cache).toBe(false);
    expect(await resultOf(bed.execute({ ...untested, cache_strategy: 'always' }))).toMatchObject({
      status: 'CACHE_HIT',
      metadata: { cached_status: 'PARTIAL_SUCCESS' },
    });
  });
});

describe('a plan for a repository', () => {
  const { repository } = sampleRun();
  let head = 'a'.repeat(40);
  const forge: Partial<Forge> = {
    repository: async (name) => (name === 'octo/sample' ? { installationId: 5, repository } : null),
    branchHead: async (_place, branch) => (branch === 'gone' ? null : head),
  };
  const plan = { metadata: { repository: 'octo/sample' } };
  const published = {
    outcome: {
      status: 'succeeded',
      problem: null,
      publication: {
        pullRequestNumber: 8,
        pullRequestUrl: 'https://github.example/8',
        branch: 'ptc/x',
        commitSha: 'b'.repeat(40),
        draft: false,
      },
    },
  } as const;

  test('becomes work on it, and a pull request in the metadata', async () => {
    bed.restart({ forge });
    bed.endAtOnce(published);
    const result = await resultOf(bed.execute({ ...plan, max_iterations: 5 }));

    expect(bed.started[0]).toMatchObject({
      installationId: 5,
      repository,
      subject: null,
      options: { acceptance: 'proof', planned: false, attempts: 5 },
      target: { mode: 'new-pull-request', baseBranch: 'main' },
      execution: { projectName: 'calculator' },
    });
    expect(result).toMatchObject({
      status: 'SUCCESS',
      metadata: {
        repository: 'octo/sample',
        base_branch: 'main',
        branch: 'ptc/x',
        commit: 'b'.repeat(40),
        pull_request: 'https://github.example/8',
        pull_request_number: 8,
        draft: false,
      },
    });
  });

  test('is served from the cache only while its base stands still', async () => {
    bed.restart({ forge });
    bed.endAtOnce(published);
    const always = { ...plan, cache_strategy: 'always', project_name: 'of the base' };
    await bed.execute(always);
    const same = await resultOf(bed.execute(always));
    head = 'c'.repeat(40);

    expect(same.from_cache).toBe(true);
    expect((await resultOf(bed.execute(always))).from_cache).toBe(false);
  });

  test.each([
    ['octo/other', undefined, 'repository-unknown'],
    ['octo/sample', 'gone', 'base-branch-missing'],
  ])('is refused where there is none: %s %s', async (name, base, code) => {
    bed.restart({ forge });
    const response = await bed.execute({ metadata: { repository: name, base } });

    expect(response.status).toBe(422);
    expect(await problemOf(response)).toMatchObject({ code });
    expect(bed.started).toEqual([]);
  });

  test('that is known is answered without the forge', async () => {
    bed.restart({ forge });
    bed.endAtOnce(published);
    const known = { ...plan, execution_id: 'exec-known', cache_strategy: 'never' };
    const first = await resultOf(bed.execute(known));
    const away = new PtcError({ code: 'github-away', message: '', remedy: '', retryable: true });
    bed.restart({ forge: { repository: () => Promise.reject(away) } });

    expect(await resultOf(bed.execute(known))).toEqual(first);
    expect((await bed.execute({ ...plan, cache_strategy: 'never' })).status).toBe(503);
  });
});
