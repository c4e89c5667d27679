import { describe, expect, test } from 'vitest';
import { anthropicModel } from '../../src/model/anthropic.ts';
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

const KEY = 'sk-ant-canary-5521';

const START = {
  type: 'message_start',
  message: {
    id: 'msg_1',
    type: 'message',
    role: 'assistant',
    model: 'claude-test-20260101',
    content: [],
    stop_reason: null,
    stop_sequence: null,
    usage: {
      input_tokens: 11,
      output_tokens: 1,
      cache_creation_input_tokens: 70,
      cache_read_input_tokens: 900,
    },
  },
};
const STOP = { type: 'message_stop' };
const end = (stopReason: string | null) => ({
  type: 'message_delta',
  delta: { stop_reason: stopReason, stop_sequence: null },
  usage: { output_tokens: 42 },
});
const block = (index: number, start: object, ...deltas: readonly object[]) => [
  { type: 'content_block_start', index, content_block: start },
  ...deltas.map((delta) => ({ type: 'content_block_delta', index, delta })),
  { type: 'content_block_stop', index },
];
const text = (index: number, ...parts: readonly string[]) =>
  block(index, { type: 'text', text: '' }, ...parts.map((part) => ({ type: 'text_delta', text: part })));
const toolUse = (index: number, ...parts: readonly string[]) =>
  block(
    index,
    { type: 'tool_use', id: `toolu_${index}`, name: 'read_file', input: {} },
    ...parts.map((part) => ({ type: 'input_json_delta', partial_json: part })),
  );

const model = (server: RawServer, idleTimeoutMs = 30_000) =>
  anthropicModel({
    provider: 'anthropic',
    model: 'claude-test',
    baseUrl: server.url,
    apiKey: KEY,
    idleTimeoutMs,
  });
const ask = (server: RawServer, call: ModelCall = OPENING): Promise<ModelReply> =>
  model(server).ask(call, 1000, new AbortController().signal);

describe('what is sent to Anthropic', () => {
  test('marks the end of the system prompt and of the last two user messages for the cache', async () => {
    const server = await rawServer(events(START, ...text(0, 'ok'), end('end_turn'), STOP));
    await ask(server, AFTER_TOOLS);

    expect(server.requests[0]).toMatchObject({
      path: '/v1/messages',
      body: {
        model: 'claude-test',
        max_tokens: 1000,
        stream: true,
        system: [{ type: 'text', text: 'You fix bugs.', cache_control: { type: 'ephemeral' } }],
        messages: [
          {
            role: 'user',
            content: [{ type: 'text', text: 'Fix the sum.', cache_control: { type: 'ephemeral' } }],
          },
          {
            role: 'assistant',
            content: [
              { type: 'text', text: 'I look.' },
              { type: 'tool_use', id: 'call-1', name: 'read_file', input: { path: 'sum.js' } },
              { type: 'tool_use', id: 'call-2', name: 'search', input: { pattern: 'sum' } },
            ],
          },
          {
            role: 'user',
            content: [
              { type: 'tool_result', tool_use_id: 'call-1', content: 'a - b', is_error: false },
              { type: 'tool_result', tool_use_id: 'call-2', content: 'no such folder', is_error: true },
              { type: 'text', text: 'Hurry.', cache_control: { type: 'ephemeral' } },
            ],
          },
        ],
      },
    });
    expect(JSON.stringify(server.requests[0]?.body).match(/cache_control/g)).toHaveLength(3);
  });

  test('never has more than four cache marks, however long the conversation', async () => {
    const server = await rawServer(events(START, ...text(0, 'ok'), end('end_turn'), STOP));
    const turns = Array.from({ length: 12 }, () => AFTER_TOOLS.messages.slice(1)).flat();
    await ask(server, { ...OPENING, messages: [...OPENING.messages, ...turns] });

    expect(JSON.stringify(server.requests[0]?.body).match(/cache_control/g)).toHaveLength(3);
  });

  test('marks the last tool when there is no system prompt', async () => {
    const server = await rawServer(events(START, ...text(0, 'ok'), end('end_turn'), STOP));
    await ask(server, { ...OPENING, system: '' });

    const body = server.requests[0]?.body;
    expect(body).not.toHaveProperty('system');
    expect(body).not.toHaveProperty('tools.0.cache_control');
    expect(body).toHaveProperty('tools.1.cache_control', { type: 'ephemeral' });
  });

  test('leaves out empty texts and what only another provider understands', async () => {
    const server = await rawServer(events(START, ...text(0, 'ok'), end('end_turn'), STOP));
    await ask(server, {
      ...OPENING,
      messages: [
        ...OPENING.messages,
        {
          role: 'assistant',
          content: [
            { type: 'text', text: '' },
            { type: 'opaque', provider: 'kimi', data: { reasoning_content: 'hm' } },
          ],
        },
        { role: 'user', content: [{ type: 'text', text: 'Go on.' }] },
      ],
    });

    expect(server.requests[0]?.body).toMatchObject({
      messages: [{}, { role: 'assistant', content: [{ type: 'text', text: '(nothing)' }] }, {}],
    });
  });
});

