import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ModelReply } from '../../src/protocol/conversation.ts';
import { type InboxMessage } from '../../src/protocol/inbox-message.ts';
import { EventLine, type ModelRequestEvent, RunnerEvent } from '../../src/protocol/runner-event.ts';
import { type RunnerJob } from '../../src/protocol/runner-job.ts';
import { RunnerResult } from '../../src/protocol/runner-result.ts';
import { PROTOCOL_VERSION } from '../../src/protocol/version.ts';

type AssistantBlock = ModelReply['message']['content'][number];

const reply = (content: readonly AssistantBlock[], stopReason: ModelReply['stopReason']): ModelReply => ({
  message: { role: 'assistant', content },
  stopReason,
  usage: { inputTokens: 10, outputTokens: 5, cacheReadTokens: 0, cacheWriteTokens: 0 },
  provider: 'scripted',
  model: 'scripted-1',
});

/** A model that says this and calls nothing. */
export const says = (text: string, stopReason: ModelReply['stopReason'] = 'end'): ModelReply =>
  reply([{ type: 'text', text }], stopReason);

/** A model that calls these tools, in order, in one reply. */
export const calls = (...tools: readonly (readonly [name: string, input: unknown])[]): ModelReply =>
  reply(
    tools.map(([name, input], index) => ({ type: 'tool_use', id: `call-${index + 1}`, name, input })),
    'tool_use',
  );

/** The same reply, cut by the model's token limit. */
export const cut = (whole: ModelReply): ModelReply => ({ ...whole, stopReason: 'max_tokens' });

/** Answers one request; `number` counts from 1. Undefined: no answer. */
export type Script = (
  request: ModelRequestEvent,
  number: number,
) => ModelReply | InboxMessage | undefined | Promise<ModelReply | InboxMessage | undefined>;

/** Replies in their order; the last one is repeated. */
export const inOrder =
  (...replies: readonly ModelReply[]): Script =>
  (_request, number) =>
    replies[Math.min(number, replies.length) - 1];

/** A script of its own for each conversation, by its id; each counts its own requests. */
export const byConversation =
  (scripts: Readonly<Record<string, Script>>): Script =>
  (request) => {
    const script = scripts[request.conversationId];
    if (script === undefined) return unscripted(request);
    return script(request, Number(request.requestId.split('/').at(-1)));
  };

const unscripted = ({ requestId }: ModelRequestEvent): InboxMessage => ({
  type: 'model.error',
  requestId,
  problem: {
    code: 'unscripted',
    message: `Nobody wrote a script for ${requestId}.`,
    remedy: '',
    retryable: false,
  },
});

/** What the runner told the model in this request, as one text. */
export const toldModel = ({ append }: ModelRequestEvent): string =>
  append.content.map((block) => block.text).join('\n');

export interface JobChoice {
  /** Null for work without a repository. */
  readonly cloneUrl: string | null;
  readonly baseSha: string;
  readonly task?: Partial<RunnerJob['task']>;
  readonly checks?: Partial<RunnerJob['checks']>;
  readonly limits?: Partial<RunnerJob['limits']>;
  readonly needsToken?: boolean;
  readonly plan?: RunnerJob['plan'];
  readonly resume?: RunnerJob['resume'];
  readonly mode?: RunnerJob['mode'];
  readonly acceptance?: RunnerJob['acceptance'];
  readonly dependencies?: RunnerJob['dependencies'];
}

