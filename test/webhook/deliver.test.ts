import { Webhook } from 'standardwebhooks';
import { describe, expect, test } from 'vitest';
import { type Log, type OutgoingWebhook } from '../../src/run/ports.ts';
import { createDelivery, type DeliverySettings } from '../../src/webhook/deliver.ts';
import { createOutbox } from '../../src/webhook/outbox.ts';
import { memoryOutboxRows } from './memory-outbox-rows.ts';
import { startReceiver } from './receiver.ts';

const SECRET = `whsec_${Buffer.from('a secret of thirty-two bytes long').toString('base64')}`;
/** The receivers of a server whose operator named one. */
const ONE = { ofOperator: 1, callbacks: true };
const HOUR_MS = 3_600_000;
const never = new AbortController().signal;
const quiet: Log = { info: () => undefined, warn: () => undefined, error: () => undefined };

const event = (id: string, runId = 'run-1'): OutgoingWebhook => ({
  id,
  runId,
  type: 'run.completed',
  payload: { run: runId, note: 'naïve “quotes” \u2028' },
});

/** An outbox with a clock that is moved by hand. */
function outboxTo(url: string, more: Partial<DeliverySettings> = {}) {
  const rows = memoryOutboxRows();
  let now = new Date();
  const settings: DeliverySettings = {
    rows,
    secret: SECRET,
    receivers: [url],
    callbacks: { allowPrivate: false },
    log: quiet,
    now: () => now,
    ...more,
  };
  return {
    rows,
    outbox: createOutbox(rows, ONE, () => now),
    deliver: async () => createDelivery(settings).deliverDue(never),
    run: async (signal: AbortSignal) => createDelivery({ ...settings, pollMs: 5 }).run(signal),
    wait: (ms: number) => {
      now = new Date(now.getTime() + ms);
    },
  };
}

describe('a result event', () => {
  test('arrives with a signature that the standard’s own library accepts', async () => {
    const receiver = await startReceiver([200]);
    const { outbox, deliver } = outboxTo(receiver.url);
    await outbox.enqueue(event('evt-1'), null);
    await deliver();

    const [request] = receiver.received;
    const headers = request?.headers ?? {};
    expect(headers).toMatchObject({ 'webhook-id': 'evt-1', 'content-type': 'application/json' });
    expect(new Webhook(SECRET).verify(request?.body ?? '', headers)).toEqual({
      type: 'run.completed',
      timestamp: expect.stringMatching(/^\d{4}-.*Z$/),
      data: event('evt-1').payload,
    });
    expect(() => new Webhook(SECRET).verify(`${request?.body} `, headers)).toThrow('signature');
  });

  test('is sent once after a 2xx, and once however often it is enqueued', async () => {
    const receiver = await startReceiver([204]);
    const { outbox, deliver, wait } = outboxTo(receiver.url);
    await outbox.enqueue(event('evt-1'), null);
    await outbox.enqueue(event('evt-1'), null);
    await deliver();
    wait(48 * HOUR_MS);
    await outbox.enqueue(event('evt-1'), null);
    await deliver();

    expect(receiver.received).toHaveLength(1);
  });

  test('is not stored when there is no receiver', async () => {
    const rows = memoryOutboxRows();
    await createOutbox(rows, { ofOperator: 0, callbacks: false }).enqueue(
      event('evt-1'),
      'https://a.example/',
    );

    expect(rows.all).toEqual([]);
  });

  test.each([[500], [404], [302], [429]] as const)('is tried again after HTTP %i', async (status) => {
    const receiver = await startReceiver([status, 200]);
    const { outbox, deliver, wait, rows } = outboxTo(receiver.url);
    await outbox.enqueue(event('evt-1'), null);
    await deliver();
    expect(rows.row('evt-1')).toMatchObject({ deliveredAt: null, lastError: `HTTP ${status}` });
    await deliver();
    expect(receiver.received).toHaveLength(1);
    wait(HOUR_MS);
    await deliver();

    expect(receiver.received.map(({ headers }) => headers['webhook-id'])).toEqual(['evt-1', 'evt-1']);
    expect(receiver.received[0]?.body).toBe(receiver.received[1]?.body);
    expect(receiver.received[0]?.headers['webhook-signature']).not.toBe(
      receiver.received[1]?.headers['webhook-signature'],
    );
  });

  test('arrives when the receiver was down and is back', async () => {
    const before = await startReceiver([200]);
    const { outbox, deliver, wait, rows } = outboxTo(before.url);
    await before.close();
    await outbox.enqueue(event('evt-1'), null);
    await deliver();
    expect(rows.row('evt-1')?.lastError).toBe('no connection (ECONNREFUSED)');
    const after = await startReceiver([200], before.port);
    wait(HOUR_MS);
    await deliver();

    expect(after.received).toHaveLength(1);
  });

  test('is tried again after a receiver that does not answer', async () => {
    const receiver = await startReceiver(['silence', 200]);
    const { outbox, deliver, wait, rows } = outboxTo(receiver.url, { timeoutMs: 50 });
    await outbox.enqueue(event('evt-1'), null);
    await deliver();
    expect(rows.row('evt-1')?.lastError).toBe('no answer within 50 ms');
    wait(HOUR_MS);
    await deliver();

    expect(rows.row('evt-1')?.deliveredAt).not.toBeNull();
  });

  test('is given up at once after HTTP 410', async () => {
    const receiver = await startReceiver([410]);
    const { outbox, deliver, wait, rows } = outboxTo(receiver.url);
    await outbox.enqueue(event('evt-1'), null);
    await deliver();
    wait(48 * HOUR_MS);
    await deliver();

    expect(receiver.received).toHaveLength(1);
    expect(rows.row('evt-1')?.deadAt).not.toBeNull();
  });

  test('is given up after about a day', async () => {
    const receiver = await startReceiver([500]);
    const { outbox, deliver, wait, rows } = outboxTo(receiver.url);
    await outbox.enqueue(event('evt-1'), null);
    for (let hour = 0; hour < 40; hour += 1) {
      await deliver();
      wait(HOUR_MS);
    }

    expect(receiver.received.length).toBe(9);
    expect(rows.row('evt-1')?.deadAt).not.toBeNull();
  });

  test('is due again when the worker that had claimed it stopped in the middle', async () => {
    const receiver = await startReceiver(['silence', 200]);
    const { outbox, deliver, run, wait } = outboxTo(receiver.url);
    await outbox.enqueue(event('evt-1'), null);
    const stop = new AbortController();
    const running = run(stop.signal);
    await expect.poll(() => receiver.received.length).toBe(1);
    stop.abort();
    await running;
    await deliver();
    expect(receiver.received).toHaveLength(1);
    wait(HOUR_MS);
    await deliver();

    expect(receiver.received).toHaveLength(2);
  });
});

