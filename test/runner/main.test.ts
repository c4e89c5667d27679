import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { bundleRunner, foreignModules } from '../../scripts/bundle-runner.ts';
import { runnerBed } from '../helpers/runner-bed.ts';
import {
  calls,
  inOrder,
  jobFor,
  type ScriptedMailbox,
  scriptedMailbox,
} from '../helpers/scripted-mailbox.ts';

/** The runner as it is shipped: one bundled file, in a process of its own. */
const bed = runnerBed();
let folder = '';
let runner = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ptc-bundle-'));
  runner = join(folder, 'runner.mjs');
  expect(foreignModules(await bundleRunner(runner))).toEqual([]);
});
afterAll(() => rm(folder, { recursive: true, force: true }));
afterEach(() => bed.clear());

const NOTES = { 'notes.txt': 'one\n' };
const PATCH = ['apply_patch', { diff: '--- a/notes.txt\n+++ b/notes.txt\n@@\n-one\n+1\n' }] as const;
const FINISH = ['finish', { title: 'Write 1', body: '' }] as const;

const start = (...args: readonly string[]): ChildProcess =>
  spawn(process.execPath, [runner, ...args], {
    cwd: folder,
    env: { PATH: process.env['PATH'] },
    stdio: ['ignore', 'ignore', 'pipe'],
  });

async function ended(child: ChildProcess): Promise<{ readonly code: unknown; readonly said: string }> {
  let said = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  const [code] = await once(child, 'close');
  return { code, said };
}

test('the bundled file alone does a whole job', async () => {
  const mailbox = await bed.prepare(NOTES, inOrder(calls(PATCH, FINISH)));
  expect(await ended(start(mailbox.folder))).toEqual({ code: 0, said: '' });
  expect(mailbox.result()).toMatchObject({ status: 'done', files: [{ content: '1\n' }] });
  const request = mailbox.events().find((event) => event.type === 'model.request');
  expect(request?.system).toContain("You are PTC Bot's coding agent");
});

test('a second start in the same folder is refused and harms nothing', async () => {
  const mailbox = await bed.prepare(NOTES, inOrder(calls(PATCH, FINISH)));
  await ended(start(mailbox.folder));
  const files = ['events.ndjson', 'result.json'].map((name) => join(mailbox.folder, name));
  const before = await Promise.all(files.map((file) => readFile(file, 'utf8')));
  const second = await ended(start(mailbox.folder));
  expect(second.code).toBe(2);
  expect(second.said).toContain('already-started');
  expect(await Promise.all(files.map((file) => readFile(file, 'utf8')))).toEqual(before);
});

test('SIGTERM ends the job as cancelled with the patch so far', async () => {
  const mailbox = await bed.prepare(NOTES, (_request, number) => (number === 1 ? calls(PATCH) : undefined));
  const child = start(mailbox.folder);
  const end = ended(child);
  await mailbox.seen((event) => event.type === 'model.request' && event.requestId === 'work/2');
  child.kill('SIGTERM');
  expect((await end).code).toBe(0);
  expect(mailbox.result()).toMatchObject({ status: 'cancelled', files: [{ path: 'notes.txt' }] });
});

const invalid = async (job: unknown): Promise<ScriptedMailbox> => {
  const mailbox = await scriptedMailbox(job, () => undefined);
  await ended(start(mailbox.folder));
  return mailbox;
};

test.each([
  ['another version of the protocol', { protocolVersion: 99 }, 'protocol-mismatch'],
  ['a value of the wrong type', { limits: { turns: 'many' } }, 'job-invalid'],
])('a job with %s ends with a typed error in the result', async (_what, change, code) => {
  const job = jobFor({ cloneUrl: 'file:///nowhere', baseSha: 'a'.repeat(40) });
  const mailbox = await invalid({ ...job, ...change });
  expect(mailbox.result()).toMatchObject({
    runId: 'run-1',
    status: 'failed',
    problem: { code },
    baseSha: 'a'.repeat(40),
  });
  expect(mailbox.events().map((event) => event.type)).toEqual(['runner.finished']);
  await mailbox.remove();
});

test('a job file that is no JSON ends with a typed error in the result', async () => {
  const mailbox = await scriptedMailbox({}, () => undefined);
  await writeFile(join(mailbox.folder, 'job.json'), '{"protocolVersion": 1, ');
  await ended(start(mailbox.folder));
  expect(mailbox.result()).toMatchObject({ runId: '', status: 'failed', problem: { code: 'job-invalid' } });
  await mailbox.remove();
});

test('without a folder it says how it is used', async () => {
  const { code, said } = await ended(start());
  expect(code).toBe(2);
  expect(said).toContain('Usage');
});
