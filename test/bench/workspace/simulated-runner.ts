/** What a runner does to its workspace, without a runner: no process, no repository, no command. */
import { setTimeout as sleep } from 'node:timers/promises';
import type * as z from 'zod';
import { type UserMessage } from '../../../src/protocol/conversation.ts';
import { InboxMessage } from '../../../src/protocol/inbox-message.ts';
import { type CommandEnd } from '../../../src/protocol/proof.ts';
import { type RunnerEvent } from '../../../src/protocol/runner-event.ts';
import { RunnerJob } from '../../../src/protocol/runner-job.ts';
import { type RunnerResult } from '../../../src/protocol/runner-result.ts';
import { PROTOCOL_VERSION } from '../../../src/protocol/version.ts';
import { type SimulatedFiles } from './simulated-files.ts';

export interface RunnerScript {
  readonly modelCalls: number;
  /** Between two turns of the agent. */
  readonly pauseMs: number;
  /** Awaited before the result is written. */
  readonly beforeEnd: () => Promise<void>;
}

const CONVERSATION = 'agent';
const SYSTEM_BYTES = 8_000;
const TOOL_RESULT_BYTES = 6_000;
const OUTPUT_BYTES = 12_000;

/** Text that says nothing and is nowhere the same. */
const wordsOf = (seed: string, sizeBytes: number): string =>
  Array.from({ length: Math.ceil(sizeBytes / 40) }, (_, line) => `${seed} line ${line}`.padEnd(39, '.'))
    .join('\n')
    .slice(0, sizeBytes);

const commandEnd = (seed: string): z.infer<typeof CommandEnd> => ({
  exitCode: 0,
  limit: null,
  durationMs: 900,
  output: wordsOf(seed, OUTPUT_BYTES),
  outputBytes: OUTPUT_BYTES,
});

/** An event without what its writer adds. */
type Said = RunnerEvent extends infer Event
  ? Event extends unknown
    ? Omit<Event, 'seq' | 'at'>
    : never
  : never;

/** Works on the job that lies in the files, from the first event to the result. */
export async function simulateRunner(
  files: SimulatedFiles,
  script: RunnerScript,
  signal: AbortSignal,
): Promise<void> {
  const job = RunnerJob.parse(JSON.parse(files.text('job.json')));
  let seq = 0;
  const say = (event: Said): void => {
    seq += 1;
    files.append('events.ndjson', `${JSON.stringify({ seq, at: new Date().toISOString(), ...event })}\n`);
  };
  const pause = (): Promise<void> => sleep(script.pauseMs * (0.5 + Math.random()), undefined, { signal });
  const command = (tree: 'base' | 'work' | 'proof', purpose: 'setup' | 'check' | 'agent'): void =>
    say({ type: 'command', purpose, tree, command: 'npm test', end: commandEnd(`${job.runId} ${seq}`) });

  say({ type: 'runner.started', protocolVersion: PROTOCOL_VERSION, isolation: 'none' });
  say({ type: 'phase', phase: 'cloning' });
  await pause();
  say({ type: 'phase', phase: 'installing' });
  command('base', 'setup');
  await pause();
  command('base', 'check');
  say({ type: 'phase', phase: 'working' });
  let append = firstMessage(job);
  for (let call = 1; call <= script.modelCalls; call += 1) {
    const requestId = `${CONVERSATION}/${call}`;
    const opening = call === 1 ? { system: wordsOf(job.runId, SYSTEM_BYTES), tools: TOOLS } : NOT_AGAIN;
    say({
      type: 'model.request',
      requestId,
      conversationId: CONVERSATION,
      ...opening,
      append,
      escalation: 0,
    });
    append = await toolResults(files, requestId, `${job.runId} ${call}`, signal);
    say({ type: 'tool', name: 'finish', summary: 'a simulated tool', ok: true });
    await pause();
    if (call % 4 === 0) command('work', 'agent');
  }
  say({ type: 'patch', applied: true, detail: 'notes.md' });
  say({ type: 'phase', phase: 'proving' });
  command('proof', 'check');
  await script.beforeEnd();
  say({ type: 'attempt', attempt: 1, verdict: 'none' });
  say({ type: 'phase', phase: 'finishing' });
  files.write('result.json', JSON.stringify(resultOf(job)));
  say({ type: 'runner.finished' });
}

const TOOLS = [
  { name: 'finish', description: 'Sums the change up.', inputSchema: { type: 'object', properties: {} } },
];
const NOT_AGAIN = { system: null, tools: null };

const firstMessage = ({ task, runId }: RunnerJob): UserMessage => ({
  role: 'user',
  content: [{ type: 'text', text: `${task.title}\n${task.body}\n${wordsOf(runId, TOOL_RESULT_BYTES)}` }],
});

/** What the agent says next: it has done what the answer to its request asks for. */
async function toolResults(
  files: SimulatedFiles,
  requestId: string,
  seed: string,
  signal: AbortSignal,
): Promise<UserMessage> {
  for (;;) {
    signal.throwIfAborted();
    const changed = files.changed(signal);
    for (const name of files.names('inbox/')) {
      const message = InboxMessage.parse(JSON.parse(files.take(name)));
      if (message.type === 'model.error') throw new Error(message.problem.message);
      if (message.type !== 'model.reply' || message.requestId !== requestId) continue;
      const uses = message.reply.message.content.filter((block) => block.type === 'tool_use');
      return {
        role: 'user',
        content: uses.map(({ id }) => ({
          type: 'tool_result',
          toolUseId: id,
          text: wordsOf(seed, TOOL_RESULT_BYTES),
          isError: false,
        })),
      };
    }
    await changed;
  }
}

function resultOf({ runId, repository }: RunnerJob): RunnerResult {
  const content = `Written by the simulated runner of ${runId}.\n`;
  return {
    protocolVersion: PROTOCOL_VERSION,
    runId,
    status: 'done',
    problem: null,
    baseSha: repository.baseSha,
    summary: { title: 'Take a note', body: 'Nobody worked on this: the runner is simulated.' },
    files: [{ path: 'notes.md', mode: '100644', content, encoding: 'utf-8' }],
    diff: `diff --git a/notes.md b/notes.md\nnew file mode 100644\n--- /dev/null\n+++ b/notes.md\n@@ -0,0 +1 @@\n+${content}`,
    proof: null,
    plan: null,
    verification: null,
    subtasks: [],
  };
}