/** A job with sensible values for all that a test does not care about. */
export const jobFor = ({ cloneUrl, baseSha, ...choice }: JobChoice): RunnerJob => ({
  protocolVersion: PROTOCOL_VERSION,
  runId: 'run-1',
  repository: {
    fullName: 'acme/shop',
    cloneUrl,
    baseBranch: 'main',
    baseSha,
    needsToken: choice.needsToken ?? false,
  },
  plan: choice.plan ?? null,
  resume: choice.resume ?? null,
  mode: choice.mode ?? 'atomic',
  acceptance: choice.acceptance ?? 'proof',
  dependencies: choice.dependencies ?? [],
  task: { title: 'Totals are wrong', body: 'An empty cart throws.', words: '', ...choice.task },
  checks: { setup: [], test: null, lint: null, typecheck: null, ...choice.checks },
  limits: {
    attempts: 3,
    turns: 20,
    parallel: 2,
    commandTimeoutMs: 20_000,
    checkTimeoutMs: 20_000,
    jobTimeoutMs: 60_000,
    outputLimitBytes: 1_000_000,
    memoryMb: 2048,
    processes: 256,
    fileSizeMb: 64,
    ...choice.limits,
  },
  isolation: { allowNone: true, uid: 65_534, registries: [] },
});

/** The app's end of one workspace folder: follows events, answers requests, reads the result. */
export interface ScriptedMailbox {
  readonly folder: string;
  put(message: InboxMessage): void;
  events(): readonly RunnerEvent[];
  result(): RunnerResult;
  /** Resolves with the first event, past or future, that fits. */
  seen(fits: (event: RunnerEvent) => boolean): Promise<RunnerEvent>;
  remove(): Promise<void>;
}

/**
 * Makes a workspace with this job and answers whatever a runner in it asks.
 * @param parent folder to make it in; the system's own for such things by default
 */
export async function scriptedMailbox(
  job: unknown,
  script: Script,
  parent = tmpdir(),
): Promise<ScriptedMailbox> {
  const folder = await mkdtemp(join(parent, 'ptc-workspace-'));
  fs.chmodSync(folder, 0o755);
  fs.mkdirSync(join(folder, 'inbox'));
  fs.writeFileSync(join(folder, 'job.json'), JSON.stringify(job));
  const waiting = new Set<() => void>();
  let files = 0;
  let requests = 0;
  let answered = 0;

  const put = (message: InboxMessage): void => {
    files += 1;
    const name = `${String(files).padStart(6, '0')}-${message.type}.json`;
    fs.writeFileSync(join(folder, `.${name}`), JSON.stringify(message));
    fs.renameSync(join(folder, `.${name}`), join(folder, 'inbox', name));
  };
  const answer = async (request: ModelRequestEvent): Promise<void> => {
    requests += 1;
    const { requestId } = request;
    const said = await script(request, requests);
    if (said === undefined) return;
    put('message' in said ? { type: 'model.reply', requestId, reply: said } : said);
  };
  const look = (): void => {
    const events = readEvents(folder);
    for (const event of events.slice(answered)) {
      answered += 1;
      if (event.type === 'model.request') void answer(event);
    }
    for (const check of waiting) check();
  };
  const watcher = fs.watch(folder, look);
  const timer = setInterval(look, 100);

  return {
    folder,
    put,
    events: () => readEvents(folder),
    result: () => RunnerResult.parse(JSON.parse(fs.readFileSync(join(folder, 'result.json'), 'utf8'))),
    seen: (fits) =>
      new Promise((resolve) => {
        const check = (): void => {
          const found = readEvents(folder).find(fits);
          if (found === undefined) return;
          waiting.delete(check);
          resolve(found);
        };
        waiting.add(check);
        check();
      }),
    async remove() {
      watcher.close();
      clearInterval(timer);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Whole lines only, each held to the protocol. */
function readEvents(folder: string): readonly RunnerEvent[] {
  const path = join(folder, 'events.ndjson');
  if (!fs.existsSync(path)) return [];
  const lines = fs.readFileSync(path, 'utf8').split('\n').slice(0, -1);
  return lines.map((line) => {
    const event = EventLine.parse(JSON.parse(line));
    if (!('blob' in event)) return event;
    const blob = fs.readFileSync(join(folder, 'blobs', event.blob));
    if (createHash('sha256').update(blob).digest('hex') !== event.blob) throw new Error('a blob is damaged');
    return RunnerEvent.parse(JSON.parse(blob.toString()));
  });
}