describe('events of several runs', () => {
  test('keep their order within a run, and runs do not wait for each other', async () => {
    const receiver = await startReceiver([500, 200]);
    const { outbox, deliver, wait } = outboxTo(receiver.url);
    await outbox.enqueue(event('a1', 'run-a'), null);
    await outbox.enqueue(event('a2', 'run-a'), null);
    await deliver();
    await outbox.enqueue(event('b1', 'run-b'), null);
    await deliver();
    wait(HOUR_MS);
    await deliver();
    await deliver();

    expect(receiver.received.map(({ headers }) => headers['webhook-id'])).toEqual(['a1', 'b1', 'a1', 'a2']);
  });

  test('are sent by the loop as they come, through a failing table too', async () => {
    const receiver = await startReceiver([200]);
    const rows = memoryOutboxRows();
    let broken = true;
    const flaky = {
      ...rows,
      claimDue: async (...args: Parameters<typeof rows.claimDue>) => {
        if (broken) {
          broken = false;
          throw new Error('database away');
        }
        return rows.claimDue(...args);
      },
    };
    const { run } = outboxTo(receiver.url, { rows: flaky, now: () => new Date() });
    const stop = new AbortController();
    const running = run(stop.signal);
    const outbox = createOutbox(rows, ONE);
    await outbox.enqueue(event('a1', 'run-a'), null);
    await outbox.enqueue(event('b1', 'run-b'), null);
    await expect.poll(() => receiver.received.length).toBe(2);
    stop.abort();
    await running;

    expect(rows.all.every((row) => row.deliveredAt !== null)).toBe(true);
  });
});

describe('a receiver that hangs', () => {
  test('holds nobody up but the events of its run', async () => {
    const hangs = await startReceiver(['silence']);
    const answers = await startReceiver([204]);
    const rows = memoryOutboxRows();
    const callbacks = { allowPrivate: true };
    const delivery = createDelivery({
      rows,
      secret: SECRET,
      receivers: [],
      callbacks,
      log: quiet,
      pollMs: 5,
    });
    const outbox = createOutbox(rows, { ofOperator: 0, callbacks: true });
    const stop = new AbortController();
    await outbox.enqueue(event('hangs', 'run-0'), hangs.url);
    const running = delivery.run(stop.signal);
    await expect.poll(() => hangs.received.length).toBe(1);
    for (let n = 1; n <= 20; n += 1) await outbox.enqueue(event(`e${n}`, `run-${n}`), answers.url);
    await expect.poll(() => answers.received.length).toBe(20);
    stop.abort();
    await running;

    expect(rows.row('hangs', hangs.url)).toMatchObject({ deliveredAt: null, lastError: null });
  });
});

describe('a receiver that can never work', () => {
  test.each([
    ['no URL', { url: 'example.com', secret: SECRET }],
    ['another protocol', { url: 'file:///etc/passwd', secret: SECRET }],
    ['a password in the URL', { url: 'https://u:canary@example.com', secret: SECRET }],
    ['a secret that is no base64', { url: 'https://example.com', secret: 'canary!' }],
    ['an empty secret', { url: 'https://example.com', secret: '' }],
  ])('stops the start: %s', (_case, { url, secret }) => {
    const callbacks = { allowPrivate: false };
    const start = () =>
      createDelivery({ rows: memoryOutboxRows(), receivers: [url], secret, callbacks, log: quiet });

    expect(start).toThrow(expect.objectContaining({ code: 'webhook-misconfigured' }));
    expect(start).not.toThrow(/canary/);
  });
});
