import { Webhook } from 'standardwebhooks';
import { expect, onTestFinished, test } from 'vitest';
import { DeadWebhookList } from '../../src/protocol/dead-webhooks.ts';
import { WebhookMessage } from '../../src/protocol/outgoing-webhook.ts';
import { openCli } from '../helpers/cli-process.ts';
import { createWorld, untilFinished } from '../helpers/world.ts';
import { startReceiver } from '../webhook/receiver.ts';

const SECRET = `whsec_${Buffer.from('a secret of thirty-two bytes long').toString('base64')}`;

test('what a receiver would not take is listed and sent again by the command line, in order and signed', async () => {
  const receiver = await startReceiver([410, 204]);
  const world = await createWorld();
  onTestFinished(() => world.close());
  const server = await world.start({ PTC_WEBHOOK_URL: receiver.url, PTC_WEBHOOK_SECRET: SECRET });
  const cli = await openCli();
  onTestFinished(() => cli.clear());
  const webhook = (...args: readonly string[]) => cli.run(['webhook', ...args, '--data-dir', world.dataDir]);

  const runId = await world.label(await world.openIssue());
  await untilFinished(server, runId);
  const ids = [`${runId}.accepted`, `${runId}.result`];
  const listed = await webhook('list', '--json');
  expect(DeadWebhookList.parse(JSON.parse(listed.stdout)).webhooks.map(({ id }) => id)).toEqual(
    ids.toReversed(),
  );
  expect((await webhook('resend', 'no-such-id')).exitCode).toBe(2);
  expect(await webhook('resend')).toMatchObject({
    exitCode: 0,
    stdout: ids.map((id) => `${id} is sent again to one receiver.\n`).join(''),
  });

  await expect.poll(() => receiver.received.length, { timeout: 20_000 }).toBe(3);
  const again = receiver.received.slice(1);
  expect(again.map(({ headers }) => headers['webhook-id'])).toEqual(ids);
  const messages = again.map(({ body, headers }) =>
    WebhookMessage.parse(new Webhook(SECRET).verify(body, headers)),
  );
  expect(messages.map(({ type, data }) => [type, data.status, data.run_id])).toEqual([
    ['run.accepted', 'accepted', runId],
    ['run.completed', 'succeeded', runId],
  ]);
  expect((await webhook('list')).stdout).toBe('Every webhook was taken.\n');
});
