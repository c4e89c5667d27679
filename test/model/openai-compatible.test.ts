import { describe, expect, test } from 'vitest';
import { createModel, type ProviderName } from '../../src/model/providers.ts';
import { mostInputTokens } from '../../src/model/token-estimate.ts';
import { MALFORMED_INPUT } from '../../src/model/tool-input.ts';
import { type ModelCall, type ModelReply } from '../../src/protocol/conversation.ts';
import { AFTER_TOOLS, OPENING } from './conversations.ts';
import {
  deadServer,
  events,
  eventsThenCut,
  eventsThenSilence,
  json,
  rawServer,
  type RawServer,
} from './raw-server.ts';

const KEY = 'sk-canary-7741';
const DONE = 'data: [DONE]\n\n';

const chunk = (delta: object, finish: string | null = null, extra: object = {}) => ({
  id: 'c1',
  object: 'chat.completion.chunk',
  created: 1,
  model: 'some-model-2026',
  choices: [{ index: 0, delta, finish_reason: finish }],
  ...extra,
});
const usage = (report: object) => ({ ...chunk({}), choices: [], usage: report });
const call = (index: number, id: string | undefined, name: string | undefined, args: string) => ({
  index,
  ...(id && { id, type: 'function' }),
  function: { ...(name && { name }), arguments: args },
});
const WHOLE = events(chunk({ role: 'assistant', content: 'ok' }), chunk({}, 'stop'), DONE);

const model = (server: RawServer, provider: ProviderName = 'openai', name = 'm', idleTimeoutMs = 30_000) =>
  createModel(
    { provider, model: name },
    { [provider]: { apiKey: KEY, baseUrl: `${server.url}/v1` } },
    idleTimeoutMs,
  );
const ask = (server: RawServer, provider?: ProviderName, asked: ModelCall = OPENING): Promise<ModelReply> =>
  model(server, provider).ask(asked, 1000, new AbortController().signal);

describe('what is sent to an OpenAI-compatible server', () => {
  test('is the whole conversation, tool results before the words that came with them', async () => {
    const server = await rawServer(WHOLE);
    await ask(server, 'openai', AFTER_TOOLS);

    expect(server.requests[0]).toMatchObject({
      path: '/v1/chat/completions',
      headers: { authorization: `Bearer ${KEY}` },
    });
    expect(server.requests[0]?.body).toEqual({
      model: 'm',
      stream: true,
      stream_options: { include_usage: true },
      max_completion_tokens: 1000,
      prompt_cache_key: expect.stringMatching(/^[0-9a-f]{32}$/),
      tools: AFTER_TOOLS.tools.map((tool) => ({
        type: 'function',
        function: { name: tool.name, description: tool.description, parameters: tool.inputSchema },
      })),
      messages: [
        { role: 'system', content: 'You fix bugs.' },
        { role: 'user', content: 'Fix the sum.' },
        {
          role: 'assistant',
          content: 'I look.',
          tool_calls: [
            {
              id: 'call-1',
              type: 'function',
              function: { name: 'read_file', arguments: '{"path":"sum.js"}' },
            },
            { id: 'call-2', type: 'function', function: { name: 'search', arguments: '{"pattern":"sum"}' } },
          ],
        },
        { role: 'tool', tool_call_id: 'call-1', content: 'a - b' },
        { role: 'tool', tool_call_id: 'call-2', content: 'Error: no such folder' },
        { role: 'user', content: 'Hurry.' },
      ],
    });
  });

  test.each(['openrouter', 'kimi', 'compatible'] as const)('%s gets max_tokens', async (provider) => {
    const server = await rawServer(WHOLE);
    await ask(server, provider);

    expect(server.requests[0]?.body).toMatchObject({ max_tokens: 1000 });
    expect(server.requests[0]?.body).not.toHaveProperty('max_completion_tokens');
  });

  test('OpenAI gets one cache key a conversation, nobody else gets one', async () => {
    const server = await rawServer(WHOLE);
    const other = { ...OPENING, messages: [{ role: 'user' as const, content: [] }] };
    for (const asked of [OPENING, AFTER_TOOLS, other]) await ask(server, 'openai', asked);
    await ask(server, 'compatible');

    const keys = server.requests.map(({ body }) => Object(body).prompt_cache_key as unknown);
    expect(keys[0]).toBe(keys[1]);
    expect(keys[2]).not.toBe(keys[0]);
    expect(keys[3]).toBeUndefined();
  });

  test('a message of which nothing is left is not sent empty', async () => {
    const server = await rawServer(WHOLE);
    const thought = { type: 'opaque' as const, provider: 'anthropic', data: { type: 'thinking' } };
    await ask(server, 'kimi', {
      ...OPENING,
      messages: [
        ...OPENING.messages,
        { role: 'assistant', content: [thought] },
        { role: 'user', content: [] },
      ],
    });

    expect(server.requests[0]?.body).toMatchObject({
      messages: [{}, {}, { role: 'assistant', content: '(nothing)' }, { role: 'user', content: '(nothing)' }],
    });
  });

  test('Claude behind OpenRouter gets cache marks, other models do not', async () => {
    const server = await rawServer(WHOLE);
    const never = new AbortController().signal;
    await model(server, 'openrouter', 'anthropic/claude-x').ask(OPENING, 10, never);
    await model(server, 'openrouter', 'moonshotai/kimi-x').ask(OPENING, 10, never);

    const marked = (content: string) => [
      { type: 'text', text: content, cache_control: { type: 'ephemeral' } },
    ];
    expect(server.requests[0]?.body).toMatchObject({
      messages: [
        { role: 'system', content: marked('You fix bugs.') },
        { role: 'user', content: marked('Fix the sum.') },
      ],
    });
    expect(JSON.stringify(server.requests[1]?.body)).not.toContain('cache_control');
  });

  test('Kimi gets its own reasoning back, and nobody else’s', async () => {
    const server = await rawServer(
      events(
        chunk({ reasoning_content: 'Let me ' }),
        chunk({ reasoning_content: 'see.' }),
        chunk({ tool_calls: [call(0, 'c', 'search', '{}')] }),
        chunk({}, 'tool_calls'),
        DONE,
      ),
    );
    const { message } = await ask(server, 'kimi');
    const next: ModelCall = {
      ...OPENING,
      messages: [
        ...OPENING.messages,
        {
          role: 'assistant',
          content: [
            ...message.content,
            { type: 'opaque', provider: 'anthropic', data: { type: 'thinking' } },
          ],
        },
        { role: 'user', content: [{ type: 'tool_result', toolUseId: 'c', text: '', isError: false }] },
      ],
    };
    await ask(server, 'kimi', next);

    expect(server.requests[1]?.body).toMatchObject({
      messages: [
        {},
        {},
        {
          role: 'assistant',
          content: null,
          reasoning_content: 'Let me see.',
          tool_calls: [{ id: 'c', type: 'function', function: { name: 'search', arguments: '{}' } }],
        },
        { role: 'tool', tool_call_id: 'c', content: '' },
      ],
    });
    expect(JSON.stringify(server.requests[1]?.body)).not.toContain('thinking');
  });
});

