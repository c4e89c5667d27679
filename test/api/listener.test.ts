import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { memoryRunStore } from '../helpers/memory-run-store.ts';
import { type ListenerBed, openListener, statusIn } from './listener-bed.ts';
import { makeResult, makeRun } from './seed.ts';

const MAX_BODY_BYTES = 2 * 1024 * 1024;
const ALLOWED = 'https://roma.example';

let bed: ListenerBed;
beforeAll(async () => {
  const store = memoryRunStore();
  await store.create(makeRun('run-a'));
  await store.saveResult('run-a', makeResult('run-a'));
  await store.finish('run-a', { status: 'succeeded', problem: null, publication: null });
  bed = await openListener({ store }, [ALLOWED]);
});
afterAll(() => bed.close());

const ON_ALL = {
  'x-content-type-options': 'nosniff',
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'no-store',
};
const ON_PAGES = {
  ...ON_ALL,
  'content-security-policy': expect.stringMatching(
    /^default-src 'none'; style-src 'sha256-[\w+/=]+'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'$/,
  ),
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
};
const asBrowser = { accept: 'text/html,*/*;q=0.8' };

describe('every answer', () => {
  test.each([
    '/health',
    '/',
    '/openapi.json',
    '/runs/run-a/events',
    '/api/v1/runs/run-a',
    '/api/v1/keys',
    '/api/nowhere',
  ])('%s is JSON that is neither guessed at, kept nor read by pages of others', async (path) => {
    const { headers } = await fetch(bed.url + path);

    expect(headers.get('content-type')).toBe('application/json');
    expect(Object.fromEntries(headers)).toMatchObject(ON_ALL);
    expect(headers.get('content-security-policy')).toBeNull();
  });

  test.each<[string, number, RequestInit]>([
    ['/', 200, { headers: asBrowser }],
    ['/', 200, { headers: asBrowser, method: 'HEAD' }],
    ['/runs/run-a', 200, {}],
    ['/runs/run-a/patch', 200, {}],
    ['/runs/run-a/subtasks/0/patch', 404, {}],
    ['/nowhere', 404, {}],
    ['/api/v1/runs/run-a/patch', 200, {}],
    ['/api/v1/runs/run-a/events', 200, {}],
    ['/api/v1/runs/run-a/events', 204, { headers: { 'last-event-id': 'end' } }],
    ['/health', 204, { method: 'OPTIONS', headers: { origin: ALLOWED } }],
  ])('%s (%i) may load, run, frame and submit nothing', async (path, status, options) => {
    const response = await fetch(bed.url + path, options);
    await response.text();

    expect(response.status).toBe(status);
    expect(Object.fromEntries(response.headers)).toMatchObject(ON_PAGES);
  });

  test('is so too when no route made it', async () => {
    const answer = await bed.send(['GET / HTTP/1.1', 'host: evil.example@localhost']);

    expect(statusIn(answer)).toBe(400);
    expect(answer).toContain("content-security-policy: default-src 'none'");
    expect(answer).toContain('cache-control: no-store');
  });

  test('keeps what its route says of other things', async () => {
    const response = await fetch(`${bed.url}/api/v1/runs/run-a/events`, { headers: { origin: ALLOWED } });
    await response.text();

    expect(Object.fromEntries(response.headers)).toMatchObject({
      ...ON_PAGES,
      'content-type': 'text/event-stream',
      'access-control-allow-origin': ALLOWED,
    });
  });

  test('a page’s only style is the one its policy names', async () => {
    const response = await fetch(bed.url, { headers: asBrowser });
    const html = await response.text();
    const style = /<style>(.*?)<\/style>/s.exec(html)?.[1] ?? '';
    const digest = createHash('sha256').update(style).digest('base64');

    expect(response.headers.get('content-security-policy')).toContain(`'sha256-${digest}'`);
    expect(html).not.toContain('style=');
  });
});

describe('the name that is asked for', () => {
  const statusFor = async (host: string, target = '/health'): Promise<number> =>
    statusIn(await bed.send([`GET ${target} HTTP/1.1`, `host: ${host}`]));

  test.each([
    '127.0.0.1',
    '127.0.0.1:#',
    'localhost',
    'localhost:#',
    'LocalHost:#',
    '[::1]',
    '[::1]:#',
    'localhost:80',
    'ptc.example',
    'PTC.example:8443',
    '127.1:8001',
  ])('%s is ours, on whatever port', async (host) => {
    expect(await statusFor(host.replace('#', String(bed.port)))).toBe(200);
    expect(await statusFor(host.replace('#', '8001'))).toBe(200);
  });

  test.each([
    'evil.example',
    'evil.example:#',
    'localhost.evil.example',
    '127.0.0.1.evil.example:#',
    'localhost.:#',
    'xlocalhost',
    'ptc.example.',
    'localhost:8001.evil.example',
    'localhost@evil.example',
    'localhost:8001@evil.example',
    'evil.example#localhost/',
    'evil.example/localhost',
    'localhost/evil.example',
    'localhost\\@evil.example',
    '[::2]:#',
    '[::ffff:10.0.0.1]',
    '0.0.0.0:#',
    '10.0.0.7',
    '',
  ])('%s is not', async (host) => {
    const status = await statusFor(host.replace('#', String(bed.port)));

    expect([400, 421]).toContain(status);
  });

  test('is the one in the request line, if there is one', async () => {
    expect(await statusFor('localhost', 'http://evil.example/health')).toBe(421);
    expect(await statusFor('localhost', 'http://localhost:1@evil.example/health')).toBe(421);
    expect(statusIn(await bed.send(['GET /health HTTP/1.0']))).toBe(400);
  });
});

describe('the body of a request', () => {
  const HEAD = ['POST /execute HTTP/1.1', 'host: localhost', 'content-type: application/json'];
  const chunked = (body: string): string => `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`;

  test('that is said to be too large is not waited for', async () => {
    expect(statusIn(await bed.send([...HEAD, `content-length: ${MAX_BODY_BYTES + 1}`]))).toBe(413);
  });

  test('is counted when nobody says how large it is', async () => {
    const send = (body: string) => bed.send([...HEAD, 'transfer-encoding: chunked'], chunked(body));

    expect(statusIn(await send('x'.repeat(MAX_BODY_BYTES + 1)))).toBe(413);
    expect(statusIn(await send('x'.repeat(MAX_BODY_BYTES)))).toBe(400);
    expect(statusIn(await send('{}'))).toBe(422);
  });

  test('is never said in two ways', async () => {
    const both = [...HEAD, 'content-length: 2', 'transfer-encoding: chunked'];

    expect(statusIn(await bed.send(both, chunked('{}')))).toBe(400);
    expect(statusIn(await bed.send([...HEAD, 'content-length: x'], '{}'))).toBe(400);
  });

  test('belongs to no reading request, which is answered without it', async () => {
    const head = ['GET /health HTTP/1.1', 'host: localhost', `content-length: ${MAX_BODY_BYTES + 1}`];

    expect(statusIn(await bed.send(head, 'x'.repeat(MAX_BODY_BYTES + 1)))).toBe(200);
  });
});
