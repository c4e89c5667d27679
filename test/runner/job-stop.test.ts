import { afterEach, describe, expect, test } from 'vitest';
import { type RunnerEvent } from '../../src/protocol/runner-event.ts';
import { runInFolder } from '../../src/runner/run-in-folder.ts';
import { runnerBed } from '../helpers/runner-bed.ts';
import {
  calls,
  inOrder,
  type JobChoice,
  type Script,
  type ScriptedMailbox,
} from '../helpers/scripted-mailbox.ts';

const bed = runnerBed();
afterEach(() => bed.clear());

const NOTES = { 'notes.txt': 'one\n' };
const PATCH = ['apply_patch', { diff: '--- a/notes.txt\n+++ b/notes.txt\n@@\n-one\n+1\n' }] as const;
const FINISH = ['finish', { title: 'Write 1', body: '' }] as const;
const SLOW = 'echo began; sleep 600';

/** Runs a job and sends the cancel message as soon as an event fits. */
async function cancelAt(
  fits: (event: RunnerEvent) => boolean,
  script: Script,
  choice: Partial<JobChoice> = {},
): Promise<ScriptedMailbox> {
  const mailbox = await bed.prepare(NOTES, script, choice);
  void mailbox.seen(fits).then(() => mailbox.put({ type: 'cancel', reason: 'ada asked for it' }));
  await runInFolder(mailbox.folder, new AbortController());
  return mailbox;
}

const isPhase =
  (phase: string) =>
  (event: RunnerEvent): boolean =>
    event.type === 'phase' && event.phase === phase;
const isTurn =
  (requestId: string) =>
  (event: RunnerEvent): boolean =>
    event.type === 'model.request' && event.requestId === requestId;

const CANCELLED = {
  status: 'cancelled',
  problem: { code: 'cancelled', message: 'The run was cancelled: ada asked for it' },
};

describe('a cancel message ends the job in order', () => {
  test('while it waits for a clone token', async () => {
    const mailbox = await cancelAt(isPhase('cloning'), inOrder(calls(FINISH)), { needsToken: true });
    expect(mailbox.result()).toMatchObject({ ...CANCELLED, files: [], diff: '' });
  });

  test('while the base is set up and the model thinks', async () => {
    const mailbox = await cancelAt(isTurn('work/1'), () => undefined, { checks: { setup: [SLOW] } });
    expect(mailbox.result()).toMatchObject({ ...CANCELLED, files: [] });
  });

  test('while the model thinks, with the patch so far', async () => {
    const script: Script = (_request, number) => (number === 1 ? calls(PATCH) : undefined);
    const mailbox = await cancelAt(isTurn('work/2'), script);
    expect(mailbox.result()).toMatchObject({ ...CANCELLED, files: [{ path: 'notes.txt', content: '1\n' }] });
    expect(mailbox.result().diff).toContain('+1');
  });

  test('while a command of the agent runs, which is ended', async () => {
    const script = inOrder(calls(PATCH, ['run_command', { command: SLOW }]));
    const mailbox = await cancelAt((event) => event.type === 'patch', script);
    expect(mailbox.result()).toMatchObject({ ...CANCELLED, files: [{ path: 'notes.txt' }] });
    expect(mailbox.events().filter((event) => event.type === 'command')).toSatisfy(
      (commands: readonly { end: { limit: string | null } }[]) =>
        commands.every(({ end }) => end.limit === 'cancelled'),
    );
  });

  test('while the change is proven', async () => {
    const mailbox = await cancelAt(isPhase('proving'), inOrder(calls(PATCH, FINISH)), {
      checks: { test: SLOW },
    });
    expect(mailbox.result()).toMatchObject({
      ...CANCELLED,
      summary: FINISH[1],
      files: [{ path: 'notes.txt' }],
      proof: null,
    });
  });
});

test('a job that takes longer than it may ends as job-timeout with the patch so far', async () => {
  const mailbox = await bed.run(NOTES, inOrder(calls(PATCH, ['run_command', { command: SLOW }])), {
    limits: { jobTimeoutMs: 6000 },
  });
  expect(mailbox.result()).toMatchObject({
    status: 'failed',
    problem: { code: 'job-timeout' },
    files: [{ path: 'notes.txt' }],
  });
});

test('a command of the agent that takes longer than it may is ended, and the agent goes on', async () => {
  const mailbox = await bed.run(
    NOTES,
    inOrder(calls(['run_command', { command: SLOW }]), calls(PATCH, FINISH)),
    {
      limits: { commandTimeoutMs: 500 },
    },
  );
  const command = mailbox.events().find((event) => event.type === 'command');
  expect(command?.end.limit).toBe('timeout');
  expect(mailbox.result().status).toBe('done');
});
