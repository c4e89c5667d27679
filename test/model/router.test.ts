import { type LLMock, useAimock } from '@copilotkit/aimock/vitest';
import { afterEach, describe, expect, test } from 'vitest';
import { parseModelName, type ProviderName } from '../../src/model/providers.ts';
import { createModels, DEFAULT_MODEL_LIMITS } from '../../src/model/router.ts';
import { type ModelCall } from '../../src/protocol/conversation.ts';
import { type Models } from '../../src/run/ports.ts';
import { OPENING } from './conversations.ts';

const KEY = 'sk-canary-9931';
const aimock = useAimock({ strict: true, patchEnv: false });
const never = new AbortController().signal;
const ALONE = { maxOutputTokens: 1000, othersLeft: false };

/** Where each provider's API lies on the mock. */
const PATHS = { anthropic: '', openai: '/v1', kimi: '/v1', compatible: '/v1', openrouter: '/api/v1' };
const PROVIDERS = ['anthropic', 'openai', 'kimi', 'compatible', 'openrouter'] as const;

const choiceOf = (provider: ProviderName) => ({ provider, model: `${provider}-model` });

function modelsOnMock(): Models {
  return createModels({
    providers: Object.fromEntries(
      PROVIDERS.map((name) => [name, { apiKey: KEY, baseUrl: `${aimock().url}${PATHS[name]}` }]),
    ),
    models: PROVIDERS.map(choiceOf),
    prices: {},
    limits: { ...DEFAULT_MODEL_LIMITS, baseDelayMs: 1, maxDelayMs: 5 },
  });
}

/** Answers `first` once and a good answer from then on. */
function failsOnce(first: Parameters<LLMock['on']>[1], options?: Parameters<LLMock['on']>[2]): void {
  aimock().llm.on({ userMessage: /Fix/, sequenceIndex: 0 }, first, options);
  aimock().llm.on({ userMessage: /Fix/ }, { content: 'Done.' });
}

const tries = (): number => aimock().llm.getRequests().length;

afterEach(() => {
  aimock().llm.reset();
});

describe.each(PROVIDERS)('a conversation with %s', (provider) => {
  test('goes through tool calls and their results to the answer', async () => {
    const usage = {
      input_tokens: 50,
      output_tokens: 9,
      prompt_tokens: 50,
      completion_tokens: 9,
    };
    aimock().llm.on(
      { hasToolResult: false },
      {
        content: 'I look.',
        toolCalls: [
          { id: 'call_a', name: 'read_file', arguments: '{"path":"sum.js"}' },
          { id: 'call_b', name: 'search', arguments: '{"pattern":"sum"}' },
        ],
        usage,
      },
    );
    aimock().llm.on({ toolResultContains: 'nothing found' }, { content: 'It subtracts.', usage });
    const models = modelsOnMock();
    const first = await models.ask(choiceOf(provider), OPENING, ALONE, never);
    const next: ModelCall = {
      ...OPENING,
      messages: [
        ...OPENING.messages,
        first.message,
        {
          role: 'user',
          content: [
            { type: 'tool_result', toolUseId: 'call_a', text: 'a - b', isError: false },
            { type: 'tool_result', toolUseId: 'call_b', text: 'nothing found', isError: true },
          ],
        },
      ],
    };
    const second = await models.ask(choiceOf(provider), next, ALONE, never);

    expect(first).toMatchObject({
      message: {
        content: [
          { type: 'text', text: 'I look.' },
          { type: 'tool_use', id: 'call_a', name: 'read_file', input: { path: 'sum.js' } },
          { type: 'tool_use', id: 'call_b', name: 'search', input: { pattern: 'sum' } },
        ],
      },
      stopReason: 'tool_use',
      usage: { inputTokens: 50, outputTokens: 9 },
    });
    expect(second).toMatchObject({
      ...choiceOf(provider),
      message: { role: 'assistant', content: [{ type: 'text', text: 'It subtracts.' }] },
      stopReason: 'end',
    });
  });

  test.each([429, 500, 503, 529])('survives one HTTP %i', async (status) => {
    failsOnce({ error: { message: 'Busy' }, status, retryAfter: 0 });
    const reply = await modelsOnMock().ask(choiceOf(provider), OPENING, ALONE, never);

    expect(reply.message.content).toEqual([{ type: 'text', text: 'Done.' }]);
    expect(tries()).toBe(2);
  });

  test('survives one stream that is cut', async () => {
    failsOnce({ content: 'A long answer that is cut.' }, { chunkSize: 4, truncateAfterChunks: 3 });
    const reply = await modelsOnMock().ask(choiceOf(provider), OPENING, ALONE, never);

    expect(reply.message.content).toEqual([{ type: 'text', text: 'Done.' }]);
    expect(tries()).toBe(2);
  });

  test('gives up after five tries', async () => {
    aimock().llm.on({ userMessage: /Fix/ }, { error: { message: 'Busy' }, status: 529 });
    const asked = modelsOnMock().ask(choiceOf(provider), OPENING, ALONE, never);

    await expect(asked).rejects.toMatchObject({ code: 'model-overloaded', retryable: true });
    expect(tries()).toBe(5);
  });

  test.each([400, 401, 403, 404, 413])('asks once when the answer is HTTP %i', async (status) => {
    aimock().llm.on({ userMessage: /Fix/ }, { error: { message: `No ${KEY}` }, status });
    const failure = await modelsOnMock()
      .ask(choiceOf(provider), OPENING, ALONE, never)
      .catch((error: unknown) => error);

    expect(failure).toMatchObject({ name: 'ModelFailure', retryable: false });
    expect(JSON.stringify(failure) + String(failure)).not.toContain(KEY);
    expect(tries()).toBe(1);
  });

  test('stops in the middle of an answer when it is cancelled', async () => {
    aimock().llm.on({ userMessage: /Fix/ }, { content: 'x'.repeat(400) }, { chunkSize: 1, latency: 50 });
    const cancel = new AbortController();
    const asked = modelsOnMock().ask(choiceOf(provider), OPENING, ALONE, cancel.signal);
    setTimeout(() => cancel.abort(), 100);

    await expect(asked).rejects.toMatchObject({ code: 'cancelled' });
    expect(tries()).toBe(1);
  });
});

