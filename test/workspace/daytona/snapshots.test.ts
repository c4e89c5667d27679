import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { buffer } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { PROTOCOL_VERSION } from '../../../src/protocol/version.ts';
import {
  openSnapshots,
  type SnapshotDraft,
  type Snapshots,
} from '../../../src/workspace/daytona/snapshots.ts';
import { type DaytonaServer, SNAPSHOT, startDaytona } from '../../helpers/daytona/index.ts';

/** Daytona's API with the object storage it gives access to, where an image's files go. */
interface Storage {
  readonly url: string;
  /** Keys of what was stored. */
  readonly stored: readonly string[];
  close(): void;
}

async function startStorage(daytona: DaytonaServer): Promise<Storage> {
  const stored: string[] = [];
  let url = '';
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { pathname } = new URL(request.url ?? '', url);
    const body = await buffer(request);
    if (pathname === '/object-storage/push-access') {
      const access = {
        storageUrl: url,
        accessKey: 'a',
        secret: 'b',
        sessionToken: 'c',
        organizationId: 'org',
      };
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ ...access, bucket: 'bucket', region: 'eu' }));
    } else if (pathname.startsWith('/bucket')) {
      if (request.method === 'PUT') stored.push(pathname);
      response.setHeader('content-type', 'application/xml');
      response.setHeader('etag', '"e"');
      response.end(
        request.method === 'PUT' ? '' : '<ListBucketResult><KeyCount>0</KeyCount></ListBucketResult>',
      );
    } else {
      const { method = 'GET', headers } = request;
      const passed = await fetch(`${daytona.url}${request.url}`, {
        method,
        headers: { authorization: headers.authorization ?? '', 'content-type': 'application/json' },
        ...(body.length === 0 ? {} : { body: body.toString() }),
      });
      response.writeHead(passed.status, { 'content-type': 'application/json' }).end(await passed.text());
    }
  };
  const server = createServer((request, response) => void answer(request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the storage has no port');
  url = `http://127.0.0.1:${address.port}`;
  return { url, stored, close: () => server.close() };
}

let daytona: DaytonaServer;
let snapshots: Snapshots;
let folder: string;
beforeEach(async () => {
  daytona = await startDaytona();
  snapshots = await open(daytona.url);
  folder = await mkdtemp(path.join(tmpdir(), 'ptc-snapshot-'));
});
afterEach(async () => {
  await daytona.close();
  await rm(folder, { recursive: true, force: true });
});

const open = (apiUrl: string): Promise<Snapshots> =>
  openSnapshots({
    apiKey: daytona.apiKey,
    apiUrl,
    target: 'eu',
    signal: new AbortController().signal,
    patience: { retryMs: 1, lookMs: 1, buildMs: 10_000 },
  });
const draft: SnapshotDraft = {
  name: 'ptc-2-0123456789ab',
  image: { reference: 'registry.example.com/ptc:1' },
  resources: { cpu: 2, memory: 4, disk: 10 },
};
const quiet = (): void => {};
const made = () =>
  daytona.requests.filter(({ route }) => route === 'POST /snapshots').map(({ body }) => body);

test('a snapshot is made from an image of a registry, with its resources', async () => {
  expect(await snapshots.ensure(draft, quiet)).toBe('created');
  expect(made()).toMatchObject([
    { name: draft.name, imageName: 'registry.example.com/ptc:1', cpu: 2, memory: 4, disk: 10 },
  ]);
});

test('one is built by Daytona from the Dockerfile and the files that it copies, with no registry', async () => {
  const storage = await startStorage(daytona);
  await writeFile(path.join(folder, 'Dockerfile'), 'FROM scratch\nCOPY runner.mjs template.json /opt/ptc/\n');
  for (const name of ['runner.mjs', 'template.json', 'secret.txt'])
    await writeFile(path.join(folder, name), name);
  const dockerfile = path.join(folder, 'Dockerfile');
  const lines: string[] = [];
  const through = await open(storage.url);
  expect(await through.ensure({ ...draft, image: { dockerfile } }, (line) => lines.push(line))).toBe(
    'created',
  );
  expect(storage.stored).toHaveLength(2);
  expect(made()).toMatchObject([
    {
      buildInfo: {
        dockerfileContent: expect.stringContaining('COPY runner.mjs'),
        contextHashes: [{}, {}].map(() => expect.any(String)),
      },
    },
  ]);
  expect(lines.join('\n')).toContain(draft.name);
  storage.close();
});

test('one that is there is left alone, one that sleeps is woken, one that is broken is made anew', async () => {
  daytona.setSnapshot(draft.name, 'active');
  expect(await snapshots.ensure(draft, quiet)).toBe('there');
  daytona.setSnapshot(draft.name, 'inactive');
  expect(await snapshots.ensure(draft, quiet)).toBe('woken');
  expect(made()).toEqual([]);
  daytona.setSnapshot(draft.name, 'error');
  expect(await snapshots.ensure(draft, quiet)).toBe('created');
  expect(daytona.requests.map(({ route }) => route)).toContain('DELETE /snapshots/{id}');
});

test('one whose answer was lost is there all the same', async () => {
  daytona.on('POST /snapshots', 'lose-answer', { times: 1 });
  expect(await snapshots.ensure(draft, quiet)).toBe('created');
  expect(made()).toHaveLength(1);
});

test('one that somebody else is building is waited for, until it is broken', async () => {
  const become = (state: 'building' | 'error') => async (): Promise<void> =>
    daytona.setSnapshot(draft.name, state);
  daytona.setSnapshot(draft.name, 'building');
  daytona.on('GET /snapshots/{id}', { after: become('building') }, { times: 2 });
  daytona.on('GET /snapshots/{id}', { after: become('error') }, { times: 1 });
  await expect(snapshots.ensure(draft, quiet)).rejects.toMatchObject({ code: 'snapshot-broken' });
});

test('a wrong key is told as such', async () => {
  daytona.on('GET /snapshots/{id}', { status: 401 });
  await expect(snapshots.ensure(draft, quiet)).rejects.toMatchObject({ code: 'daytona-key-refused' });
});

test('a snapshot is verified by what it says of itself, and the workspace for it is gone afterwards', async () => {
  const runnerFile = path.join(folder, 'runner.mjs');
  await writeFile(runnerFile, 'the runner');
  const runnerSha256 = createHash('sha256').update('the runner').digest('hex');
  const say = (manifest: unknown): void =>
    daytona.setSnapshot(SNAPSHOT, 'active', { '/opt/ptc/template.json': JSON.stringify(manifest) });
  say({ protocolVersion: PROTOCOL_VERSION, runnerSha256 });
  expect(await snapshots.verify(SNAPSHOT, runnerFile)).toEqual({ hasThisRunner: true });
  say({ protocolVersion: PROTOCOL_VERSION, runnerSha256: 'another' });
  expect(await snapshots.verify(SNAPSHOT, runnerFile)).toEqual({ hasThisRunner: false });
  say({ protocolVersion: PROTOCOL_VERSION + 1, runnerSha256 });
  await expect(snapshots.verify(SNAPSHOT, runnerFile)).rejects.toMatchObject({ code: 'protocol-mismatch' });
  daytona.setSnapshot(SNAPSHOT, 'active', {});
  await expect(snapshots.verify(SNAPSHOT, runnerFile)).rejects.toMatchObject({ code: 'snapshot-foreign' });
  expect(daytona.sandboxes().filter(({ state }) => state !== 'destroying')).toEqual([]);
});

test.each([
  ['missing', null, 'snapshot-missing'],
  ['asleep', 'inactive', 'snapshot-inactive'],
  ['still being built', 'building', 'snapshot-inactive'],
] as const)('a snapshot that is %s is not verified', async (_what, state, code) => {
  daytona.setSnapshot(SNAPSHOT, state);
  await expect(snapshots.verify(SNAPSHOT, '')).rejects.toMatchObject({ code });
  expect(daytona.requests.map(({ route }) => route)).not.toContain('POST /sandbox');
});
