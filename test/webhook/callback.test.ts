import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer as createHttpServer } from 'node:http';
import { createServer } from 'node:https';
import { tmpdir } from 'node:os';
import path from 'node:path';
import tls from 'node:tls';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { type Log, type OutgoingWebhook } from '../../src/run/ports.ts';
import { createDelivery, type DeliverySettings } from '../../src/webhook/deliver.ts';
import { createDeadWebhooks, createOutbox } from '../../src/webhook/outbox.ts';
import { describeWith, hasTool } from '../helpers/required-tool.ts';
import { memoryOutboxRows } from './memory-outbox-rows.ts';
import { startReceiver } from './receiver.ts';

const HOUR_MS = 3_600_000;
const never = new AbortController().signal;

const event = (name: string, runId = 'run-1'): OutgoingWebhook => ({
  id: `${runId}.${name}`,
  runId,
  type: 'run.completed',
  payload: {},
});

/** A server without receivers of its operator's, with a clock that is moved by hand. */
function callbacksWith(more: Partial<DeliverySettings> = {}) {
  const rows = memoryOutboxRows();
  const logged: unknown[] = [];
  const note = (fields: unknown) => void logged.push(fields);
  const log: Log = { info: note, warn: note, error: note };
  let now = new Date();
  const settings: DeliverySettings = {
    rows,
    secret: `whsec_${Buffer.from('a secret of thirty-two bytes long').toString('base64')}`,
    receivers: [],
    callbacks: { allowPrivate: true },
    log,
    now: () => now,
    timeoutMs: 2_000,
    ...more,
  };
  return {
    rows,
    logged,
    outbox: createOutbox(rows, { ofOperator: settings.receivers.length, callbacks: true }, () => now),
    dead: createDeadWebhooks(rows, () => now),
    deliver: () => createDelivery(settings).deliverDue(never),
    wait: (ms: number) => {
      now = new Date(now.getTime() + ms);
    },
  };
}

const answering =
  (...answers: readonly (readonly string[])[]) =>
  (asked: string[]) =>
  async (host: string) => {
    asked.push(host);
    return answers[Math.min(asked.length, answers.length) - 1] ?? [];
  };

