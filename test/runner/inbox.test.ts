import { existsSync, readdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type InboxMessage } from '../../src/protocol/inbox-message.ts';
import { type Inbox, openInbox } from '../../src/runner/inbox.ts';
import { says } from '../helpers/scripted-mailbox.ts';

let folder: string;
let inbox: Inbox | null = null;
let cancelled: string[];
let unreadable: string[];
let failures: unknown[];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ptc-inbox-'));
  cancelled = [];
  unreadable = [];
  failures = [];
});
afterEach(async () => {
  inbox?.close();
  await rm(folder, { recursive: true, force: true });
});

const signal = new AbortController().signal;
const open = (): Inbox => {
  inbox = openInbox(
    folder,
    (reason) => cancelled.push(reason),
    (name) => unreadable.push(name),
    (error) => failures.push(error),
  );
  return inbox;
};
const put = (name: string, message: InboxMessage | string): void => {
  writeFileSync(join(folder, `.${name}`), typeof message === 'string' ? message : JSON.stringify(message));
  renameSync(join(folder, `.${name}`), join(folder, name));
};
const token: InboxMessage = { type: 'clone-token', token: 'read-only', expiresAt: '2030-01-01T00:00:00Z' };

test('a token that comes after the wait began is handed over and its file is gone', async () => {
  const waiting = open().cloneToken(signal);
  put('000001-clone-token.json', token);
  expect(await waiting).toBe('read-only');
  expect(readdirSync(folder)).toEqual([]);
});

test('a token that was there before is handed over', async () => {
  put('000001-clone-token.json', token);
  expect(await open().cloneToken(signal)).toBe('read-only');
});

test('a reply reaches the request it names and no other', async () => {
  const box = open();
  const first = box.answerTo('work/1', signal);
  put('000001-model.reply.json', { type: 'model.reply', requestId: 'work/9', reply: says('for another') });
  put('000002-model.reply.json', { type: 'model.reply', requestId: 'work/1', reply: says('for you') });
  expect((await first).reply?.message.content).toEqual([{ type: 'text', text: 'for you' }]);
});

test('a repeated reply harms nothing', async () => {
  const box = open();
  const reply: InboxMessage = { type: 'model.reply', requestId: 'work/1', reply: says('once') };
  const first = box.answerTo('work/1', signal);
  put('000001-model.reply.json', reply);
  await first;
  const second = box.answerTo('work/2', signal);
  put('000001-model.reply.json', reply);
  put('000002-model.reply.json', { ...reply, requestId: 'work/2', reply: says('twice') });
  expect((await second).reply?.message.content).toEqual([{ type: 'text', text: 'twice' }]);
});

test('messages are taken in the order of their names, each once', () => {
  put('000002-message.json', { type: 'message', from: 'ada', text: 'second' });
  put('000001-message.json', { type: 'message', from: 'ada', text: 'first' });
  put('000003-message.json', { type: 'message', from: 'ada', text: 'first' });
  const box = open();
  const [take, takeToo] = [box.readMessages(), box.readMessages()];
  expect(take().map((message) => message.text)).toEqual(['first', 'second']);
  expect(take()).toEqual([]);
  expect(takeToo()).toHaveLength(2);
});

test('a cancel is passed on with its reason', () => {
  put('000001-cancel.json', { type: 'cancel', reason: 'ada' });
  open();
  expect(cancelled).toEqual(['ada']);
});

test('what is no message is skipped and named; other files and links are left alone', () => {
  put('000001-note.json', '{"type":"unknown"}');
  put('000002-note.json', 'not JSON');
  put('readme.txt', 'hello');
  symlinkSync('/etc/passwd', join(folder, '000003-message.json'));
  open();
  expect(unreadable).toEqual(['000001-note.json', '000002-note.json']);
  expect(existsSync(join(folder, 'readme.txt'))).toBe(true);
});

test('a wait ends with the reason of its signal', async () => {
  const stop = new AbortController();
  const waiting = open().answerTo('work/1', stop.signal);
  stop.abort(new Error('enough'));
  await expect(waiting).rejects.toThrow('enough');
});