describe('what comes back from Anthropic', () => {
  test('is a whole message with its tool calls, stop reason and all four kinds of tokens', async () => {
    const server = await rawServer(
      events(START, ...text(0, 'I ', 'look.'), ...toolUse(1, '{"path":', '"sum.js"}'), end('tool_use'), STOP),
    );

    expect(await ask(server)).toEqual({
      message: {
        role: 'assistant',
        content: [
          { type: 'text', text: 'I look.' },
          { type: 'tool_use', id: 'toolu_1', name: 'read_file', input: { path: 'sum.js' } },
        ],
      },
      stopReason: 'tool_use',
      usage: { inputTokens: 11, outputTokens: 42, cacheReadTokens: 900, cacheWriteTokens: 70 },
      provider: 'anthropic',
      model: 'claude-test',
    });
  });

  test('thinking and blocks of unknown kinds go back exactly as they came', async () => {
    const redacted = { type: 'redacted_thinking', data: 'c2VjcmV0' };
    const unknown = { type: 'block_of_the_future', payload: { a: [1] } };
    const server = await rawServer(
      events(
        START,
        ...block(
          0,
          { type: 'thinking', thinking: '', signature: '' },
          { type: 'thinking_delta', thinking: 'Hm. ' },
          { type: 'thinking_delta', thinking: 'Yes.' },
          { type: 'signature_delta', signature: 'c2ln' },
        ),
        ...block(1, redacted),
        ...block(2, unknown),
        ...text(3, 'Done.'),
        end('end_turn'),
        STOP,
      ),
    );
    const first = await ask(server);
    await ask(server, {
      ...OPENING,
      messages: [
        ...OPENING.messages,
        first.message,
        { role: 'user', content: [{ type: 'text', text: 'And?' }] },
      ],
    });

    expect(server.requests[1]?.body).toMatchObject({
      messages: [
        {},
        {
          role: 'assistant',
          content: [
            { type: 'thinking', thinking: 'Hm. Yes.', signature: 'c2ln' },
            redacted,
            unknown,
            { type: 'text', text: 'Done.' },
          ],
        },
        {},
      ],
    });
  });

  test('tool input cut by the output limit is handed on as malformed, not completed', async () => {
    const server = await rawServer(events(START, ...toolUse(0, '{"path":"sum'), end('max_tokens'), STOP));

    expect(await ask(server)).toMatchObject({
      stopReason: 'max_tokens',
      message: { content: [{ type: 'tool_use', input: { [MALFORMED_INPUT]: '{"path":"sum' } }] },
    });
  });

  test('a tool call without input has the empty one', async () => {
    const server = await rawServer(events(START, ...toolUse(0), end('tool_use'), STOP));

    expect((await ask(server)).message.content).toMatchObject([{ type: 'tool_use', input: {} }]);
  });

  test.each([
    ['end_turn', 'end'],
    ['stop_sequence', 'end'],
    ['refusal', 'refusal'],
    ['model_context_window_exceeded', 'max_tokens'],
  ])('%s is told as %s', async (theirs, ours) => {
    const server = await rawServer(events(START, ...text(0, 'x'), end(theirs), STOP));

    expect((await ask(server)).stopReason).toBe(ours);
  });
});

