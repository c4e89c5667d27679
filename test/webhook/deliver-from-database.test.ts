import { beforeEach, expect, it } from 'vitest';
import { type Log } from '../../src/run/ports.ts';
import { createOutboxRows } from '../../src/store/outbox-rows.ts';
import { createDelivery } from '../../src/webhook/deliver.ts';
import { createOutbox } from '../../src/webhook/outbox.ts';
import { onEveryDatabase } from '../store/every-database.ts';
import { type Receiver, startReceiver } from './receiver.ts';

const HOUR_MS = 3_600_000;
const quiet: Log = { info: () => undefined, warn: () => undefined, error: () => undefined };

onEveryDatabase('result webhooks from the database', (database) => {
  beforeEach(async () => {
    await database().pool.query('truncate webhook_outbox');
  });

  it('arrive in order after the receiver was down, with the same id and body on every attempt', async () => {
    const receiver = await startReceiver([503, 200]);
    const rows = createOutboxRows(database());
    let now = new Date();
    const secret = `whsec_${Buffer.from('secret').toString('base64')}`;
    const deliver = async () =>
      createDelivery({
        rows,
        secret,
        receivers: [receiver.url],
        callbacks: { allowPrivate: false },
        log: quiet,
        now: () => now,
      }).deliverDue(new AbortController().signal);
    const outbox = createOutbox(rows, { ofOperator: 1, callbacks: true }, () => now);
    for (const id of ['first', 'second', 'first']) {
      await outbox.enqueue(
        {
          id,
          runId: 'run-1',
          type: 'run.completed',
          payload: { z: id, a: [1, '\u0000'] },
        },
        null,
      );
    }
    for (let attempt = 0; attempt < 4; attempt += 1) {
      await deliver();
      now = new Date(now.getTime() + HOUR_MS);
    }

    expect(receiver.received.map(({ headers }) => headers['webhook-id'])).toEqual([
      'first',
      'first',
      'second',
    ]);
    expect(receiver.received[0]?.body).toBe(receiver.received[1]?.body);
  });

  it('arrive all, in order, once per id, at two receivers of which one was down for a while', async () => {
    const before = await startReceiver([204]);
    await before.close();
    const steady = await startReceiver([204]);
    const rows = createOutboxRows(database());
    let now = new Date();
    const delivery = createDelivery({
      rows,
      secret: `whsec_${Buffer.from('secret').toString('base64')}`,
      receivers: [before.url, steady.url],
      callbacks: { allowPrivate: false },
      log: quiet,
      now: () => now,
    });
    const outbox = createOutbox(rows, { ofOperator: 2, callbacks: true }, () => now);
    const names = ['accepted', 'planned', 'result'];
    const tick = async (seconds: number) => {
      while ((await delivery.deliverDue(new AbortController().signal)) > 0);
      now = new Date(now.getTime() + seconds * 1000);
    };
    for (const name of names) {
      for (const runId of ['run-1', 'run-2'])
        await outbox.enqueue({ id: `${runId}.${name}`, runId, type: 'run.failed', payload: {} }, null);
      await tick(20);
    }
    const back = await startReceiver([204], before.port);
    for (let minute = 0; minute < 10; minute += 1) await tick(60);

    const idsAt = (receiver: Receiver, runId: string) =>
      receiver.received
        .map(({ headers }) => headers['webhook-id'] ?? '')
        .filter((id) => id.startsWith(`${runId}.`));
    for (const receiver of [back, steady])
      for (const runId of ['run-1', 'run-2'])
        expect(idsAt(receiver, runId)).toEqual(names.map((name) => `${runId}.${name}`));
  });
});