describe('what comes back from an OpenAI-compatible server', () => {
  test('is put together from deltas of several calls', async () => {
    const server = await rawServer(
      events(
        chunk({ role: 'assistant', content: 'I ' }),
        chunk({ content: 'look.' }),
        chunk({ tool_calls: [call(0, 'a', 'read_file', '')] }),
        chunk({ tool_calls: [call(0, undefined, undefined, '{"path":')] }),
        chunk({ tool_calls: [call(1, 'b', 'search', '{"pattern"')] }),
        chunk({
          tool_calls: [call(0, undefined, undefined, '"x"}'), call(1, undefined, undefined, ':"y"}')],
        }),
        chunk({}, 'tool_calls'),
        usage({
          prompt_tokens: 1000,
          completion_tokens: 20,
          prompt_tokens_details: { cached_tokens: 700, cache_write_tokens: 100 },
        }),
        DONE,
      ),
    );

    expect(await ask(server)).toEqual({
      message: {
        role: 'assistant',
        content: [
          { type: 'text', text: 'I look.' },
          { type: 'tool_use', id: 'a', name: 'read_file', input: { path: 'x' } },
          { type: 'tool_use', id: 'b', name: 'search', input: { pattern: 'y' } },
        ],
      },
      stopReason: 'tool_use',
      usage: { inputTokens: 200, outputTokens: 20, cacheReadTokens: 700, cacheWriteTokens: 100 },
      provider: 'openai',
      model: 'm',
    });
  });

  test('calls without an index, nulls and a `stop` after calls are understood', async () => {
    const bare = (id: string | null, name: string | null, args: string) => ({
      id,
      function: { name, arguments: args },
    });
    const server = await rawServer(
      events(
        chunk({ content: null, tool_calls: [bare('a', 'read_file', '{"path"')] }),
        chunk({ tool_calls: [bare(null, null, ':"x"}')] }),
        chunk({ tool_calls: [bare('b', 'search', '{}')] }),
        chunk({}, 'stop'),
        DONE,
      ),
    );

    expect(await ask(server, 'compatible')).toMatchObject({
      stopReason: 'tool_use',
      message: {
        content: [
          { id: 'a', input: { path: 'x' } },
          { id: 'b', input: {} },
        ],
      },
    });
  });

  test.each(['{"path": "x', 'not json', '["x"]', '"x"'])(
    'arguments that are no JSON object are handed on as malformed: %s',
    async (args) => {
      const server = await rawServer(
        events(chunk({ tool_calls: [call(0, 'a', 'read_file', args)] }), chunk({}, 'tool_calls'), DONE),
      );

      expect((await ask(server)).message.content).toEqual([
        { type: 'tool_use', id: 'a', name: 'read_file', input: { [MALFORMED_INPUT]: args } },
      ]);
    },
  );

  test('Kimi’s own places for usage are read', async () => {
    const server = await rawServer(
      events(
        chunk({ content: 'ok' }),
        {
          ...chunk({}),
          choices: [
            {
              index: 0,
              delta: {},
              finish_reason: 'stop',
              usage: { prompt_tokens: 30, completion_tokens: 2, cached_tokens: 20 },
            },
          ],
        },
        DONE,
      ),
    );

    expect((await ask(server, 'kimi')).usage).toEqual({
      inputTokens: 10,
      outputTokens: 2,
      cacheReadTokens: 20,
      cacheWriteTokens: 0,
    });
  });

  test('a server that reports no usage is counted at the most it can have been', async () => {
    const server = await rawServer(WHOLE);

    expect((await ask(server, 'compatible')).usage).toEqual({
      inputTokens: mostInputTokens(OPENING),
      outputTokens: 1000,
      cacheReadTokens: 0,
      cacheWriteTokens: 0,
    });
  });

  test.each([
    ['stop', 'end'],
    ['length', 'max_tokens'],
    ['content_filter', 'refusal'],
  ])('%s is told as %s', async (theirs, ours) => {
    const server = await rawServer(events(chunk({ content: 'x' }), chunk({}, theirs), DONE));

    expect((await ask(server)).stopReason).toBe(ours);
  });

  test('a refusal in its own field is told as one, with its words', async () => {
    const server = await rawServer(events(chunk({ refusal: 'I will not.' }), chunk({}, 'stop'), DONE));

    expect(await ask(server)).toMatchObject({
      stopReason: 'refusal',
      message: { content: [{ type: 'text', text: 'I will not.' }] },
    });
  });
});

