import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { PROTOCOL_VERSION } from '../../../src/protocol/version.ts';
import { type Workspace } from '../../../src/run/ports.ts';
import { openMailbox } from '../../../src/workspace/mailbox.ts';
import { SNAPSHOT } from '../../helpers/daytona/index.ts';
import { endProcesses } from '../../helpers/daytona/sandbox.ts';
import { eachEvent } from '../each-event.ts';
import { sampleRun, SCRIPTED_RUNNER, scriptedJob } from '../samples.ts';
import { createBed, type DaytonaBed, notesOf } from './bed.ts';

const LOGS = 'WS /toolbox/process/session/{id}/command/{id}/logs';
const START = 'POST /toolbox/process/session/{id}/exec';
const UPLOAD = 'POST /toolbox/files/bulk-upload';
const message = (text: string) => ({ type: 'message', from: 'mona', text }) as const;

describe('a Daytona workspace with a runner', () => {
  let bed: DaytonaBed;
  beforeEach(async () => {
    bed = await createBed({ patience: { silenceMs: 300 } });
  });
  afterEach(() => bed.close());

  /** Sends messages one after the other, each when the runner has told of the one before; all it told of. */
  const converse = async (workspace: Workspace, texts: readonly string[]): Promise<string[]> => {
    const mailbox = openMailbox(workspace);
    const notes: string[] = [];
    const waiting = [...texts];
    const sendNext = async (): Promise<void> => {
      const text = waiting.shift();
      if (text === undefined) await mailbox.put('end', { type: 'cancel', reason: 'enough' });
      else await mailbox.put(text, message(text));
    };
    for await (const { event } of eachEvent(mailbox, { seq: 0, offset: 0 }, bed.signal)) {
      if (event.type === 'note') notes.push(event.text.split(' ').slice(1).join(' '));
      if (event.type === 'note' || event.type === 'runner.started') await sendNext();
    }
    return notes;
  };
  const texts = (count: number): string[] => Array.from({ length: count }, (_, index) => `message ${index}`);

  it('loses nothing and repeats nothing when its log stream is cut twenty times', async () => {
    bed.daytona.setLatencyMs(5);
    bed.daytona.on(LOGS, { cutAfterBytes: 1 }, { times: 20 });
    const workspace = await bed.start('run-1', 'inbox');
    expect(await converse(workspace, texts(8))).toEqual(texts(8));
  });

  it('is followed though its log stream is refused at first', async () => {
    bed.daytona.on(LOGS, { status: 502 }, { times: 3 });
    const workspace = await bed.start('run-1', 'inbox');
    expect(await converse(workspace, texts(2))).toEqual(texts(2));
  });

  it('is followed though its log stream is dead and does not say so', async () => {
    bed.daytona.on(LOGS, 'hang', { times: 1 });
    const workspace = await bed.start('run-1', 'inbox');
    expect(await converse(workspace, texts(3))).toEqual(texts(3));
    expect(bed.routes().filter((route) => route === LOGS).length).toBeGreaterThan(1);
  });

  it('is asked for each byte of its events once, and for nothing while nothing happens', async () => {
    const workspace = await bed.start('run-1', 'inbox');
    expect(await converse(workspace, texts(5))).toEqual(texts(5));
    const offsets = bed.daytona.requests.flatMap(({ body }) => {
      const command = z.object({ command: z.string() }).safeParse(body).data?.command ?? '';
      return /events\.ndjson (\d+)$/.exec(command)?.[1] ?? [];
    });
    expect(offsets.map(Number)).toEqual(offsets.map(Number).toSorted((a, b) => a - b));
    // Ten looks for five messages at least; a reader that polls would have come to many more.
    expect(offsets.length).toBeLessThan(30);
    // The job, five messages and the end: nothing is written beside what is said.
    expect(bed.routes().filter((route) => route === UPLOAD)).toHaveLength(7);
  });

  it('is left in peace while its runner has nothing to say', async () => {
    const patient = await bed.another({ patience: { silenceMs: 60_000 } });
    const workspace = await patient.ensure(sampleRun('run-1'), bed.signal);
    await workspace.startRunner(scriptedJob('run-1', 'inbox'), bed.signal);
    const mailbox = openMailbox(workspace);
    const following = mailbox.follow({ seq: 0, offset: 0 }, bed.signal)[Symbol.asyncIterator]();
    await following.next();
    const next = following.next();
    await sleep(300);
    const before = bed.daytona.requests.length;
    await sleep(500);
    expect(bed.daytona.requests.length).toBe(before);
    await mailbox.put('end', { type: 'cancel', reason: 'enough' });
    expect((await next).value).toMatchObject([{ event: { type: 'runner.finished' } }]);
  });

  it('is kept from being stopped as idle while its runner is at work', async () => {
    const provider = await bed.another({ patience: { activityMs: 0 } });
    const workspace = await provider.ensure(sampleRun('run-1'), bed.signal);
    bed.daytona.on('POST /sandbox/{id}/last-activity', { status: 403 }, { times: 1 });
    await workspace.startRunner(scriptedJob('run-1', 'inbox'), bed.signal);
    await workspace.changed('events.ndjson', bed.signal);
    expect(await converse(workspace, texts(2))).toEqual(texts(2));
    expect(bed.routes()).toContain('POST /sandbox/{id}/last-activity');
  });

  it('gets its job whole when the upload fails twice', async () => {
    bed.daytona.on(UPLOAD, { status: 500 }, { times: 1 });
    bed.daytona.on(UPLOAD, 'lose-answer', { times: 1 });
    expect(await notesOf(await bed.start('run-1', 'hello'), bed.signal)).toEqual(['hello']);
  });

  it('gets whatever a prompt holds in its job file and nowhere else', async () => {
    const prompt = `canary-4711 "double" 'single' \`back\` $(touch pwned) \\ ;&|\n\r\u2028 ${'ü'.repeat(100_000)}`;
    const workspace = await bed.start('run-1', 'blob', prompt);
    expect(await notesOf(workspace, bed.signal)).toEqual([prompt]);
    expect(JSON.stringify(bed.daytona.requests)).not.toContain('canary-4711');
  });

  it('is written to once, though the answer to the writing was lost', async () => {
    const workspace = await bed.ensure('run-1');
    await workspace.write('file', 'first');
    bed.daytona.on('POST /toolbox/process/execute', 'lose-answer', { times: 1 });
    await workspace.write('file', 'second');
    expect(Buffer.from((await workspace.read('file', 100)) ?? []).toString()).toBe('second');
  });

  it('has no files but plain ones below its folder', async () => {
    const workspace = await bed.ensure('run-1');
    const before = bed.daytona.requests.length;
    for (const name of ['../secret', '/etc/passwd', 'a/../../b', '.', '', 'a b', '$(id)', "'", 'nul\0']) {
      const unsafe = { code: 'workspace-file-unsafe' };
      await expect(workspace.read(name, 100)).rejects.toMatchObject(unsafe);
      await expect(workspace.write(name, '')).rejects.toMatchObject(unsafe);
    }
    expect(bed.daytona.requests.length).toBe(before);
    symlinkSync('/etc/hostname', bed.daytona.place('ptc/result.json') ?? '');
    mkdirSync(bed.daytona.place('ptc/folder') ?? '');
    for (const name of ['result.json', 'folder']) {
      await expect(workspace.read(name, 100)).rejects.toMatchObject({ code: 'workspace-file-unsafe' });
    }
    await expect(workspace.write('folder', '')).rejects.toMatchObject({ code: 'workspace-file-unsafe' });
  });

  it('starts one runner when the answer to the start was lost', async () => {
    bed.daytona.on(START, 'lose-answer', { times: 2 });
    const workspace = await bed.start('run-1', 'inbox');
    expect(await converse(workspace, texts(1))).toEqual(texts(1));
    const events = readFileSync(bed.daytona.place('ptc/events.ndjson') ?? '', 'utf8');
    expect(events.match(/runner\.started/g)).toHaveLength(1);
  });

  it('gives its runner an environment of its own', async () => {
    const [note = ''] = await notesOf(await bed.start('run-1', 'environment'), bed.signal);
    const { environment, cwd } = z
      .object({ environment: z.record(z.string(), z.string()), cwd: z.string() })
      .parse(JSON.parse(note));
    const root = bed.daytona.place('ptc') ?? '';
    expect(Object.keys(environment).sort()).toEqual(['HOME', 'LANG', 'PATH', 'TMPDIR']);
    expect(environment).toMatchObject({ HOME: `${root}/home`, TMPDIR: `${root}/tmp` });
    expect(cwd).toBe(root);
  });

  it.each([
    ['deleted', (): Promise<void> => bed.daytona.destroy(one())],
    [
      'stopped',
      async (): Promise<void> => {
        one().state = 'stopped';
        await endProcesses(one());
      },
    ],
  ])('is lost when it is %s in the middle of a run', async (_how, end) => {
    const workspace = await bed.start('run-1', 'inbox');
    const following = notesOf(workspace, bed.signal);
    const ended = expect(following).rejects.toMatchObject({ code: 'workspace-lost', retryable: false });
    await end();
    await ended;
    expect(await bed.provider.find('run-1')).toBeNull();
  });
  const one = () => {
    const [sandbox] = bed.daytona.sandboxes();
    if (sandbox === undefined) throw new Error('there is no sandbox');
    return sandbox;
  };

  it('tells of a runner whose launcher was killed', async () => {
    const workspace = await bed.start('run-1', 'inbox');
    process.kill(Number(readFileSync(bed.daytona.place('ptc/runner-claim') ?? '', 'utf8')), 'SIGKILL');
    await expect(notesOf(workspace, bed.signal)).rejects.toMatchObject({ code: 'runner-died' });
  });

  const manifest = (protocolVersion: number, runner: Uint8Array): string =>
    JSON.stringify({ protocolVersion, runnerSha256: createHash('sha256').update(runner).digest('hex') });
  const runner = readFileSync(SCRIPTED_RUNNER);
  const uploaded = (): string[] =>
    bed.daytona.requests
      .filter(({ route }) => route === UPLOAD)
      .flatMap(({ body }) => z.array(z.object({ path: z.string() })).parse(body))
      .map(({ path }) => path.split('/').at(-1) ?? '');

  it('runs the runner its snapshot holds when that is the app’s own', async () => {
    bed.daytona.setSnapshot(SNAPSHOT, 'active', {
      '/opt/ptc/runner.mjs': runner,
      '/opt/ptc/template.json': manifest(PROTOCOL_VERSION, runner),
    });
    expect(await notesOf(await bed.start('run-1', 'hello'), bed.signal)).toEqual(['hello']);
    expect(uploaded()).toEqual(['job.json', 'launcher.mjs']);
  });

  it.each([
    ['another one', manifest(PROTOCOL_VERSION, Buffer.from('other'))],
    ['something else', '{'],
  ])('gets the app’s runner when its snapshot holds %s', async (_what, text) => {
    bed.daytona.setSnapshot(SNAPSHOT, 'active', { '/opt/ptc/template.json': text });
    expect(await notesOf(await bed.start('run-1', 'hello'), bed.signal)).toEqual(['hello']);
    expect(uploaded()).toEqual(['job.json', 'launcher.mjs', 'runner.mjs']);
  });

  it('is refused when its snapshot speaks another protocol, with the command that mends it', async () => {
    bed.daytona.setSnapshot(SNAPSHOT, 'active', {
      '/opt/ptc/template.json': manifest(PROTOCOL_VERSION + 1, runner),
    });
    await expect(bed.start('run-1', 'hello')).rejects.toMatchObject({
      code: 'protocol-mismatch',
      retryable: false,
      remedy: expect.stringContaining('`ptc template create`'),
    });
  });

  it('knows of a launcher that died before it could say so', async () => {
    const workspace = await bed.ensure('run-1');
    writeFileSync(bed.daytona.place('ptc/runner-claim') ?? '', '999999999');
    expect(await workspace.runnerState()).toBe('exited');
  });

  it('says so when its runner cannot be started', async () => {
    const provider = await bed.another({ patience: { startMs: 100 } });
    const workspace = await provider.ensure(sampleRun('run-1'), bed.signal);
    bed.daytona.on(START, { status: 200 }, { times: 1 });
    const started = workspace.startRunner(scriptedJob('run-1', 'hello'), bed.signal);
    await expect(started).rejects.toMatchObject({ code: 'runner-not-started', retryable: true });
    expect(await notesOf(await bed.start('run-1', 'hello'), bed.signal)).toEqual(['hello']);
  });
});
