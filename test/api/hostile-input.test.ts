import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import * as z from 'zod';
import { createApi } from '../../src/api/app.ts';
import { createIntake } from '../../src/run/intake.ts';
import { ProblemAnswer } from '../../src/protocol/problem-answer.ts';
import { createKeyTable } from '../../src/store/api-keys.ts';
import { type Database, openDatabase } from '../../src/store/database.ts';
import { migrate } from '../../src/store/migrations.ts';
import { createOutboxRows } from '../../src/store/outbox-rows.ts';
import { createRunStore } from '../../src/store/runs.ts';
import { createDeadWebhooks } from '../../src/webhook/outbox.ts';
import { sampleOutcome, sampleRun } from '../store/samples.ts';
import { accessOf, SERVER_TOKEN } from './access-bed.ts';
import { settingsOf } from './api-bed.ts';
import { intakePorts, REQUEST } from './runs-bed.ts';

let folder: string;
let database: Database;
let app: ReturnType<typeof createApi>;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'ptc-hostile-'));
  database = await openDatabase({ dataFolder: folder });
  await migrate(database, new AbortController().signal);
  const store = createRunStore(database);
  const run = sampleRun({ id: 'run-a' });
  await store.create(run);
  await store.finish(run.id, sampleOutcome);
  const start = async (each: Parameters<typeof store.create>[0]) =>
    (await store.create(each)) === 'subject-busy' ? ('subject-busy' as const) : ('started' as const);
  app = createApi(
    settingsOf({
      store,
      intake: createIntake(intakePorts(store), { start }, { allowPrivate: true }),
      webhooks: createDeadWebhooks(createOutboxRows(database)),
      access: accessOf({ table: createKeyTable(database) }),
    }),
  );
});
afterAll(async () => {
  await database.close();
  await rm(folder, { recursive: true });
});

const authorization = `Bearer ${SERVER_TOKEN}`;
const SEGMENTS = [
  '%00',
  'a%00b',
  '%ED%A0%80',
  '%',
  '%zz',
  '..',
  '%2e%2e',
  '%2F',
  '%F0%9F%99%82',
  "'%20or%201=1--",
  'x'.repeat(5000),
  'run-a',
];
const NUMBERS = ['-1', '0', '1e309', 'NaN', '9'.repeat(400), '1.5', '0x10', ''];
const PAGES = [
  '/runs/{id}',
  '/runs/{id}/patch',
  '/runs/{id}/subtasks/{id}/patch',
  '/runs/{id}/events',
  '/runs/{id}/recording',
];
const VALUES: readonly unknown[] = [
  null,
  true,
  -1,
  0,
  1.5,
  1e308,
  Number.MAX_SAFE_INTEGER + 2,
  '',
  ' ',
  '\0',
  'a\0b',
  '\uD800',
  '\u202E',
  '🙂'.repeat(100),
  'x'.repeat(70_000),
  '__proto__',
  [],
  [null],
  {},
  JSON.parse('{"__proto__":{"x":1},"constructor":1}'),
  JSON.parse('['.repeat(500) + ']'.repeat(500)),
];

const call = async (
  method: string,
  url: string,
  body?: string,
  headers: Readonly<Record<string, string>> = {},
) => {
  const response = await app.request(url, {
    method,
    headers: { authorization, 'content-type': 'application/json', ...headers },
    ...(body === undefined ? {} : { body }),
  });
  await response.body?.cancel();
  return response.status;
};

const Document = z.object({ paths: z.record(z.string(), z.record(z.string(), z.unknown())) });

