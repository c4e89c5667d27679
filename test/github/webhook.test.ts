import { sign } from '@octokit/webhooks-methods';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createGitHubApp } from '../../src/github/app.ts';
import { type ReceivedDelivery, WEBHOOK_PATH } from '../../src/github/webhook.ts';
import { type ForgeBed, WEBHOOK_SECRET, openForgeBed, problemOf, serve } from './forge-bed.ts';

let bed: ForgeBed;
let server: Awaited<ReturnType<typeof serve>>;
let url: string;
let received: ReceivedDelivery[] = [];
let take: (delivery: ReceivedDelivery) => Promise<void> = async () => undefined;

beforeAll(async () => {
  bed = await openForgeBed({ answerWithinMs: 500 });
  const middleware = await bed.connection.webhookMiddleware(async (delivery) => {
    await take(delivery);
    received.push(delivery);
  });
  server = await serve(middleware);
  ({ url } = server);
});
beforeEach(() => {
  received = [];
  take = async () => undefined;
});
afterAll(async () => {
  server.close();
  expect(bed.github.violations).toEqual([]);
  await bed.close();
});

interface Sent {
  readonly body?: string;
  readonly signature?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly path?: string;
}
const PAYLOAD = JSON.stringify({ action: 'labeled', secret: 'text of a stranger', installation: { id: 1 } });

async function send({ body = PAYLOAD, signature, headers = {}, path = WEBHOOK_PATH }: Sent = {}) {
  const response = await fetch(url + path, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'x-github-event': 'issues',
      'x-github-delivery': 'guid-1',
      'x-hub-signature-256': signature ?? (await sign(WEBHOOK_SECRET, body)),
      ...headers,
    },
    body,
  });
  return { status: response.status, text: await response.text() };
}
const logged = () => JSON.stringify(bed.log);

describe('a signed delivery', () => {
  test('is handed on as it is, and 200 comes only after it was taken', async () => {
    const stored = Promise.withResolvers<void>();
    take = () => stored.promise;
    const answer = send();
    const first = await Promise.race([
      answer,
      new Promise((resolve) => setTimeout(resolve, 100, 'no answer yet')),
    ]);
    expect(first).toBe('no answer yet');
    stored.resolve();
    expect(await answer).toMatchObject({ status: 200 });
    expect(received).toEqual([
      {
        id: 'guid-1',
        name: 'issues',
        payload: JSON.parse(PAYLOAD) as unknown,
        receivedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      },
    ]);
  });

  test('that cannot be stored is a 500 that says nothing of why, while the log does', async () => {
    take = () => Promise.reject(new Error('disk full at /secret/place'));
    const { status, text } = await send();
    expect(status).toBe(500);
    expect(text).not.toContain('disk');
    expect(bed.log.filter(({ message }) => message.includes('could not be taken'))).toEqual([
      {
        level: 'error',
        fields: { from: 'probot', error: 'Error' },
        message: 'the delivery could not be taken: disk full at /secret/place',
      },
    ]);
  });

  test('that takes too long to store is a 500, not yet a success', async () => {
    take = () => new Promise(() => undefined);
    expect(await send()).toMatchObject({ status: 500 });
  });

  test.each(['null', '"text"', '1', '[]', '{}'])('of the JSON %s does no harm', async (body) => {
    const { status, text } = await send({ body });
    expect([200, 500]).toContain(status);
    expect(text).not.toMatch(/\bat .*:\d+/);
  });

  test('of every event GitHub’s bed sends arrives', async () => {
    const { repo } = await bed.repository();
    bed.app.setWebhookUrl(url + WEBHOOK_PATH);
    await bed.github.as('acme', 'POST', `/repos/${repo.fullName}/issues`, {
      title: 'x',
      labels: ['ptc:build'],
    });
    await bed.github.settled();
    expect(bed.github.deliveries.map(({ statusCode }) => statusCode)).toEqual(received.map(() => 200));
    expect(received.map(({ name }) => name)).toContain('issues');
  });
});

describe('anything else', () => {
  test.each([
    ['a wrong signature', { signature: `sha256=${'0'.repeat(64)}` }],
    ['a signature of another form', { signature: 'nonsense' }],
    ['a signature of another text', { body: '{"a":2}', signature: `sha256=${'a'.repeat(64)}` }],
    ['an empty signature', { signature: '' }],
  ])('with %s is a 400 and reaches nobody, nor does its text the log', async (_what, sent) => {
    const { status } = await send({ body: PAYLOAD, ...sent });
    expect(status).toBe(400);
    expect(received).toEqual([]);
    expect(logged()).not.toContain('text of a stranger');
  });

  test('that is no JSON, signed or not, is a 400', async () => {
    expect(await send({ body: '{' })).toMatchObject({ status: 400 });
    expect(await send({ body: '{', signature: 'x' })).toMatchObject({ status: 400 });
  });

  test('of another content type is refused', async () => {
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    expect(await send({ headers })).toMatchObject({ status: 415 });
  });

  test('larger than any webhook is a 413', async () => {
    const body = 'x'.repeat(25 * 1024 * 1024 + 1);
    const answer = await send({ body, signature: 'x' }).catch(() => ({ status: 413 }));
    expect(answer).toMatchObject({ status: 413 });
    expect(received).toEqual([]);
  });

  test('at another address is somebody else’s', async () => {
    expect(await send({ path: '/healthz' })).toEqual({ status: 404, text: 'not ours' });
    expect(await send({ path: `/x/..${WEBHOOK_PATH}x` })).toEqual({ status: 404, text: 'not ours' });
  });

  test('asked for with GET is a 404', async () => {
    expect((await fetch(url + WEBHOOK_PATH)).status).toBe(404);
  });
});

test.each(['', '  '])('without a secret (%j) nothing starts', async (webhookSecret) => {
  const { appId, privateKey } = bed.app;
  const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
  const started = createGitHubApp({ appId, privateKey, webhookSecret, writeSpacing: true, log });
  expect(await problemOf(started)).toMatchObject({ code: 'webhook-secret-missing' });
});
