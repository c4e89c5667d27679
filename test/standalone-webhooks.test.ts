import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type WorkspaceNews } from '../src/domain/workspace-news.ts';
import { urlOf } from '../src/listener.ts';
import { type StandaloneRuns } from '../src/run/ports.ts';
import { createStandaloneWebhooks, STANDALONE_WEBHOOKS_PATH } from '../src/standalone-webhooks.ts';
import { type Database, openDatabase } from '../src/store/database.ts';
import { migrate } from '../src/store/migrations.ts';
import { createRunStore } from '../src/store/runs.ts';
import { createStandaloneRuns } from '../src/store/standalone-runs.ts';
import { sampleRun } from './store/samples.ts';

const SECRET = 'canary-secret-of-the-run-41f0';
const PULL_REQUEST = 'https://github.example/octo/sample/pull/4';

let folder: string;
let database: Database;
let runs: StandaloneRuns;
let url: string;
const log: unknown[] = [];
const logged = (...said: readonly unknown[]): void => void log.push(said);
const server = createServer();

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'ptc-standalone-webhooks-'));
  database = await openDatabase({ dataFolder: folder });
  await migrate(database, new AbortController().signal);
  runs = createStandaloneRuns(database);
  const take = createStandaloneWebhooks(runs, { info: logged, warn: logged, error: logged });
  server.on('request', (request, response) => void take(request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `${urlOf(server)}${STANDALONE_WEBHOOKS_PATH}`;
});
afterAll(async () => {
  server.close();
  server.closeAllConnections();
  await database.close();
  await rm(folder, { recursive: true });
});

/** A run whose workspace stands alone; its id. */
async function expected(): Promise<string> {
  const run = sampleRun();
  await createRunStore(database).create(run);
  await runs.expect(run.id, createHash('sha256').update(SECRET).digest('hex'));
  return run.id;
}

const newsOf = (taskId: string, news: Partial<WorkspaceNews>): WorkspaceNews => ({
  type: 'task.progress',
  taskId,
  workspaceId: 'workspace-1',
  branchName: 'ptc/3-broken',
  prUrl: '',
  status: 'running',
  error: '',
  message: '',
  ...news,
});

interface Post {
  readonly run?: string;
  readonly secret?: string;
  readonly body?: string;
  readonly method?: string;
}

const post = ({ run = '', secret = SECRET, body = '', method = 'POST' }: Post): Promise<Response> =>
  fetch(`${url}?${new URLSearchParams({ run, secret }).toString()}`, {
    method,
    ...(method === 'POST' ? { body } : {}),
  });

async function tell(runId: string, news: Partial<WorkspaceNews>): Promise<number> {
  return (await post({ run: runId, body: JSON.stringify(newsOf(runId, news)) })).status;
}

test('what a workspace tells is stored before it is answered', async () => {
  const runId = await expected();
  expect(await tell(runId, { type: 'workspace.created' })).toBe(200);
  expect(await tell(runId, { message: 'cloning' })).toBe(200);
  expect(await tell(runId, { message: 'working' })).toBe(200);
  expect(await runs.state(runId)).toEqual({
    messages: ['cloning', 'working'],
    pullRequestUrl: null,
    end: null,
  });
  expect(await tell(runId, { type: 'pr.created', prUrl: PULL_REQUEST })).toBe(200);
  expect(
    await tell(runId, { type: 'task.failed', status: 'failed', error: 'job-timeout: It took long.' }),
  ).toBe(200);
  expect(await runs.state(runId)).toMatchObject({
    pullRequestUrl: PULL_REQUEST,
    end: { status: 'failed', error: 'job-timeout: It took long.' },
  });
});

test('an unknown run and a wrong secret get the same answer, and change nothing', async () => {
  const [runId, other] = [await expected(), await expected()];
  await runs.expect(other, createHash('sha256').update('another').digest('hex'));
  const body = JSON.stringify(newsOf(runId, { type: 'task.completed', status: 'success' }));
  const refusals = await Promise.all([
    post({ run: 'run-nobody', body }),
    post({ run: '\0\ud800', body }),
    post({ run: runId, secret: `${SECRET}x`, body }),
    post({ run: runId, secret: '', body }),
    post({ run: other, body }),
    fetch(url, { method: 'POST', body }),
  ]);
  for (const refusal of refusals) {
    expect(refusal.status).toBe(401);
    expect(await refusal.text()).toBe('');
  }
  expect(await runs.state(runId)).toMatchObject({ end: null });
  expect(await runs.state('run-nobody')).toBeNull();
});