describe('the models on offer', () => {
  const settings = {
    providers: { anthropic: { apiKey: 'a' }, kimi: { apiKey: 'k' } },
    models: ['anthropic:claude-a', 'anthropic:claude-b', 'kimi:k2:free'].map(parseModelName),
    prices: {},
  };
  const chosen = (preferred: string[] | null) =>
    createModels(settings)
      .choose(preferred)
      .map(({ provider, model }) => `${provider}:${model}`);

  test('come in the operator’s order without a preference', () => {
    expect(chosen(null)).toEqual(['anthropic:claude-a', 'anthropic:claude-b', 'kimi:k2:free']);
  });

  test('are those the repository prefers, in its order, without what is not on offer', () => {
    expect(chosen(['kimi:k2:free', 'openai:gpt-5', 'anthropic:claude-a', 'kimi:k2:free'])).toEqual([
      'kimi:k2:free',
      'anthropic:claude-a',
    ]);
  });

  test('are all of them when nothing the repository prefers is on offer', () => {
    expect(chosen(['openai:gpt-5'])).toHaveLength(3);
  });

  test('that nobody configured are not asked', async () => {
    const asked = createModels(settings).ask({ provider: 'openai', model: 'gpt-5' }, OPENING, ALONE, never);

    await expect(asked).rejects.toMatchObject({ code: 'model-not-offered' });
  });

  test.each([
    ['nothing', { ...settings, models: [] }, 'model-not-offered'],
    ['a provider without a key', { ...settings, providers: {} }, 'model-not-configured'],
    [
      'a provider without an address',
      {
        ...settings,
        providers: { compatible: { apiKey: 'x' } },
        models: [{ provider: 'compatible', model: 'm' }],
      },
      'model-not-configured',
    ],
  ])('%s stops the start', (_case, wrong, code) => {
    expect(() => createModels(wrong)).toThrow(expect.objectContaining({ code }));
  });

  test.each(['claude', 'anthropic:', ':claude', 'acme:model', 'toString:x'])(
    '“%s” is no name of a model',
    (name) => {
      expect(() => parseModelName(name)).toThrow(expect.objectContaining({ code: 'model-unknown-provider' }));
    },
  );
});
