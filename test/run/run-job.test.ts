import { expect, test } from 'vitest';
import { type ModelCall, type ModelReply } from '../../src/protocol/conversation.ts';
import { type RunnerEvent } from '../../src/protocol/runner-event.ts';
import { type Mailbox, type ReceivedEvent } from '../../src/run/ports.ts';
import { type JobPorts, runJob } from '../../src/run/steps/run-job.ts';
import { memoryRunStore } from '../helpers/memory-run-store.ts';
import { sampleRun } from '../store/samples.ts';

const at = '2026-01-01T00:00:00.000Z';
const phase = (seq: number): RunnerEvent => ({ seq, at, type: 'phase', phase: 'working' });
const question = (seq: number, number = 1): RunnerEvent => ({
  seq,
  at,
  type: 'model.request',
  requestId: `agent/${number}`,
  conversationId: 'agent',
  system: 'You are an agent.',
  tools: [],
  append: { role: 'user', content: [{ type: 'text', text: 'Begin.' }] },
  escalation: 0,
});
const received = (...events: readonly RunnerEvent[]): readonly ReceivedEvent[] =>
  events.map((event) => ({ event, position: { seq: event.seq, offset: event.seq * 100 } }));

/** A run whose runner says this, what comes together as one; its models and its mailbox are made to fail as told. */
async function scene(
  batches: readonly (readonly ReceivedEvent[])[],
  fails: { readonly put: boolean; readonly models?: object },
) {
  const run = sampleRun();
  const store = memoryRunStore();
  await store.create(run);
  const seen: string[] = [];
  let told = 0;
  const mailbox: Mailbox = {
    follow: async function* (_position, signal) {
      for (const [index, batch] of batches.entries()) {
        // The runner asks on as soon as it has been told.
        const isTold = (): boolean => index === 0 || seen.includes(`told ${index}`);
        while (fails.models !== undefined && !isTold()) await new Promise((resolve) => setImmediate(resolve));
        yield batch;
      }
      if (batches.at(-1)?.at(-1)?.event.type === 'runner.finished') return;
      // Nothing more comes.
      await new Promise((_resolve, reject) => {
        if (signal.aborted) reject(signal.reason);
        signal.addEventListener('abort', () => reject(signal.reason));
      });
    },
    put: (key) => {
      seen.push(`put ${key}`);
      if (fails.put) return Promise.reject(new Error('the disk is full'));
      seen.push(`told ${(told += 1)}`);
      // It is a while until the app knows that the runner has been told.
      return new Promise((resolve) => setTimeout(resolve, 20));
    },
    result: () => Promise.reject(new Error('no result')),
  };
  const stopping = new AbortController();
  const ports: unknown = {
    workspaces: { find: () => Promise.resolve({ runId: run.id }) },
    openMailbox: () => mailbox,
    models: {
      letsThrough: () => true,
      anotherMayHelp: () => false,
      worstCaseUsd: () => null,
      ...fails.models,
    },
    policy: { maxModelRequests: 10, maxOutputTokens: 100, escalateAfter: 2 },
    log: { info: () => {}, warn: () => {}, error: () => {} },
    stopping: stopping.signal,
    finishFirst: (work: Promise<unknown>) => work,
    store: {
      ...store,
      appendEvents: async (runId: string, events: readonly ReceivedEvent[]) => {
        await store.appendEvents(runId, events);
        seen.push(`stored ${events.map(({ event }) => event.seq).join(' ')}`);
      },
    },
  };
  const progress = {
    saw: ({ seq }: RunnerEvent) => void seen.push(`saw ${seq}`),
    stop: () => Promise.resolve(),
  };
  const terms = {
    baseSha: '',
    models: [{ provider: 'anthropic', model: 'm' }],
    budgetUsd: 1,
    life: 0,
  } as const;
  return {
    seen,
    stopping,
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the rest of the ports is never reached
    run: () => runJob(ports as JobPorts, run, terms, progress),
  };
}

test('what came together is stored at once, and before anything is made of it', async () => {
  const { seen, stopping, run } = await scene([received(phase(1), phase(2)), received(phase(3))], {
    put: false,
  });
  const following = run();
  while (!seen.includes('saw 3')) await new Promise((resolve) => setTimeout(resolve, 5));
  stopping.abort(new Error('the process is to end'));
  await expect(following).rejects.toThrow('the process is to end');
  expect(seen).toEqual(['stored 1 2', 'saw 1', 'saw 2', 'stored 3', 'saw 3']);
});

test('an answer that cannot be told ends the following with its own error', async () => {
  const { run } = await scene([received(question(1))], { put: true });
  await expect(run()).rejects.toThrow('the disk is full');
});

test('an answer that nobody waits for any more keeps no run from ending', async () => {
  const silent = {
    worstCaseUsd: () => 0.1,
    ask: (_choice: unknown, _call: unknown, _terms: unknown, signal: AbortSignal) =>
      new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
  };
  const finished: RunnerEvent = { seq: 2, at, type: 'runner.finished' };
  const { seen, run } = await scene([received(question(1), finished)], { put: false, models: silent });
  await expect(run()).rejects.toThrow('no result');
  expect(seen).toEqual(['stored 1 2', 'saw 1', 'saw 2']);
});

test('a request that comes as soon as the runner was told of the last reply has that reply before it', async () => {
  const conversations: number[] = [];
  const models = {
    worstCaseUsd: () => 0.1,
    costUsd: () => 0.1,
    ask: (_choice: unknown, call: ModelCall) => {
      conversations.push(call.messages.length);
      return Promise.resolve(REPLY);
    },
  };
  const finished: RunnerEvent = { seq: 3, at, type: 'runner.finished' };
  const batches = [received(question(1)), received(question(2, 2)), received(finished)];
  const { run } = await scene(batches, { put: false, models });
  await expect(run()).rejects.toThrow('no result');
  expect(conversations).toEqual([1, 3]);
});

const REPLY: ModelReply = {
  message: { role: 'assistant', content: [{ type: 'text', text: 'Go on.' }] },
  stopReason: 'end',
  usage: { inputTokens: 1, outputTokens: 1, cacheReadTokens: 0, cacheWriteTokens: 0 },
  provider: 'anthropic',
  model: 'm',
};