test('the secret of one run tells nothing of another', async () => {
  const [runId, other] = [await expected(), await expected()];
  const body = JSON.stringify(newsOf(other, { type: 'task.completed' }));
  expect((await post({ run: runId, body })).status).toBe(400);
  expect(await runs.state(other)).toMatchObject({ end: null });
});

test('what is told twice, or late, changes nothing', async () => {
  const runId = await expected();
  const end = { type: 'task.completed', status: 'success', prUrl: PULL_REQUEST } as const;
  for (const news of [{ message: 'working' }, { message: 'working' }, end, end]) {
    expect(await tell(runId, news)).toBe(200);
  }
  const state = await runs.state(runId);
  expect(state).toEqual({
    messages: ['working'],
    pullRequestUrl: PULL_REQUEST,
    end: { status: 'success', error: '' },
  });
  const late = [
    { message: 'proving' },
    { type: 'task.failed', status: 'failed', error: 'x' },
    { type: 'pr.created', prUrl: 'https://elsewhere.example/pull/1' },
  ] as const;
  for (const news of late) expect(await tell(runId, news)).toBe(200);
  expect(await runs.state(runId)).toEqual(state);
});

test('messages at once are all kept', async () => {
  const runId = await expected();
  const messages = ['a', 'b', 'c', 'd', 'e', 'f'];
  await Promise.all(messages.map((message) => tell(runId, { message })));
  expect((await runs.state(runId))?.messages.toSorted()).toEqual(messages);
});

test('a workspace that talks without end fills nothing', async () => {
  const runId = await expected();
  await tell(runId, { message: 'x'.repeat(9000) });
  for (let count = 0; count < 250; count += 1) await runs.hear(runId, newsOf(runId, { message: `${count}` }));
  const messages = (await runs.state(runId))?.messages ?? [];
  expect(messages).toHaveLength(200);
  expect(messages[0]).toHaveLength(300);
});

test.each([
  ['no JSON', () => '{'],
  ['nothing', () => ''],
  ['a list', () => '[]'],
  ['a field that is no text', (id: string) => JSON.stringify({ ...newsOf(id, {}), message: 7 })],
  ['a field that is missing', (id: string) => JSON.stringify({ ...newsOf(id, {}), error: undefined })],
  ['an unknown type', (id: string) => JSON.stringify({ ...newsOf(id, {}), type: 'task.exploded' })],
  ['a text that is too long', (id: string) => JSON.stringify(newsOf(id, { error: 'x'.repeat(20_000) }))],
])('%s is refused as no news', async (_what, body) => {
  const runId = await expected();
  expect((await post({ run: runId, body: body(runId) })).status).toBe(400);
  expect(await runs.state(runId)).toMatchObject({ messages: [], end: null });
});

test('more than 64 KB are refused', async () => {
  const runId = await expected();
  expect((await post({ run: runId, body: 'x'.repeat(64 * 1024) })).status).toBe(400);
  expect((await post({ run: runId, body: 'x'.repeat(64 * 1024 + 1) })).status).toBe(413);
  expect((await post({ run: runId, body: 'x'.repeat(5_000_000) })).status).toBe(413);
});

test('nothing but posts is taken', async () => {
  expect((await post({ run: await expected(), method: 'GET' })).status).toBe(405);
});

test('what cannot be stored is asked for again', async () => {
  const take = createStandaloneWebhooks(
    { secretHash: () => Promise.reject(new Error('no database')), hear: () => Promise.resolve() },
    { info: logged, warn: logged, error: logged },
  );
  const broken = createServer((request, response) => void take(request, response)).listen(0, '127.0.0.1');
  await once(broken, 'listening');
  expect((await fetch(urlOf(broken), { method: 'POST', body: '{}' })).status).toBe(503);
  broken.close();
  broken.closeAllConnections();
});

test('a new secret makes an end of the earlier one', async () => {
  const runId = await expected();
  await runs.expect(runId, createHash('sha256').update('the next').digest('hex'));
  expect(await tell(runId, { message: 'working' })).toBe(401);
});

test('neither log nor database holds the secret', async () => {
  const runId = await expected();
  await tell(runId, { message: 'working' });
  await post({ run: runId, body: '{' });
  const { rows } = await database.pool.query('select * from standalone_runs');
  expect(JSON.stringify(rows)).toContain(runId);
  expect(JSON.stringify([rows, log])).not.toContain(SECRET);
});