describe('no input makes the server fail', () => {
  test('in a path or a query, of any route', async () => {
    const { paths } = Document.parse(await (await app.request('/openapi.json')).json());
    const asked: string[] = [];
    const ask = async (method: string, url: string): Promise<void> => {
      asked.push(url);
      const status = await call(method.toUpperCase(), url);
      expect([method, url, status]).toEqual([method, url, expect.toSatisfy(isFine)]);
    };
    const api = Object.keys(paths).filter((each) => each.startsWith('/api/'));
    for (const route of [...api, ...PAGES]) {
      for (const method of Object.keys(paths[route] ?? { get: true })) {
        for (const value of SEGMENTS) await ask(method, route.replaceAll('{id}', value));
      }
    }
    for (const route of ['/api/v1/runs', ...PAGES]) {
      for (const name of ['limit', 'before', 'status', 'after', 'subtask']) {
        const address = route.replaceAll('{id}', 'run-a');
        for (const value of [...SEGMENTS, ...NUMBERS]) await ask('get', `${address}?${name}=${value}`);
      }
    }
    expect(asked.length).toBeGreaterThan(500);
  });

  const PLAN = {
    subtasks: [{ goal: 'x', task_type: 'WRITE', files: ['a'] }],
    dependencies_graph: { '0': [] },
  };
  const WHOLE = {
    ...REQUEST,
    base: 'main',
    plan: PLAN,
    options: { budget_usd: 1, allow: ['a'], attempts: 1, timeout_seconds: 60, models: ['anthropic'] },
    callback_url: 'https://roma.example',
  };

  test.each<[string, unknown]>([
    ['/api/v1/runs', WHOLE],
    ['/api/v1/keys', { name: 'x', scopes: ['runs'] }],
  ])('in any field of the body of %s', async (url, whole) => {
    const bodies = VALUES.flatMap((value) => spoiled(whole, value)).map((body) => JSON.stringify(body));
    for (const body of [
      ...bodies,
      '',
      '{',
      'null',
      '\0',
      '{"a":1e999}',
      `{"goal":${deep}}`,
      `{"plan":{"subtasks":${deep}}}`,
      '{"goal":"\\ud800"}',
      '"x"',
    ]) {
      expect([body.slice(0, 200), await call('POST', url, body)]).toEqual([
        body.slice(0, 200),
        expect.toSatisfy(isFine),
      ]);
    }
    expect(bodies.length).toBeGreaterThan(50);
  });

  const heap = (value: string): string => `[${Array.from({ length: 300_000 }, () => value).join(',')}]`;

  test.each([
    [
      '/execute',
      'scaffolding.requirements',
      `{"execution_id":"x","scaffolding":{"task_description":"x","requirements":${heap('1')}}}`,
    ],
    ['/generate', 'requirements', `{"task_description":"x","requirements":${heap('1')}}`],
    [
      '/api/v1/runs',
      'plan.subtasks',
      `{"repository":"octo/sample","goal":"x","plan":{"subtasks":${heap('{}')}}}`,
    ],
    ['/api/v1/keys', 'scopes', `{"name":"x","scopes":${heap('1')}}`],
  ])('of which each of 300,000 values is wrong: %s', async (url, path, body) => {
    const headers = { authorization, 'content-type': 'application/json' };
    const response = await app.request(url, { method: 'POST', headers, body });

    expect(response.status).toBe(422);
    expect(ProblemAnswer.parse(await response.json()).error.fields).toMatchObject([{ path }]);
  });

  test('in a header', async () => {
    for (const value of [
      '',
      'x'.repeat(300),
      '\u00FF',
      '0.0',
      '99999999999.1',
      '9999999999.999',
      '-1.0',
      'end',
      '\t',
    ]) {
      const headers = { 'idempotency-key': value, 'last-event-id': value };
      expect(await call('POST', '/api/v1/runs', JSON.stringify(REQUEST), headers)).toSatisfy(isFine);
      expect(await call('GET', '/api/v1/runs/run-a/events', undefined, headers)).toSatisfy(isFine);
    }
  });
});

const deep = '['.repeat(100_000) + ']'.repeat(100_000);
const isFine = (status: unknown): boolean => typeof status === 'number' && status < 500;

/** The value with each of its parts, and all of it, replaced in turn. */
function spoiled(whole: unknown, by: unknown): readonly unknown[] {
  if (Array.isArray(whole))
    return [by, ...whole.flatMap((part, index) => spoiled(part, by).map((each) => whole.with(index, each)))];
  if (typeof whole !== 'object' || whole === null) return [by];
  const fields = Object.entries(whole).flatMap(([name, part]) =>
    spoiled(part, by).map((each) => ({ ...whole, [name]: each })),
  );
  return [by, ...fields, { ...whole, [typeof by === 'string' ? by : 'more']: by }];
}