describe('when Anthropic fails', () => {
  test.each([
    ['the stream ends without message_stop', events(START, ...text(0, 'half'))],
    ['the stop reason came and message_stop did not', events(START, ...text(0, 'half'), end('end_turn'))],
    ['the connection is cut', eventsThenCut(START, ...text(0, 'half'))],
    ['the stop reason is missing', events(START, ...text(0, 'half'), end(null), STOP)],
    [
      'an event is no JSON',
      events(START, 'event: content_block_delta\ndata: {"type":"content_bl\n\n', end('end_turn'), STOP),
    ],
  ])('%s: a cut stream, never an answer', async (_case, answer) => {
    const server = await rawServer(answer);

    await expect(ask(server)).rejects.toMatchObject({ code: 'model-stream-cut', retryable: true });
  });

  test.each([
    ['overloaded_error', 'model-overloaded', true],
    ['rate_limit_error', 'model-rate-limited', true],
    ['api_error', 'model-unavailable', true],
    ['authentication_error', 'model-unauthorized', false],
    ['error_of_the_future', 'model-unavailable', true],
  ])('%s in the middle of the stream is %s', async (type, code, retryable) => {
    const server = await rawServer(
      events(START, ...text(0, 'half'), { type: 'error', error: { type, message: 'Sorry' } }),
    );

    await expect(ask(server)).rejects.toMatchObject({ code, retryable });
  });

  test.each([
    [400, 'model-bad-request', false],
    [401, 'model-unauthorized', false],
    [402, 'model-payment-required', false],
    [403, 'model-unauthorized', false],
    [404, 'model-not-found', false],
    [408, 'model-timeout', true],
    [409, 'model-unavailable', true],
    [413, 'context-too-long', false],
    [429, 'model-rate-limited', true],
    [500, 'model-unavailable', true],
    [503, 'model-overloaded', true],
    [529, 'model-overloaded', true],
  ])('HTTP %i is %s and the key stays out of it', async (status, code, retryable) => {
    const body = { type: 'error', error: { type: 'some_error', message: `No.\nBearer ${KEY} was sent` } };
    const server = await rawServer(json(status, body));
    const failure = await ask(server).catch((error: unknown) => error);

    expect(failure).toMatchObject({ code, retryable });
    expect(String(failure)).toContain(`(HTTP ${status})`);
    expect(JSON.stringify(failure) + String(failure)).not.toContain(KEY);
    expect(server.requests).toHaveLength(1);
  });

  test('a prompt that is too long has a code of its own', async () => {
    const message = 'prompt is too long: 250000 tokens > 200000 maximum';
    const server = await rawServer(
      json(400, { type: 'error', error: { type: 'invalid_request_error', message } }),
    );

    await expect(ask(server)).rejects.toMatchObject({ code: 'context-too-long', retryable: false });
  });

  test('the wait it asks for is handed on', async () => {
    const server = await rawServer(
      json(
        429,
        { type: 'error', error: { type: 'rate_limit_error', message: 'Slow.' } },
        { 'retry-after': '7' },
      ),
    );

    await expect(ask(server)).rejects.toMatchObject({ retryAfterMs: 7000 });
  });

  test('nobody listening is told as unreachable', async () => {
    await expect(ask(await deadServer())).rejects.toMatchObject({
      code: 'model-unreachable',
      retryable: true,
    });
  });

  test.each([
    ['before the headers', () => undefined],
    ['in the middle of the stream', eventsThenSilence(START, ...text(0, 'half'))],
  ])('silence %s ends as a timeout', async (_case, answer) => {
    const server = await rawServer(answer);
    const asked = model(server, 60).ask(OPENING, 1000, new AbortController().signal);

    await expect(asked).rejects.toMatchObject({ code: 'model-timeout', retryable: true });
  });

  test('pings keep a quiet stream alive beyond the idle timeout', async () => {
    const server = await rawServer(async (response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      for (let ping = 0; ping < 12; ping += 1) {
        response.write('event: ping\ndata: {"type":"ping"}\n\n');
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      const answer = [START, ...text(0, 'late'), end('end_turn'), STOP];
      response.end(answer.map((e) => `event: ${e.type}\ndata: ${JSON.stringify(e)}\n\n`).join(''));
    });
    const reply = await model(server, 400).ask(OPENING, 1000, new AbortController().signal);

    expect(reply.message.content).toEqual([{ type: 'text', text: 'late' }]);
  });
});