describe('the callback of a run', () => {
  test('gets its events besides the receivers of the operator, under the same id', async () => {
    const [ours, theirs] = [await startReceiver([200]), await startReceiver([200])];
    const { outbox, deliver } = callbacksWith({ receivers: [ours.url, ours.url] });
    await outbox.enqueue(event('result'), theirs.url);
    await deliver();

    expect(ours.received.map(({ headers }) => headers['webhook-id'])).toEqual([
      'run-1.result',
      'run-1.result',
    ]);
    expect(theirs.received.map(({ headers }) => headers['webhook-id'])).toEqual(['run-1.result']);
  });

  test.each([[500], [302]])(
    'that answers %i is tried again, and a redirect is not followed',
    async (status) => {
      const receiver = await startReceiver([status, 200]);
      const { outbox, deliver, wait, rows } = callbacksWith();
      await outbox.enqueue(event('result'), receiver.url);
      await deliver();
      expect(rows.row('run-1.result', receiver.url)?.lastError).toBe(`HTTP ${status}`);
      wait(HOUR_MS);
      await deliver();

      expect(receiver.received).toHaveLength(2);
      expect(rows.row('run-1.result', receiver.url)?.deliveredAt).not.toBeNull();
    },
  );

  test('that answers 410 gets nothing more of that run, and of another one it does', async () => {
    const receiver = await startReceiver([410, 200]);
    const operators = await startReceiver([200]);
    const { outbox, deliver, dead } = callbacksWith({ receivers: [operators.url] });
    await outbox.enqueue(event('accepted'), receiver.url);
    await outbox.enqueue(event('planned'), receiver.url);
    for (let round = 0; round < 3; round += 1) await deliver();
    await outbox.enqueue(event('result'), receiver.url);
    await outbox.enqueue(event('accepted', 'run-2'), receiver.url);
    for (let round = 0; round < 3; round += 1) await deliver();

    expect(receiver.received.map(({ headers }) => headers['webhook-id'])).toEqual([
      'run-1.accepted',
      'run-2.accepted',
    ]);
    expect(operators.received).toHaveLength(4);
    expect(await dead.list(10)).toMatchObject([
      { id: 'run-1.result', lastError: 'HTTP 410', attempts: 0 },
      { id: 'run-1.planned', lastError: 'HTTP 410' },
      { id: 'run-1.accepted', lastError: 'HTTP 410' },
    ]);
  });

  test('that hangs has failed after the time limit, while others get theirs', async () => {
    const [hangs, answers] = [await startReceiver(['silence']), await startReceiver([200])];
    const { outbox, deliver, rows } = callbacksWith({ timeoutMs: 100 });
    await outbox.enqueue(event('result', 'run-1'), hangs.url);
    await outbox.enqueue(event('result', 'run-2'), answers.url);
    await deliver();

    expect(rows.row('run-1.result', hangs.url)?.lastError).toBe('no answer within 100 ms');
    expect(answers.received).toHaveLength(1);
  });

  test('that answers without end is not listened to', async () => {
    const closed = Promise.withResolvers<void>();
    const server = createHttpServer((request, response) => {
      request.resume();
      response.writeHead(200);
      const more = setInterval(() => response.write('more of it'), 1);
      response.once('close', () => {
        clearInterval(more);
        closed.resolve();
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    const { outbox, deliver, rows } = callbacksWith();
    await outbox.enqueue(event('result'), `http://127.0.0.1:${port}/`);
    await deliver();
    await closed.promise;

    expect(rows.all[0]?.deliveredAt).not.toBeNull();
  });

  test('whose name is never resolved has failed after the time limit', async () => {
    const resolve = () => new Promise<readonly string[]>(() => undefined);
    const { outbox, deliver, rows } = callbacksWith({ timeoutMs: 50, resolve });
    await outbox.enqueue(event('result'), 'https://slow.example/hook');
    await deliver();

    expect(rows.all[0]?.lastError).toBe('no answer within 50 ms');
  });

  test('that was given up is sent again on demand, and shows no more of its address than the origin', async () => {
    const receiver = await startReceiver([410, 200]);
    const { outbox, deliver, dead, logged } = callbacksWith();
    await outbox.enqueue(event('result'), `${receiver.url}/canary`);
    await deliver();
    expect(await dead.list(10)).toMatchObject([{ endpoint: `http://127.0.0.1:${receiver.port}` }]);
    expect(await dead.resend('run-1.result')).toBe(1);
    expect(await dead.resend('run-1.result')).toBe(0);
    await deliver();

    expect(receiver.received).toHaveLength(2);
    expect(await dead.list(10)).toEqual([]);
    expect(JSON.stringify(logged)).not.toContain('canary');
  });
});

describe('where a callback may lead', () => {
  test.each([
    ['169.254.169.254 by its name', 'https://metadata.example/', ['169.254.169.254']],
    ['a private address among public ones', 'https://both.example/', ['93.184.216.34', '10.0.0.1']],
    ['loopback by its name', 'https://home.example/', ['127.0.0.1']],
    ['a private address as IPv6', 'https://six.example/', ['::ffff:192.168.0.1']],
    ['169.254.169.254 itself', 'https://169.254.169.254/latest', []],
    ['loopback as a number', 'https://2130706433/', []],
    ['loopback in hexadecimal', 'https://0x7f.1/', []],
    ['loopback as IPv6', 'https://[::1]/', []],
  ])('not to %s', async (_case, url, addresses) => {
    const resolve = answering(addresses)([]);
    const { outbox, deliver, rows } = callbacksWith({ callbacks: { allowPrivate: false }, resolve });
    await outbox.enqueue(event('result'), url);
    await deliver();

    expect(rows.all[0]).toMatchObject({
      lastError: 'the callback’s address leads to an address that is not public',
      deadAt: null,
    });
  });

  test.each([
    ['plain http', 'http://hooks.example/', 'is not https'],
    ['another protocol', 'file:///etc/passwd', 'is not https'],
    ['a password', 'https://me:canary@hooks.example/', 'carries a user name or password'],
    [
      'an address of any length',
      `https://hooks.example/${'a'.repeat(3000)}`,
      'is longer than 2048 characters',
    ],
  ])('not by %s: that is given up at once', async (_case, url, fault) => {
    const asked: string[] = [];
    const resolve = answering(['93.184.216.34'])(asked);
    const { outbox, deliver, rows } = callbacksWith({ callbacks: { allowPrivate: false }, resolve });
    await outbox.enqueue(event('result'), url);
    await deliver();

    expect(rows.all[0]?.lastError).toBe(`the callback’s address ${fault}`);
    expect(rows.all[0]?.deadAt).not.toBeNull();
    expect(asked).toEqual([]);
  });

  test('not by plain http out of private networks, where those are allowed', async () => {
    const { outbox, deliver, rows } = callbacksWith({ resolve: answering(['93.184.216.34'])([]) });
    await outbox.enqueue(event('result'), 'http://hooks.example/');
    await deliver();

    expect(rows.all[0]?.lastError).toBe('the callback’s address is not https');
  });

  test('only to the address that was looked up and judged, though the name has another a moment later', async () => {
    const first = await startReceiver([200]);
    const second = await startReceiver([200], first.port, '127.0.0.2');
    const asked: string[] = [];
    const resolve = answering(['127.0.0.1'], ['127.0.0.2'])(asked);
    const { outbox, deliver } = callbacksWith({ resolve });
    await outbox.enqueue(event('result'), `http://changes.example:${first.port}/`);
    await deliver();

    expect(asked).toEqual(['changes.example']);
    expect(first.received).toMatchObject([{ headers: { host: `changes.example:${first.port}` } }]);
    expect(second.received).toEqual([]);
  });
});

describeWith('openssl', hasTool('openssl', ['version']), 'a callback by https', () => {
  let folder: string;
  const given = tls.getCACertificates('default');
  const file = (name: string) => path.join(folder, name);

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'ptc-webhook-'));
    const subject = ['-subj', '/CN=hooks.example', '-addext', 'subjectAltName=DNS:hooks.example'];
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
    const out = ['-keyout', file('key.pem'), '-out', file('cert.pem')];
    await promisify(execFile)('openssl', ['req', '-x509', '-days', '1', ...key, ...out, ...subject]);
  });
  afterAll(async () => {
    tls.setDefaultCACertificates(given);
    await rm(folder, { recursive: true });
  });

  const startTlsReceiver = async () => {
    const [key, cert] = await Promise.all([readFile(file('key.pem')), readFile(file('cert.pem'))]);
    const names: unknown[] = [];
    const server = createServer({ key, cert }, (request, response) => {
      names.push(request.headers.host);
      request.resume().on('end', () => response.writeHead(204).end());
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('The receiver has no port');
    return { port: address.port, names, cert: cert.toString() };
  };

  test('is judged by its certificate, for the name and not the address', async () => {
    const { port, names, cert } = await startTlsReceiver();
    const { outbox, deliver, wait, rows } = callbacksWith({ resolve: answering(['127.0.0.1'])([]) });
    const url = `https://hooks.example:${port}/`;
    await outbox.enqueue(event('result'), url);
    await deliver();
    expect(rows.row('run-1.result', url)?.lastError).toBe('no connection (DEPTH_ZERO_SELF_SIGNED_CERT)');
    tls.setDefaultCACertificates([...given, cert]);
    wait(HOUR_MS);
    await deliver();
    expect(rows.row('run-1.result', url)?.deliveredAt).not.toBeNull();
    await outbox.enqueue(event('result', 'run-2'), `https://other.example:${port}/`);
    await deliver();

    expect(rows.all.at(-1)?.lastError).toBe('no connection (ERR_TLS_CERT_ALTNAME_INVALID)');
    expect(names).toEqual([`hooks.example:${port}`]);
  });
});
