import { afterEach, beforeEach, expect, test } from 'vitest';
import { redeliverMissed } from '../../src/github/deliveries.ts';
import { WEBHOOK_PATH } from '../../src/github/webhook.ts';
import { type ForgeBed, openForgeBed, problemOf, serve } from './forge-bed.ts';

let bed: ForgeBed;
let servers: (() => void)[] = [];
let issues = 0;
let repository = '';

beforeEach(async () => {
  bed = await openForgeBed();
  repository = (await bed.repository()).repo.fullName;
  issues = 0;
});
afterEach(async () => {
  for (const close of servers) close();
  servers = [];
  expect(bed.github.violations).toEqual([]);
  await bed.close();
});

/** Ids of the deliveries that arrived, in their order. */
async function listen(): Promise<string[]> {
  const arrived: string[] = [];
  const middleware = await bed.connection.webhookMiddleware(async ({ id }) => void arrived.push(id));
  const { url, close } = await serve(middleware);
  servers.push(close);
  bed.app.setWebhookUrl(url + WEBHOOK_PATH);
  return arrived;
}
const goAway = () => bed.app.setWebhookUrl('http://127.0.0.1:9');
async function happen(count = 1): Promise<void> {
  for (; count > 0; count -= 1) {
    issues += 1;
    await bed.github.as('acme', 'POST', `/repos/${repository}/issues`, { title: `Issue ${issues}` });
  }
  await bed.github.settled();
}
async function redeliver(changes: object = {}): Promise<number> {
  const { appOctokit } = bed.connection;
  const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
  const asked = await redeliverMissed({
    appOctokit,
    events: ['issues'],
    lookBackMs: 60_000,
    log,
    ...changes,
  });
  await bed.github.settled();
  return asked;
}
const guids = () => [...new Set(bed.github.deliveries.map(({ guid }) => guid))];

test('what could not be delivered is delivered again, once, oldest first', async () => {
  goAway();
  await happen(3);
  const arrived = await listen();
  expect(await redeliver()).toBe(3);
  expect([...arrived].sort()).toEqual(guids().sort());
  const asked = bed.github.requests.filter(({ path }) => path.endsWith('/attempts')).map(({ path }) => path);
  const missed = bed.github.deliveries.slice(0, 3).map(({ id }) => `/app/hook/deliveries/${id}/attempts`);
  expect(asked).toEqual(missed);
  expect(await redeliver()).toBe(0);
  expect(arrived).toHaveLength(3);
});

test('what arrived is left alone, also when only a later attempt did', async () => {
  goAway();
  await happen();
  const arrived = await listen();
  await happen();
  const [first] = bed.github.deliveries;
  await bed.github.redeliver(first?.id ?? 0);
  expect(await redeliver()).toBe(0);
  expect(arrived).toHaveLength(2);
});

test('an event that failed twice is asked for once', async () => {
  goAway();
  await happen();
  expect(await redeliver()).toBe(1);
  const arrived = await listen();
  expect(await redeliver()).toBe(1);
  expect(arrived).toEqual(guids());
});

test('events nobody needs and those before the time looked at are left alone', async () => {
  goAway();
  await happen(2);
  await listen();
  expect(await redeliver({ events: ['issue_comment'] })).toBe(0);
  expect(await redeliver({ lookBackMs: -60_000 })).toBe(0);
});

test('more than a page is looked through', async () => {
  goAway();
  await happen();
  const missed = guids();
  const arrived = await listen();
  await happen(101);
  arrived.length = 0;
  expect(await redeliver()).toBe(1);
  expect(arrived).toEqual(missed);
});

test('one that GitHub refuses does not keep the others', async () => {
  goAway();
  await happen(2);
  await listen();
  const isRedelivery = ({ operationId }: { readonly operationId: string | undefined }) =>
    operationId === 'apps/redeliver-webhook-delivery';
  bed.github.on(isRedelivery, { status: 422, body: { message: 'Too old' } }, { times: 1 });
  const warnings: string[] = [];
  const log = {
    info: () => undefined,
    warn: (_fields: unknown, message: string) => void warnings.push(message),
    error: () => undefined,
  };
  expect(await redeliver({ log })).toBe(1);
  expect(warnings).toEqual([expect.stringContaining('Too old')]);
});

test('a list that cannot be had is a typed error', async () => {
  bed.github.on(({ operationId }) => operationId === 'apps/list-webhook-deliveries', { status: 502 });
  expect(await problemOf(redeliver())).toMatchObject({ code: 'github-unavailable' });
});