describe('when an OpenAI-compatible server fails', () => {
  test.each([
    ['ends without a finish reason', events(chunk({ content: 'half' }))],
    ['says it is done without a finish reason', events(chunk({ content: 'half' }), DONE)],
    ['is cut', eventsThenCut(chunk({ content: 'half' }))],
    ['finishes with an error', events(chunk({ content: 'half' }), chunk({}, 'error'), DONE)],
    ['holds something that is no JSON', events(chunk({ content: 'half' }), 'data: {"cho\n\n', DONE)],
    ['holds a chunk of another shape', events({ choices: 'none' }, DONE)],
  ])('a stream that %s is cut, never an answer', async (_case, answer) => {
    const server = await rawServer(answer);

    await expect(ask(server)).rejects.toMatchObject({ code: 'model-stream-cut', retryable: true });
  });

  test.each([
    [400, {}, 'model-bad-request', false],
    [400, { code: 'context_length_exceeded' }, 'context-too-long', false],
    [401, {}, 'model-unauthorized', false],
    [404, {}, 'model-not-found', false],
    [422, {}, 'model-bad-request', false],
    [429, {}, 'model-rate-limited', true],
    [429, { code: 'insufficient_quota' }, 'model-payment-required', false],
    [502, {}, 'model-unavailable', true],
    [503, {}, 'model-overloaded', true],
  ])('HTTP %i with %j is %s and the key stays out of it', async (status, extra, code, retryable) => {
    const server = await rawServer(
      json(status, { error: { message: `Incorrect API key: ${KEY}`, type: 'some_error', ...extra } }),
    );
    const failure = await ask(server).catch((error: unknown) => error);

    expect(failure).toMatchObject({ code, retryable });
    expect(JSON.stringify(failure) + String(failure)).not.toContain(KEY);
  });

  test.each([
    [{ code: 502, message: 'Provider disconnected' }, 'model-unavailable', true],
    [{ code: 429, message: 'Slow down' }, 'model-rate-limited', true],
    [{ code: 'server_error', message: 'Sorry' }, 'model-unavailable', true],
  ])('%j in the middle of the stream is %s', async (error, code, retryable) => {
    const server = await rawServer(events(chunk({ content: 'half' }), chunk({}, 'error', { error }), DONE));

    await expect(ask(server, 'openrouter')).rejects.toMatchObject({ code, retryable });
  });

  test('nobody listening is told as unreachable', async () => {
    await expect(ask(await deadServer())).rejects.toMatchObject({
      code: 'model-unreachable',
      retryable: true,
    });
  });

  test.each([
    ['before the headers', () => undefined],
    ['in the middle of the stream', eventsThenSilence(chunk({ content: 'half' }))],
  ])('silence %s ends as a timeout', async (_case, answer) => {
    const server = await rawServer(answer);
    const asked = model(server, 'openai', 'm', 60).ask(OPENING, 10, new AbortController().signal);

    await expect(asked).rejects.toMatchObject({ code: 'model-timeout', retryable: true });
  });
});
