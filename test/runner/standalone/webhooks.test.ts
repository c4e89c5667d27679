import { afterAll, beforeAll, expect, test } from 'vitest';
import { redactor } from '../../../src/runner/standalone/redaction.ts';
import { openWebhooks, type Webhooks } from '../../../src/runner/standalone/webhooks.ts';
import { startSilentServer } from '../../helpers/silent-server.ts';
import { type Receiver, startReceiver } from './bed.ts';

let receiver: Receiver;
beforeAll(async () => {
  receiver = await startReceiver();
});
afterAll(() => receiver.close());

const open = (webhookUrl: string | null, notes: string[] = []): Webhooks =>
  openWebhooks(
    { webhookUrl, taskId: 'a "task"', workspaceId: '', branchName: 'ptc/a', keepsAlive: false },
    redactor(['very-secret']),
    (text) => notes.push(text),
    { answerMs: 200, retryMs: [1, 1] },
  );
const progress = { type: 'task.progress', status: 'running' } as const;
const typesSince = (before: number) => receiver.posts.slice(before).map(({ message }) => message);

test('every field is text, and no text holds a secret', async () => {
  const before = receiver.posts.length;
  const webhooks = open(receiver.url);
  webhooks.tell({
    type: 'task.failed',
    status: 'failed',
    error: 'x\n"very-secret"',
    message: 'm'.repeat(20_000),
  });
  await webhooks.settled();
  expect(receiver.posts.slice(before)).toEqual([
    {
      type: 'task.failed',
      taskId: 'a "task"',
      workspaceId: '',
      branchName: 'ptc/a',
      prUrl: '',
      status: 'failed',
      error: 'x\n"***"',
      message: 'm'.repeat(8000),
    },
  ]);
});

test('order is kept over failures, and each is tried three times', async () => {
  const before = receiver.posts.length;
  receiver.answerNext(500, null, 200, 429, 200);
  const webhooks = open(receiver.url);
  for (const message of ['one', 'two', 'three']) webhooks.tell({ ...progress, message });
  await webhooks.settled();
  expect(typesSince(before)).toEqual(['one', 'one', 'one', 'two', 'two', 'three']);
});

test('what the receiver refuses is not sent again', async () => {
  const before = receiver.posts.length;
  const notes: string[] = [];
  receiver.answerNext(404);
  const webhooks = open(receiver.url, notes);
  webhooks.tell({ ...progress, message: 'one' });
  await webhooks.settled();
  expect(typesSince(before)).toEqual(['one']);
  expect(notes).toEqual(['The webhook task.progress could not be delivered: the receiver answered 404']);
});

test('while a receiver is down progress is left out, and the end is tried all the same', async () => {
  const before = receiver.posts.length;
  receiver.answerNext(500, 500, 500);
  const webhooks = open(receiver.url);
  webhooks.tell({ ...progress, message: 'lost' });
  webhooks.tell({ ...progress, message: 'left out' });
  webhooks.tell({ type: 'task.completed', status: 'success', message: 'the end' });
  await webhooks.settled();
  expect(typesSince(before)).toEqual(['lost', 'lost', 'lost', 'the end']);
});

test('no address at all, or nobody at it, is a note and no crash, and the note has no address', async () => {
  const gone = await startReceiver();
  await gone.close();
  const notes: string[] = [];
  for (const url of ['nonsense', gone.url]) {
    const webhooks = open(url, notes);
    webhooks.tell({ ...progress, message: 'one' });
    await webhooks.settled();
  }
  expect(notes).toEqual([
    'The webhook task.progress could not be delivered: ERR_INVALID_URL',
    'The webhook task.progress could not be delivered: ECONNREFUSED',
  ]);
});

test('a receiver that never answers is given up', async () => {
  const silent = await startSilentServer();
  const notes: string[] = [];
  const webhooks = open(silent.url, notes);
  webhooks.tell({ ...progress, message: 'one' });
  await webhooks.settled();
  expect(notes).toEqual(['The webhook task.progress could not be delivered: TimeoutError']);
  silent.stop();
});
