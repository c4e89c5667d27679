import { appendFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type ReceivedEvent, type StoredModelCall } from '../../src/run/ports.ts';
import { createRunFolder, openRunFolder } from '../../src/store/run-folder.ts';
import { jobFor } from '../helpers/scripted-mailbox.ts';
import { sampleResult, sampleRun } from './samples.ts';

let parent: string;
let folder: string;
const run = sampleRun();
const job = jobFor({ cloneUrl: 'file:///x', baseSha: '0'.repeat(40) });

beforeEach(async () => {
  parent = await mkdtemp(path.join(tmpdir(), 'ptc-run-folder-'));
  folder = path.join(parent, 'runs', run.id);
});

afterEach(() => rm(parent, { recursive: true, force: true }));

const note = (seq: number): ReceivedEvent => ({
  event: { seq, at: '2026-01-01T00:00:00.000Z', type: 'note', text: `note ${seq}` },
  position: { seq, offset: seq * 100 },
});

const call = (requestId: string, stopReason: 'end' | 'refusal', model = 'm'): StoredModelCall => ({
  requestId,
  reply: {
    message: { role: 'assistant', content: [{ type: 'text', text: 'said' }] },
    stopReason,
    usage: { inputTokens: 10, outputTokens: 5, cacheReadTokens: 2, cacheWriteTokens: 1 },
    provider: 'p',
    model,
  },
  costUsd: 0.5,
  durationMs: 3,
  passedOver: [],
  escalated: false,
});

test('what was told to a folder is there when it is opened again', async () => {
  const store = await createRunFolder(folder, run, job);
  await store.appendEvents(run.id, [note(1), note(2)]);
  await store.appendEvents(run.id, [note(2), note(3)]);
  await store.saveModelCall(run.id, call('work/1', 'end'));
  await store.saveResult(run.id, sampleResult(run.id));
  await store.requestCancel('Ada');
  await store.requestCancel('Bob');
  const again = await openRunFolder(folder);

  expect(again.recording()).toEqual({
    run,
    job,
    events: [note(1), note(2), note(3)].map(({ event }) => event),
    modelCalls: [call('work/1', 'end')],
    result: sampleResult(run.id),
  });
  expect(await again.position(run.id)).toEqual({ seq: 3, offset: 0 });
  expect(await again.events(run.id, 2)).toEqual([note(3).event]);
  expect((await again.get(run.id))?.cancelRequestedBy).toBe('Ada');
  expect(again.end()).toBeNull();
});

test('a request has one answer, and each refusal before it is on the bill', async () => {
  const store = await createRunFolder(folder, run, job);
  for (const each of [call('work/1', 'refusal'), call('work/1', 'end', 'n'), call('work/1', 'end', 'n')])
    await store.saveModelCall(run.id, each);

  expect(await store.spending(run.id)).toMatchObject({
    costUsd: 1,
    requests: 2,
    inputTokens: 26,
    models: [{ name: 'p:m' }, { name: 'p:n' }],
  });
});

test('half a line at the end of a file is taken back, and what comes next stands on its own', async () => {
  const store = await createRunFolder(folder, run, job);
  await store.appendEvents(run.id, [note(1)]);
  await appendFile(path.join(folder, 'events.ndjson'), '{"seq":2,"at":');
  const again = await openRunFolder(folder);
  await again.appendEvents(run.id, [note(2)]);

  expect(await again.events(run.id, 0)).toEqual([note(1).event, note(2).event]);
  expect((await readFile(path.join(folder, 'events.ndjson'), 'utf8')).trim().split('\n')).toHaveLength(2);
});

test('a folder without a recording, and one of something else, are named', async () => {
  await expect(openRunFolder(folder)).rejects.toMatchObject({ code: 'run-unknown' });
  await createRunFolder(folder, run, job);
  await appendFile(path.join(folder, 'events.ndjson'), '{"seq":"one"}\n');
  await expect(openRunFolder(folder)).rejects.toMatchObject({ code: 'recording-unreadable' });
});
