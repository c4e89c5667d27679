import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { type Log } from '../../src/run/ports.ts';
import { acceptedWebhook, resultWebhook } from '../../src/run/steps/run-webhooks.ts';
import { createDelivery } from '../../src/webhook/deliver.ts';
import { createOutbox } from '../../src/webhook/outbox.ts';
import { describeWith, hasTool } from '../helpers/required-tool.ts';
import { sampleOutcome, sampleRun } from '../store/samples.ts';
import { memoryOutboxRows } from './memory-outbox-rows.ts';

const PAGE = path.join(import.meta.dirname, '..', '..', 'docs', 'webhooks.md');
const SECRET = `whsec_${Buffer.from('a secret of thirty-two bytes long').toString('base64')}`;
const quiet: Log = { info: () => undefined, warn: () => undefined, error: () => undefined };
const NOTHING_SPENT = {
  costUsd: 0,
  requests: 0,
  inputTokens: 0,
  outputTokens: 0,
  models: [],
  fallOvers: 0,
  escalations: 0,
};

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const address = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no free port');
  return address.port;
}

/** The receiver as the page shows it, in a process of its own. */
async function startPython() {
  const source = /```python\n([\s\S]*?)```/.exec(await readFile(PAGE, 'utf8'))?.[1] ?? '';
  const port = await freePort();
  const child = spawn('python3', ['-c', source], {
    env: { PATH: process.env['PATH'], PTC_WEBHOOK_SECRET: SECRET, PORT: String(port) },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  onTestFinished(() => void child.kill());
  const lines: string[] = [];
  createInterface(child.stdout).on('line', (line) => lines.push(line));
  const url = `http://127.0.0.1:${port}/`;
  while (
    await fetch(url, { method: 'POST' }).then(
      () => false,
      () => true,
    )
  )
    await sleep(20);
  return { url, lines };
}

describeWith('python3', hasTool('python3'), 'the receiver in docs/webhooks.md', () => {
  test('takes what is signed by us, each event once, and nothing else', async () => {
    const { url, lines } = await startPython();
    const run = sampleRun();
    const policy = { publicUrl: null };
    const rows = memoryOutboxRows();
    const outbox = createOutbox(rows, { ofOperator: 2, callbacks: true });
    await outbox.enqueue(acceptedWebhook(policy, run), null);
    await outbox.enqueue(resultWebhook(policy, run, sampleOutcome, null, NOTHING_SPENT), null);
    // The second receiver is the same one again: it sees every event twice.
    const delivery = createDelivery({
      rows,
      secret: SECRET,
      receivers: [url, url],
      callbacks: { allowPrivate: false },
      log: quiet,
    });
    await delivery.deliverDue(new AbortController().signal);
    await delivery.deliverDue(new AbortController().signal);
    const unsigned = { method: 'POST', body: '{"type":"run.completed"}' };

    expect(rows.all.every(({ deliveredAt }) => deliveredAt !== null)).toBe(true);
    expect((await fetch(url, unsigned)).status).toBe(401);
    await expect
      .poll(() => lines)
      .toEqual([`run.accepted ${run.id} accepted`, `run.failed ${run.id} failed`]);
  });
});
