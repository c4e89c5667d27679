import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import * as z from 'zod';
import { bundleRunner } from '../../scripts/bundle-runner.ts';
import { type RunnerEvent } from '../../src/protocol/runner-event.ts';
import { type RunnerJob } from '../../src/protocol/runner-job.ts';
import { type Workspace, type WorkspaceProvider } from '../../src/run/ports.ts';
import { createLocalWorkspaces } from '../../src/workspace/local.ts';
import { createRunnerHost } from '../../src/workspace/runner-host.ts';
import { workspaceFolder } from '../../src/workspace/workspace-folder.ts';
import { openMailbox } from '../../src/workspace/mailbox.ts';
import { CALCULATOR, creating } from '../helpers/new-files.ts';
import { calls } from '../helpers/scripted-mailbox.ts';
import { eachEvent } from './each-event.ts';
import { quiet, sampleRun, scriptedJob, sharing } from './samples.ts';

/** Jobs that run nothing, by the runner as it is shipped, several of them in one process. */

const { signal } = new AbortController();
const START = { seq: 0, offset: 0 };
const ANSWER = calls(
  ['apply_patch', { diff: creating(CALCULATOR) }],
  ['finish', { title: 'Add a calculator', body: 'For the command line.' }],
);

let bundle = '';
let runnerFile = '';
beforeAll(async () => {
  bundle = await mkdtemp(path.join(os.tmpdir(), 'ptc-host-bundle-'));
  runnerFile = path.join(bundle, 'runner.mjs');
  await bundleRunner(runnerFile);
});
afterAll(() => rm(bundle, { recursive: true, force: true }));

let folder = '';
let provider: WorkspaceProvider;
const newProvider = (): WorkspaceProvider => createLocalWorkspaces({ folder, runnerFile, log: quiet });
beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'ptc-hosted-'));
  provider = newProvider();
});
afterEach(async () => {
  for (const runId of await provider.list()) await provider.remove(runId);
  await rm(folder, { recursive: true });
});

const jobOf = (runId: string, change: Partial<RunnerJob> = {}): RunnerJob => {
  const job = sharing(scriptedJob(runId, ''));
  return { ...job, limits: { ...job.limits, turns: 5, jobTimeoutMs: 600_000 }, ...change };
};
const start = async (runId: string, job = jobOf(runId), of = provider): Promise<Workspace> => {
  const workspace = await of.ensure(sampleRun(runId), signal);
  await workspace.startRunner(job, signal);
  return workspace;
};
/** Waits until the model is asked; then the job waits for its answer. */
const asked = async (workspace: Workspace): Promise<string> => {
  for await (const { event } of eachEvent(openMailbox(workspace), START, signal)) {
    if (event.type === 'model.request') return event.requestId;
  }
  throw new Error('the model was not asked');
};
const answer = async (workspace: Workspace): Promise<void> => {
  const requestId = await asked(workspace);
  await openMailbox(workspace).put(requestId, { type: 'model.reply', requestId, reply: ANSWER });
};
const follow = async (workspace: Workspace): Promise<readonly RunnerEvent['type'][]> => {
  const types: RunnerEvent['type'][] = [];
  for await (const { event } of eachEvent(openMailbox(workspace), START, signal)) types.push(event.type);
  return types;
};
const recorded = async (runId: string): Promise<{ readonly pid: number; readonly isShared: boolean }> =>
  z
    .object({ pid: z.number(), isShared: z.boolean() })
    .parse(JSON.parse(await readFile(path.join(folder, runId, 'runner-process.json'), 'utf8')));
