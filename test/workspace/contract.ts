import { createHash } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type RunnerEvent } from '../../src/protocol/runner-event.ts';
import { type RunnerJob } from '../../src/protocol/runner-job.ts';
import { PROTOCOL_VERSION } from '../../src/protocol/version.ts';
import { type FollowPosition, type Workspace, type WorkspaceProvider } from '../../src/run/ports.ts';
import { openMailbox } from '../../src/workspace/mailbox.ts';
import { eachEvent } from './each-event.ts';
import { sampleRun, scriptedJob } from './samples.ts';

/** A provider that starts the scripted runner of the fixtures. */
export interface ProviderUnderTest {
  readonly provider: WorkspaceProvider;
  /** Makes the jobs such as are to be started; as they come without it. */
  readonly shape?: (job: RunnerJob) => RunnerJob;
  readonly dispose: () => Promise<void>;
}

const START: FollowPosition = { seq: 0, offset: 0 };
const at = '2026-01-01T00:00:00.000Z';
const line = (seq: number, text = 'note'): string => `${JSON.stringify({ seq, at, type: 'note', text })}\n`;

/** What every kind of workspace must do, seen through its mailbox and with real runners. */
export function workspaceContract(name: string, makeProvider: () => Promise<ProviderUnderTest>): void {
  describe(`${name} workspaces`, () => {
    let underTest: ProviderUnderTest;
    let provider: WorkspaceProvider;
    const runIds: string[] = [];
    const { signal } = new AbortController();

    beforeAll(async () => {
      underTest = await makeProvider();
      ({ provider } = underTest);
    });
    afterEach(async () => {
      await Promise.all(runIds.splice(0).map((runId) => provider.remove(runId)));
    });
    afterAll(() => underTest.dispose());

    const empty = async (): Promise<Workspace> => {
      const run = sampleRun();
      runIds.push(run.id);
      return provider.ensure(run, signal);
    };
    const jobFor = (runId: string, script: string, body?: string): RunnerJob => {
      const job = scriptedJob(runId, script, body);
      return underTest.shape?.(job) ?? job;
    };
    const started = async (script: string, body?: string): Promise<Workspace> => {
      const workspace = await empty();
      await workspace.startRunner(jobFor(workspace.runId, script, body), signal);
      return workspace;
    };
    /** A runner that writes these files, in latin1, and ends. */
    const raw = (files: Readonly<Record<string, string>>): Promise<Workspace> =>
      started('raw', JSON.stringify(files));
    const follow = async (workspace: Workspace, from = START): Promise<RunnerEvent[]> => {
      const events: RunnerEvent[] = [];
      for await (const { event } of eachEvent(openMailbox(workspace), from, signal)) events.push(event);
      return events;
    };
    const notes = (events: readonly RunnerEvent[]): string[] =>
      events.flatMap((event) => (event.type === 'note' ? [event.text] : []));

    it('give the same workspace for the same run, and none for another', async () => {
      const workspace = await empty();
      await workspace.write('kept', 'content');
      const again = await provider.ensure(sampleRun(workspace.runId), signal);
      const found = await provider.find(workspace.runId);
      expect(Buffer.from((await again.read('kept', 100)) ?? []).toString()).toBe('content');
      expect(found?.runId).toBe(workspace.runId);
      expect(await provider.find('nobody')).toBeNull();
      expect(await provider.list()).toContain(workspace.runId);
    });

    it('are gone when removed, however often', async () => {
      const workspace = await started('hello');
      await provider.remove(workspace.runId);
      await provider.remove(workspace.runId);
      expect(await provider.find(workspace.runId)).toBeNull();
      expect(await provider.list()).not.toContain(workspace.runId);
    });

    it('read files in part, whole, or not at all', async () => {
      const workspace = await empty();
      await workspace.write('file', 'abc');
      expect(Buffer.from(await workspace.readFrom('file', 1)).toString()).toBe('bc');
      expect(await workspace.readFrom('file', 3)).toHaveLength(0);
      expect(await workspace.readFrom('file', 9)).toHaveLength(0);
      expect(await workspace.readFrom('absent', 0)).toHaveLength(0);
      expect(await workspace.read('absent', 10)).toBeNull();
      await expect(workspace.read('file', 2)).rejects.toMatchObject({ code: 'workspace-file-too-large' });
    });

    it('tell before, while and after a runner runs', async () => {
      const workspace = await empty();
      expect(await workspace.runnerState()).toBe('not-started');
      await workspace.startRunner(jobFor(workspace.runId, 'inbox'), signal);
      expect(await workspace.runnerState()).toBe('running');
      await openMailbox(workspace).put('cancel', { type: 'cancel', reason: 'enough' });
      await follow(workspace);
      while ((await workspace.runnerState()) === 'running') await workspace.changed('events.ndjson', signal);
      expect(await workspace.runnerState()).toBe('exited');
    });

    it('start one runner, however often and at once they are asked to', async () => {
      const workspace = await empty();
      const job = jobFor(workspace.runId, 'hello');
      await Promise.all([workspace, workspace, workspace].map((each) => each.startRunner(job, signal)));
      const events = await follow(workspace);
      await workspace.startRunner(job, signal);
      expect(events.map(({ type }) => type)).toEqual(['runner.started', 'note', 'runner.finished']);
      expect(await follow(workspace)).toEqual(events);
    });

    it('hand the events and the result of a job over', async () => {
      const workspace = await started('hello');
      expect(notes(await follow(workspace))).toEqual(['hello']);
      expect(await openMailbox(workspace).result()).toMatchObject({ runId: workspace.runId, status: 'done' });
    });

    it('hand over whole events of a runner that writes them byte by byte', async () => {
      const events = await follow(await started('torn'));
      expect(events.map(({ seq }) => seq)).toEqual([1, 2, 3, 4]);
      expect(notes(events)).toEqual(['“ü” 🙂']);
    });

    it('forget half a line that the runner takes back', async () => {
      expect(notes(await follow(await started('takesBack')))).toEqual(['whole']);
    });

    it('go on behind any event that was handed over', async () => {
      const workspace = await started('torn');
      const positions: FollowPosition[] = [START];
      for await (const { position } of eachEvent(openMailbox(workspace), START, signal))
        positions.push(position);
      const all = await follow(workspace);
      for (const [index, position] of positions.slice(0, -1).entries()) {
        expect(await follow(workspace, position)).toEqual(all.slice(index));
      }
    });

    it('fetch what is too long for a line from its blob', async () => {
      const text = 'ü'.repeat(1_500_000);
      expect(notes(await follow(await started('blob', text)))).toEqual([text]);
    });

    it('deliver messages in their order, and again when repeated after a crash of the app', async () => {
      const workspace = await started('inbox');
      const message = (text: string) => ({ type: 'message', from: 'mona', text }) as const;
      const mailbox = openMailbox(workspace);
      await Promise.all([mailbox.put('b', message('one')), mailbox.put('a', message('two'))]);
      const seen: string[] = [];
      for await (const { event } of eachEvent(openMailbox(workspace), START, signal)) {
        if (event.type === 'note') seen.push(event.text);
        if (seen.length === 2) break;
      }
      const afterCrash = openMailbox(workspace);
      await afterCrash.put('a', message('two again'));
      await afterCrash.put('c', message('three'));
      await afterCrash.put('end', { type: 'cancel', reason: 'enough' });
      const told = notes(await follow(workspace)).map(
        (note) => /^(\d+)-message\.json (.*)$/.exec(note) ?? [],
      );
      expect(told.map(([, , text]) => text)).toEqual(['one', 'two', 'two again', 'three']);
      const numbers = told.map(([, number]) => Number(number));
      expect(numbers).toEqual([...new Set(numbers)].toSorted((a, b) => a - b));
    });

    it('hand over together what came together, and what is right before what is wrong', async () => {
      const workspace = await raw({ 'events.ndjson': `${line(1)}${line(2)}${line(4)}` });
      while ((await workspace.runnerState()) === 'running') await workspace.changed('events.ndjson', signal);
      const batches: number[][] = [];
      const following = (async () => {
        for await (const received of openMailbox(workspace).follow(START, signal))
          batches.push(received.map(({ event }) => event.seq));
      })();
      await expect(following).rejects.toMatchObject({ code: 'mailbox-gap' });
      expect(batches).toEqual([[1, 2]]);
    });

    it('skip what a runner repeats', async () => {
      const workspace = await raw({
        'events.ndjson': `${line(1)}${line(2)}${line(1, 'again')}${line(2, 'again')}${JSON.stringify({ seq: 3, at, type: 'runner.finished' })}\n`,
      });
      expect((await follow(workspace)).map(({ seq }) => seq)).toEqual([1, 2, 3]);
    });

    it('tell of a runner that died, with the last it printed and no secret', async () => {
      const workspace = await started('dies');
      const failure = await follow(workspace).catch((error: unknown) => error);
      expect(failure).toMatchObject({ code: 'runner-died', retryable: false });
      expect(String(failure)).toContain('boom https://[redacted]example.test [redacted]');
      expect(String(failure)).not.toContain('sesame');
    });

    it('stop following when told to', async () => {
      const workspace = await started('inbox');
      const stop = new AbortController();
      const following = (async () => {
        for await (const _ of eachEvent(openMailbox(workspace), START, stop.signal)) stop.abort();
      })();
      await expect(following).rejects.toMatchObject({ name: 'AbortError' });
    });

    const hello = Buffer.from('hello');
    const helloName = createHash('sha256').update(hello).digest('hex');
    const blobLine = (sha256: string): string => `${JSON.stringify({ seq: 1, blob: sha256 })}\n`;
    const noteOfTwo = line(2);
    const noteOfTwoName = createHash('sha256').update(noteOfTwo).digest('hex');
    it.each([
      ['a line that is no JSON', 'mailbox-invalid', { 'events.ndjson': 'hello\n' }],
      ['a line that is no UTF-8', 'mailbox-invalid', { 'events.ndjson': line(1, '\xff') }],
      [
        'an event of an unknown type',
        'mailbox-invalid',
        { 'events.ndjson': `${JSON.stringify({ seq: 1, at, type: 'surprise' })}\n` },
      ],
      ['an event without a number', 'mailbox-invalid', { 'events.ndjson': '{"type":"note","text":""}\n' }],
      ['an event that is missing', 'mailbox-gap', { 'events.ndjson': `${line(1)}${line(3)}` }],
      ['a line that is too long', 'mailbox-line-too-long', { 'events.ndjson': line(1, 'x'.repeat(2 ** 20)) }],
      [
        'a line that is too long and never ends',
        'mailbox-line-too-long',
        { 'events.ndjson': 'x'.repeat(2 ** 20 + 1) },
      ],
      [
        'another version of the protocol',
        'protocol-mismatch',
        {
          'events.ndjson': `${JSON.stringify({ seq: 1, at, type: 'runner.started', protocolVersion: 999, isolation: 'none' })}\n`,
        },
      ],
      ['a blob that is not there', 'mailbox-invalid', { 'events.ndjson': blobLine(helloName) }],
      ['a blob of a name that climbs', 'mailbox-invalid', { 'events.ndjson': blobLine('../job.json') }],
      [
        'a blob of other content',
        'mailbox-invalid',
        { [`blobs/${helloName}`]: 'bye', 'events.ndjson': blobLine(helloName) },
      ],
      [
        'a blob that is no event',
        'mailbox-invalid',
        { [`blobs/${helloName}`]: 'hello', 'events.ndjson': blobLine(helloName) },
      ],
      [
        'a blob that holds another event',
        'mailbox-invalid',
        { [`blobs/${noteOfTwoName}`]: noteOfTwo, 'events.ndjson': blobLine(noteOfTwoName) },
      ],
    ])('refuse %s', async (_what, code, files: Record<string, string>) => {
      await expect(follow(await raw(files))).rejects.toMatchObject({ code, retryable: false });
    });

    const result = {
      protocolVersion: PROTOCOL_VERSION,
      runId: 'somebody-else',
      status: 'done',
      problem: null,
      baseSha: '',
      summary: null,
      files: [],
      diff: '',
      proof: null,
      plan: null,
      subtasks: [],
      verification: null,
    };
    const finished = `${JSON.stringify({ seq: 1, at, type: 'runner.finished' })}\n`;
    it.each([
      ['none', 'mailbox-invalid', {}],
      ['one that is no JSON', 'mailbox-invalid', { 'result.json': '{' }],
      [
        'one that lacks what it needs',
        'mailbox-invalid',
        { 'result.json': JSON.stringify({ protocolVersion: PROTOCOL_VERSION }) },
      ],
      ['that of another run', 'mailbox-invalid', { 'result.json': JSON.stringify(result) }],
      [
        'one of another version',
        'protocol-mismatch',
        { 'result.json': JSON.stringify({ ...result, protocolVersion: 999 }) },
      ],
    ])('refuse as a result %s', async (_what, code, files: Record<string, string>) => {
      const workspace = await raw({ ...files, 'events.ndjson': finished });
      await follow(workspace);
      await expect(openMailbox(workspace).result()).rejects.toMatchObject({ code });
    });
  });
}
