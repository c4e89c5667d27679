import { beforeEach, describe, expect, test } from 'vitest';
import { createApi } from '../../src/api/app.ts';
import { DeadWebhookList } from '../../src/protocol/dead-webhooks.ts';
import { type DeadWebhooks } from '../../src/run/ports.ts';
import { createDeadWebhooks } from '../../src/webhook/outbox.ts';
import { type MemoryOutboxRows, memoryOutboxRows } from '../webhook/memory-outbox-rows.ts';
import { SERVER_TOKEN } from './access-bed.ts';
import { settingsOf } from './api-bed.ts';

const authorization = `Bearer ${SERVER_TOKEN}`;
const apiOf = (webhooks: DeadWebhooks) => createApi(settingsOf({ webhooks }));

let rows: MemoryOutboxRows;
let app: ReturnType<typeof apiOf>;
beforeEach(async () => {
  rows = memoryOutboxRows();
  app = apiOf(createDeadWebhooks(rows));
  for (const endpoint of ['1', 'https://hooks.example/canary']) {
    const event = { id: 'run-1.result', runId: 'run-1', type: 'run.failed', payload: {} } as const;
    await rows.insertIfAbsent(event, endpoint, new Date(0));
    await rows.markFailed({ id: event.id, endpoint }, 'HTTP 500', null, new Date(0));
  }
});

const dead = async () => {
  const response = await app.request('/api/v1/webhooks/dead', { headers: { authorization } });
  return DeadWebhookList.parse(await response.json()).webhooks;
};
const resend = (id: string) =>
  app.request(`/api/v1/webhooks/${id}/resend`, { method: 'POST', headers: { authorization } });

describe('what receivers never took', () => {
  test('is listed without what an address may hide', async () => {
    expect((await dead()).map(({ endpoint }) => endpoint)).toEqual(['https://hooks.example', '1']);
  });

  test('is due again for every receiver that is asked for', async () => {
    const response = await resend('run-1.result');

    expect(response.status).toBe(202);
    expect(await response.json()).toEqual({ id: 'run-1.result', receivers: 2 });
    expect(await dead()).toEqual([]);
  });

  test('cannot be sent again twice, nor what nobody knows', async () => {
    await resend('run-1.result');
    for (const id of ['run-1.result', 'nothing', '%00']) {
      const response = await resend(id);
      expect(response.status).toBe(404);
      expect(await response.json()).toMatchObject({ error: { code: 'webhook-unknown' } });
    }
  });

  test('is for administrators alone', async () => {
    expect((await app.request('/api/v1/webhooks/dead')).status).toBe(401);
    expect((await app.request('/api/v1/webhooks/x/resend', { method: 'POST' })).status).toBe(401);
  });
});
