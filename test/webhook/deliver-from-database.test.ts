import { beforeEach, expect, it } from 'vitest';
import { type Log } from '../../src/run/ports.ts';
import { createOutboxRows } from '../../src/store/outbox-rows.ts';
import { createDelivery } from '../../src/webhook/deliver.ts';
import { createOutbox } from '../../src/webhook/outbox.ts';
import { onEveryDatabase } from '../store/every-database.ts';
import { startReceiver } from './receiver.ts';

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
        receiver: { url: receiver.url, secret },
        log: quiet,
        now: () => now,
      }).deliverDue(new AbortController().signal);
    const outbox = createOutbox(rows, true, () => now);
    for (const id of ['first', 'second', 'first']) {
      await outbox.enqueue({
        id,
        runId: 'run-1',
        type: 'run.completed',
        payload: { z: id, a: [1, '\u0000'] },
      });
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
});
