import { type ModelChoice, type ModelReply } from '../../src/protocol/conversation.ts';
import { type InboxMessage } from '../../src/protocol/inbox-message.ts';
import { type ModelRequestEvent } from '../../src/protocol/runner-event.ts';
import { createModels, DEFAULT_MODEL_LIMITS } from '../../src/model/router.ts';
import { type PriceTable } from '../../src/model/price.ts';
import { createBudgetLedger } from '../../src/asking/budget-ledger.ts';
import { type Mailbox } from '../../src/run/ports.ts';
import { answerModelRequest } from '../../src/run/steps/answer-model-request.ts';
import { type Conversations, createConversations, recall } from '../../src/asking/conversations.ts';
import { memoryRunStore } from '../helpers/memory-run-store.ts';
import { type RawServer } from '../model/raw-server.ts';
import { sampleRun } from '../store/samples.ts';

/** One of each provider, in the run's order: their servers stand behind them. */
export const CLAUDE: ModelChoice = { provider: 'anthropic', model: 'claude' };
export const GPT: ModelChoice = { provider: 'openai', model: 'gpt' };
const KIMI: ModelChoice = { provider: 'kimi', model: 'k2' };

export interface BedOptions {
  readonly servers: Readonly<Partial<Record<'anthropic' | 'openai' | 'kimi', RawServer>>>;
  readonly models?: readonly ModelChoice[];
  readonly budgetUsd?: number;
  readonly maxModelRequests?: number;
  readonly prices?: PriceTable;
  readonly opensAfter?: number;
}

/** The app's side of a run, with providers on loopback and a mailbox that remembers what was put into it. */
export async function answerBed(options: BedOptions) {
  const { servers, budgetUsd = 100, maxModelRequests = 1000 } = options;
  const run = sampleRun();
  const store = memoryRunStore();
  await store.create(run);
  const clock = { nowMs: 0 };
  const stopping = new AbortController();
  const ended = new AbortController();
  const inbox: InboxMessage[] = [];
  const mailbox: Pick<Mailbox, 'put'> = {
    put: async (_key, message) => void inbox.push(message),
  };
  const offered =
    options.models ?? [CLAUDE, GPT, KIMI].filter(({ provider }) => Object.hasOwn(servers, provider));
  const models = createModels({
    providers: Object.fromEntries(
      Object.entries(servers).map(([name, { url }]) => [name, { apiKey: 'k', baseUrl: url }]),
    ),
    models: offered,
    prices: options.prices ?? Object.fromEntries(offered.map((choice) => [nameOf(choice), CHEAP])),
    limits: {
      ...DEFAULT_MODEL_LIMITS,
      baseDelayMs: 1,
      maxDelayMs: 5,
      idleTimeoutMs: 300,
      circuit: { opensAfter: options.opensAfter ?? 3, restMs: 60_000 },
    },
    now: () => clock.nowMs,
  });
  const limits = { budgetUsd, maxRequests: maxModelRequests, maxOutputTokens: 1000 };
  const means = {
    models: offered,
    ledger: createBudgetLedger(limits, await store.spending(run.id)),
    mailbox,
  };
  const ports = {
    models,
    store,
    policy: { escalateAfter: 2 },
    finishFirst: <T>(work: Promise<T>) => work,
    log: { info: () => {}, warn: () => {}, error: () => {} },
    stopping: stopping.signal,
  };
  const asked: ModelRequestEvent[] = [];

  return {
    run,
    store,
    clock,
    stopping,
    ended,
    inbox,
    /** Asks the next question of the conversation; resolves to `provider:model` of the answer, null without one. */
    ask: async (
      conversations: Conversations,
      escalation = 0,
      conversationId = 'work',
    ): Promise<string | null> => {
      const number = asked.filter((request) => request.conversationId === conversationId).length + 1;
      const request = requestOf(conversationId, number, escalation);
      asked.push(request);
      const last = conversations.lastAnswer(conversationId);
      const call = conversations.open(request);
      const close = (reply: ModelReply): void => conversations.close(request, reply);
      const reply = await answerModelRequest(ports, run, means, { request, call, last, close }, ended.signal);
      return reply === null ? null : nameOf(reply);
    },
    /** The conversations as a new process finds them. */
    restarted: async (): Promise<Conversations> => {
      const conversations = createConversations();
      recall(conversations, asked, await store.modelCalls(run.id));
      return conversations;
    },
  };
}

/** A dollar a million tokens in either direction. */
const CHEAP = { inputUsdPerMTok: 1, outputUsdPerMTok: 1, cacheReadUsdPerMTok: 1, cacheWriteUsdPerMTok: 1 };

const nameOf = ({ provider, model }: ModelChoice | ModelReply): string => `${provider}:${model}`;

const requestOf = (conversationId: string, number: number, escalation: number): ModelRequestEvent => ({
  seq: number,
  at: '2026-01-01T00:00:00Z',
  type: 'model.request',
  requestId: `${conversationId}/${number}`,
  conversationId,
  system: number === 1 ? 'You fix bugs.' : null,
  tools: number === 1 ? [] : null,
  append: { role: 'user', content: [{ type: 'text', text: `Question ${number}.` }] },
  escalation,
});
