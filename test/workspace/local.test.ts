import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { type Workspace, type WorkspaceProvider } from '../../src/run/ports.ts';
import { createLocalWorkspaces } from '../../src/workspace/local.ts';
import { openMailbox } from '../../src/workspace/mailbox.ts';
import { eachEvent } from './each-event.ts';
import { workspaceContract } from './contract.ts';
import { quiet, sampleRun, SCRIPTED_RUNNER, scriptedJob, sharing } from './samples.ts';

const { signal } = new AbortController();
const START = { seq: 0, offset: 0 };
const newFolder = (): Promise<string> => mkdtemp(path.join(os.tmpdir(), 'ptc-workspaces-'));

workspaceContract('local', async () => {
  const folder = await newFolder();
  return {
    provider: createLocalWorkspaces({ folder, runnerFile: SCRIPTED_RUNNER, log: quiet }),
    dispose: () => rm(folder, { recursive: true }),
  };
});

workspaceContract('local (runners that share a process)', async () => {
  const folder = await newFolder();
  return {
    provider: createLocalWorkspaces({ folder, runnerFile: SCRIPTED_RUNNER, log: quiet }),
    shape: sharing,
    dispose: () => rm(folder, { recursive: true }),
  };
});

describe('local workspaces on this machine', () => {
  let folder: string;
  let provider: WorkspaceProvider;
  beforeEach(async () => {
    folder = await newFolder();
    provider = createLocalWorkspaces({ folder, runnerFile: SCRIPTED_RUNNER, log: quiet });
  });
  afterEach(async () => {
    for (const runId of await provider.list()) await provider.remove(runId);
    await rm(folder, { recursive: true });
  });

  const ensure = (runId: string): Promise<Workspace> => provider.ensure(sampleRun(runId), signal);
  const start = async (runId: string, script: string): Promise<Workspace> => {
    const workspace = await ensure(runId);
    await workspace.startRunner(scriptedJob(runId, script), signal);
    return workspace;
  };
  const firstNote = async (workspace: Workspace): Promise<string> => {
    for await (const { event } of eachEvent(openMailbox(workspace), START, signal)) {
      if (event.type === 'note') return event.text;
    }
    throw new Error('no note came');
  };
  const isRunning = (pid: number): boolean => {
    try {
      return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
    } catch {
      return false;
    }
  };
  const runnerPid = async (runId: string): Promise<number> => {
    const text = await readFile(path.join(folder, runId, 'runner-process.json'), 'utf8');
    return z.object({ pid: z.number() }).parse(JSON.parse(text)).pid;
  };

  it.each(['', '.', '..', '../up', 'a/b', '/etc', '.hidden', 'nul\0', 'x'.repeat(200)])(
    'take %j for no run id',
    async (runId) => {
      await expect(ensure(runId)).rejects.toMatchObject({ code: 'run-id-invalid' });
      await expect(provider.find(runId)).rejects.toMatchObject({ code: 'run-id-invalid' });
      await expect(provider.remove(runId)).rejects.toMatchObject({ code: 'run-id-invalid' });
    },
  );

  it('name the run, the repository and the issue they are for', async () => {
    await ensure('run-1');
    expect(JSON.parse(await readFile(path.join(folder, 'run-1', 'workspace.json'), 'utf8'))).toMatchObject({
      runId: 'run-1',
      place: 'octo/sample #3',
    });
  });

  it('leave folders alone that are none of theirs', async () => {
    await mkdir(path.join(folder, 'photos'));
    await writeFile(path.join(folder, 'notes.txt'), '');
    expect(await provider.list()).toEqual([]);
    expect(await provider.find('photos')).toBeNull();
  });

  it('let other users pass but neither list nor read', async () => {
    const workspace = await ensure('run-1');
    await workspace.write('job.json', '{}');
    const mode = async (name: string): Promise<string> =>
      ((await stat(path.join(folder, 'run-1', name))).mode & 0o777).toString(8);
    expect(
      await Promise.all(['.', 'inbox', 'home', 'job.json', 'workspace.json'].map((each) => mode(each))),
    ).toEqual(['711', '700', '700', '600', '600']);
  });

  it('start a runner with an environment, open files and a folder of its own', async () => {
    process.env['PTC_CANARY'] = 'sesame';
    const workspace = await start('run-1', 'environment');
    delete process.env['PTC_CANARY'];
    const { environment, descriptors, cwd } = z
      .object({
        environment: z.record(z.string(), z.string()),
        descriptors: z.array(z.string()),
        cwd: z.string(),
      })
      .parse(JSON.parse(await firstNote(workspace)));
    const root = path.join(folder, 'run-1');
    expect(Object.keys(environment).sort()).toEqual(['HOME', 'LANG', 'PATH', 'TMPDIR']);
    expect(environment).toMatchObject({ HOME: path.join(root, 'home'), TMPDIR: path.join(root, 'tmp') });
    expect(new Set(descriptors)).toEqual(new Set([path.join(root, 'runner.log')]));
    expect(cwd).toBe(root);
  });

  it('compile a runner once, into a folder for the app alone', async () => {
    const compileCache = path.join(folder, '.compiled');
    const caching = createLocalWorkspaces({ folder, runnerFile: SCRIPTED_RUNNER, compileCache, log: quiet });
    const workspace = await caching.ensure(sampleRun('run-1'), signal);
    await workspace.startRunner(scriptedJob('run-1', 'environment'), signal);
    expect(await firstNote(workspace)).toContain(
      JSON.stringify({ NODE_COMPILE_CACHE: compileCache }).slice(1, -1),
    );
    while ((await workspace.runnerState()) === 'running') await sleep(10);
    expect(((await stat(compileCache)).mode & 0o777).toString(8)).toBe('700');
    expect(await readdir(compileCache)).not.toEqual([]);
  });

  it('end everything of a runner that will not end, its hidden daemons too, and remove what it closed', async () => {
    const workspace = await start('run-1', 'hangs');
    const pids = z.array(z.number()).parse(JSON.parse(await firstNote(workspace)));
    expect(pids.map((pid) => isRunning(pid))).toEqual([true, true, true, true]);
    await provider.remove('run-1');
    expect(pids.map((pid) => isRunning(pid))).toEqual([false, false, false, false]);
    expect(existsSync(path.join(folder, 'run-1'))).toBe(false);
  });

  it('end what each of them left when many are removed at once', async () => {
    const runIds = ['run-1', 'run-2', 'run-3'];
    const workspaces = await Promise.all(runIds.map((runId) => start(runId, 'hangs')));
    const pids = (await Promise.all(workspaces.map((each) => firstNote(each)))).flatMap((note) =>
      z.array(z.number()).parse(JSON.parse(note)),
    );
    expect(pids).toHaveLength(12);
    await Promise.all(runIds.map((runId) => provider.remove(runId)));
    expect(pids.filter((pid) => isRunning(pid))).toEqual([]);
    expect(await provider.list()).toEqual([]);
  });

  it('leave a process in the folder alone that is older than the runner, as long as they know which that is', async () => {
    const inFolder = () =>
      spawn('sleep', ['1000'], { cwd: path.join(folder, 'run-1'), detached: true, stdio: 'ignore' });
    await ensure('run-1');
    const older = inFolder();
    // Processes know when they began in hundredths of a second.
    await sleep(50);
    await start('run-1', 'inbox');
    await provider.remove('run-1');
    expect(isRunning(older.pid ?? 0)).toBe(true);
    older.kill('SIGKILL');

    await ensure('run-1');
    const unknown = inFolder();
    await start('run-1', 'inbox');
    await createLocalWorkspaces({ folder, runnerFile: SCRIPTED_RUNNER, log: quiet }).remove('run-1');
    expect(isRunning(unknown.pid ?? 0)).toBe(false);
  });

  it('leave the processes of another workspace alone, whose name begins alike', async () => {
    const other = await start('run-10', 'inbox');
    await start('run-1', 'inbox');
    await provider.remove('run-1');
    expect(await other.runnerState()).toBe('running');
  });

  it('never end a process that has the pid of a runner by now', async () => {
    const workspace = await start('run-1', 'hello');
    while ((await workspace.runnerState()) === 'running') await sleep(10);
    const innocent = spawn('sleep', ['1000'], { detached: true, stdio: 'ignore' });
    const file = path.join(folder, 'run-1', 'runner-process.json');
    const recorded = z.looseObject({ pid: z.number() }).parse(JSON.parse(await readFile(file, 'utf8')));
    await writeFile(file, JSON.stringify({ ...recorded, pid: innocent.pid }));
    expect(await workspace.runnerState()).toBe('exited');
    await provider.remove('run-1');
    expect(isRunning(innocent.pid ?? 0)).toBe(true);
    innocent.kill('SIGKILL');
  });

  it('know a runner again after the app that started it was killed', async () => {
    const entry = new URL('../../src/workspace/local.ts', import.meta.url).href;
    const code = `
      import { createLocalWorkspaces } from ${JSON.stringify(entry)};
      const log = { info() {}, warn() {}, error() {} };
      const provider = createLocalWorkspaces({ ...${JSON.stringify({ folder, runnerFile: SCRIPTED_RUNNER })}, log });
      const workspace = await provider.ensure(${JSON.stringify(sampleRun('run-1'))}, AbortSignal.timeout(60000));
      await workspace.startRunner(${JSON.stringify(scriptedJob('run-1', 'inbox'))}, AbortSignal.timeout(60000));
      process.stdout.write('started');
      setInterval(() => {}, 1000);`;
    const app = spawn(process.execPath, ['--input-type=module', '-e', code], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(app.stdout, 'data');
    app.kill('SIGKILL');
    await once(app, 'exit');
    const workspace = await provider.find('run-1');
    expect(await workspace?.runnerState()).toBe('running');
    process.kill(await runnerPid('run-1'), 'SIGKILL');
    while ((await workspace?.runnerState()) === 'running') await sleep(10);
    expect(await workspace?.runnerState()).toBe('exited');
  });

  it('find a runner whose start was not recorded, and start no second one', async () => {
    const workspace = await start('run-1', 'inbox');
    const pid = await runnerPid('run-1');
    await rm(path.join(folder, 'run-1', 'runner-process.json'));
    await workspace.startRunner(scriptedJob('run-1', 'inbox'), signal);
    expect(await workspace.runnerState()).toBe('running');
    expect(await runnerPid('run-1')).toBe(pid);
  });

  it('start a runner that was claimed by an app which died before it started one', async () => {
    const workspace = await ensure('run-1');
    await writeFile(path.join(folder, 'run-1', 'runner-claim.json'), '');
    expect(await workspace.runnerState()).toBe('not-started');
    await workspace.startRunner(scriptedJob('run-1', 'hello'), signal);
    expect(await firstNote(workspace)).toBe('hello');
  });

  it('start nothing when a runner has left events and no record', async () => {
    const workspace = await start('run-1', 'hello');
    while ((await workspace.runnerState()) === 'running') await sleep(10);
    await rm(path.join(folder, 'run-1', 'runner-process.json'));
    await workspace.startRunner(scriptedJob('run-1', 'hello'), signal);
    expect(await workspace.runnerState()).toBe('exited');
  });

  it('say so when the runner cannot be started, and start it when it can', async () => {
    const broken = createLocalWorkspaces({
      folder,
      runnerFile: SCRIPTED_RUNNER,
      nodePath: path.join(folder, 'no-node'),
      log: quiet,
    });
    const job = scriptedJob('run-1', 'hello');
    const workspace = await broken.ensure(sampleRun('run-1'), signal);
    await expect(workspace.startRunner(job, signal)).rejects.toMatchObject({ code: 'runner-not-started' });
    expect(await workspace.runnerState()).toBe('not-started');
    expect(await firstNote(await start('run-1', 'hello'))).toBe('hello');
  });

  it('neither read nor write through links, pipes or paths that climb', async () => {
    const workspace = await ensure('run-1');
    const root = path.join(folder, 'run-1');
    await writeFile(path.join(folder, 'secret'), 'sesame');
    await symlink(path.join(folder, 'secret'), path.join(root, 'result.json'));
    await symlink(folder, path.join(root, 'blobs'));
    spawnSync('mkfifo', [path.join(root, 'events.ndjson')]);
    const unsafe = { code: 'workspace-file-unsafe' };
    await expect(workspace.read('result.json', 100)).rejects.toMatchObject(unsafe);
    await expect(workspace.read('blobs/secret', 100)).rejects.toMatchObject(unsafe);
    await expect(workspace.readFrom('events.ndjson', 0)).rejects.toMatchObject(unsafe);
    await expect(workspace.read('home', 100)).rejects.toMatchObject(unsafe);
    for (const name of ['../secret', '/etc/passwd', 'a/../../secret', '.', 'nul\0']) {
      await expect(workspace.read(name, 100)).rejects.toMatchObject(unsafe);
    }
    await expect(workspace.write('blobs/secret', 'mine')).rejects.toMatchObject(unsafe);
    expect(await readFile(path.join(folder, 'secret'), 'utf8')).toBe('sesame');
  });

  it('replace a link rather than write through it', async () => {
    const workspace = await ensure('run-1');
    await writeFile(path.join(folder, 'secret'), 'sesame');
    await symlink(path.join(folder, 'secret'), path.join(folder, 'run-1', 'job.json'));
    await workspace.write('job.json', '{}');
    expect(await readFile(path.join(folder, 'secret'), 'utf8')).toBe('sesame');
  });

  it('wake whoever waits for a file when it grows, also unseen since the last read', async () => {
    const workspace = await ensure('run-1');
    await workspace.write('file', 'a');
    await workspace.readFrom('file', 0);
    await workspace.write('file', 'ab');
    await workspace.changed('file', signal);
    const stop = new AbortController();
    stop.abort();
    await expect(workspace.changed('file', stop.signal)).rejects.toMatchObject({ name: 'AbortError' });
  });
});