const isAlive = (pid: number): boolean => {
  try {
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
};

test('jobs that run nothing are done side by side in one process, each in its own folder', async () => {
  const [one, two] = await Promise.all([start('run-1'), start('run-2')]);
  await Promise.all([asked(one), asked(two)]);
  const host = await recorded('run-1');
  expect(host.isShared).toBe(true);
  expect(await recorded('run-2')).toEqual(host);
  await answer(two);
  const events = await follow(two);
  expect(events[0]).toBe('runner.started');
  expect(events.at(-1)).toBe('runner.finished');
  expect(await one.runnerState()).toBe('running');
  await answer(one);
  expect(await follow(one)).toEqual(events);
  for (const workspace of [one, two]) {
    const result = await openMailbox(workspace).result();
    expect(result).toMatchObject({ runId: workspace.runId, status: 'done', problem: null });
    expect(result.files.map((file) => file.path)).toEqual(Object.keys(CALCULATOR));
    while ((await workspace.runnerState()) === 'running') await sleep(5);
    expect(await workspace.runnerState()).toBe('exited');
  }
});

test('nothing of the app is in the environment of that process, and no workspace is its folder', async () => {
  process.env['PTC_CANARY'] = 'sesame';
  await asked(await start('run-1'));
  delete process.env['PTC_CANARY'];
  const { pid } = await recorded('run-1');
  const environment = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').filter(Boolean);
  const names = new Set(environment.map((entry) => entry.split('=')[0]));
  expect(names).toEqual(new Set(['HOME', 'LANG', 'PATH', 'TMPDIR']));
  expect(environment.join(' ')).not.toContain(folder);
});

test.each<[string, (runId: string) => RunnerJob]>([
  ['runs commands', (runId) => jobOf(runId, { acceptance: 'validation' })],
  ['fetches a repository', (runId) => jobOf(runId, { repository: scriptedJob(runId, '').repository })],
  [
    'goes on from a lost workspace',
    (runId) => jobOf(runId, { resume: { life: 1, firstSeq: 1, worked: [] } }),
  ],
])('a job that %s has a process of its own', async (_what, job) => {
  await asked(await start('run-1'));
  await start('run-2', job('run-2'));
  expect(await recorded('run-2')).toMatchObject({ isShared: false });
  expect((await recorded('run-2')).pid).not.toBe((await recorded('run-1')).pid);
});

test('a job is cancelled by its inbox and ends by its time limit, and others go on', async () => {
  const other = await start('run-1');
  const cancelled = await start('run-2');
  const job = jobOf('run-3');
  const late = await start('run-3', { ...job, limits: { ...job.limits, jobTimeoutMs: 200 } });
  await Promise.all([asked(other), asked(cancelled)]);
  await openMailbox(cancelled).put('cancel', { type: 'cancel', reason: 'enough' });
  expect((await follow(cancelled)).at(-1)).toBe('runner.finished');
  expect(await openMailbox(cancelled).result()).toMatchObject({ status: 'cancelled' });
  expect((await follow(late)).at(-1)).toBe('runner.finished');
  expect(await openMailbox(late).result()).toMatchObject({ problem: { code: 'job-timeout' } });
  await answer(other);
  await follow(other);
  expect(await openMailbox(other).result()).toMatchObject({ status: 'done' });
});

test('a workspace that is removed while its job is done is gone for good, and others go on', async () => {
  const [removed, other] = await Promise.all([start('run-1'), start('run-2')]);
  await Promise.all([asked(removed), asked(other)]);
  const { pid } = await recorded('run-2');
  await provider.remove('run-1');
  await answer(other);
  await follow(other);
  expect(await openMailbox(other).result()).toMatchObject({ status: 'done' });
  expect(readdirSync(folder)).toEqual(['run-2']);
  expect(isAlive(pid)).toBe(true);
});

test('a workspace whose folder is taken away ends its own job and no other', async () => {
  const [gone, other] = await Promise.all([start('run-1'), start('run-2')]);
  await Promise.all([asked(gone), asked(other)]);
  await rename(path.join(folder, 'run-1'), path.join(bundle, 'taken-away'));
  while ((await gone.runnerState()) === 'running') await sleep(10);
  await answer(other);
  await follow(other);
  expect(await openMailbox(other).result()).toMatchObject({ status: 'done' });
  expect(readdirSync(folder)).toEqual(['run-2']);
});

test('when the process dies all its jobs are told of as dead, and the next job has another', async () => {
  const dead = await Promise.all([start('run-1'), start('run-2')]);
  await Promise.all(dead.map((each) => asked(each)));
  const { pid } = await recorded('run-1');
  process.kill(pid, 'SIGKILL');
  for (const workspace of dead)
    await expect(follow(workspace)).rejects.toMatchObject({ code: 'runner-died' });
  const next = await start('run-3');
  await answer(next);
  await follow(next);
  expect(await openMailbox(next).result()).toMatchObject({ status: 'done' });
  expect((await recorded('run-3')).pid).not.toBe(pid);
});

test(
  'a process that does not end a job of a removed workspace is ended itself',
  { timeout: 60_000 },
  async () => {
    const [stuck, other] = await Promise.all([start('run-1'), start('run-2')]);
    await Promise.all([asked(stuck), asked(other)]);
    const { pid } = await recorded('run-1');
    process.kill(pid, 'SIGSTOP');
    await provider.remove('run-1');
    expect(isAlive(pid)).toBe(false);
    expect(existsSync(path.join(folder, 'run-1'))).toBe(false);
    await expect(follow(other)).rejects.toMatchObject({ code: 'runner-died' });
  },
);

test('a process that does not answer any more is ended, and one that answers is not', async () => {
  const program = { nodePath: process.execPath, runnerFile, searchPath: '/usr/bin:/bin', compileCache: null };
  const host = createRunnerHost(program, async () => folder, quiet, 50);
  const workspace = await provider.ensure(sampleRun('run-1'), signal);
  await workspace.write('job.json', JSON.stringify(jobOf('run-1')));
  const place = workspaceFolder(folder, 'run-1');
  await host.start(place);
  await asked(workspace);
  await sleep(1_000);
  expect(host.stateOf(place.root)).toBe('running');
  const { pid } = await recorded('run-1');
  process.kill(pid, 'SIGSTOP');
  while (host.stateOf(place.root) === 'running') await sleep(10);
  expect(host.stateOf(place.root)).toBe('lost');
  expect(isAlive(pid)).toBe(false);
});

/** Another app, killed when its jobs wait for the model. Resolves when it is gone. */
async function startedByAnApp(...runIds: readonly string[]): Promise<void> {
  const entry = new URL('../../src/workspace/local.ts', import.meta.url).href;
  const code = `
    import { createLocalWorkspaces } from ${JSON.stringify(entry)};
    const log = { info() {}, warn() {}, error() {} };
    const provider = createLocalWorkspaces({ ...${JSON.stringify({ folder, runnerFile })}, log });
    const { signal } = new AbortController();
    for (const [run, job] of ${JSON.stringify(runIds.map((id) => [sampleRun(id), jobOf(id)]))}) {
      const workspace = await provider.ensure(run, signal);
      await workspace.startRunner(job, signal);
    }
    process.stdout.write('started');
    setInterval(() => {}, 1000);`;
  const app = spawn(process.execPath, ['--input-type=module', '-e', code], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(app.stdout, 'data');
  for (const runId of runIds) {
    const workspace = await provider.find(runId);
    if (workspace !== null) await asked(workspace);
  }
  app.kill('SIGKILL');
  await once(app, 'exit');
}
const found = async (runId: string): Promise<Workspace> => {
  const workspace = await provider.find(runId);
  if (workspace === null) throw new Error(`${runId} is gone`);
  return workspace;
};

test('jobs outlive the app, the next one takes them up, and then the process ends', async () => {
  await startedByAnApp('run-1', 'run-2');
  const { pid } = await recorded('run-1');
  const [one, two] = [await found('run-1'), await found('run-2')];
  await one.startRunner(jobOf('run-1'), signal);
  expect([await one.runnerState(), await two.runnerState()]).toEqual(['running', 'running']);
  await answer(one);
  await follow(one);
  expect([await one.runnerState(), await two.runnerState()]).toEqual(['exited', 'running']);
  await provider.remove('run-1');
  expect(isAlive(pid)).toBe(true);
  await answer(two);
  await follow(two);
  expect(await openMailbox(two).result()).toMatchObject({ status: 'done' });
  while (isAlive(pid)) await sleep(10);
  expect(await two.runnerState()).toBe('exited');
});

test('a workspace taken up from an app that died is removed while its job is done, and others go on', async () => {
  await startedByAnApp('run-1', 'run-2');
  const { pid } = await recorded('run-1');
  await provider.remove('run-1');
  expect(readdirSync(folder)).toEqual(['run-2']);
  expect(isAlive(pid)).toBe(true);
  const other = await found('run-2');
  await answer(other);
  await follow(other);
  expect(await openMailbox(other).result()).toMatchObject({ status: 'done' });
});

test('jobs of a process that died after its app are told of as dead', async () => {
  await startedByAnApp('run-1');
  process.kill((await recorded('run-1')).pid, 'SIGKILL');
  await expect(follow(await found('run-1'))).rejects.toMatchObject({ code: 'runner-died' });
});
