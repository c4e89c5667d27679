import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { type ProviderName } from '../../src/model/providers.ts';
import { createModels } from '../../src/model/router.ts';
import { type Message, type ModelReply, type UserMessage } from '../../src/protocol/conversation.ts';
import { OPENING } from './conversations.ts';
import { anthropicStream, chatStream, type Said } from './provider-streams.ts';
import { rawServer, type RawRequest } from './raw-server.ts';

const never = new AbortController().signal;
const TERMS = { maxOutputTokens: 1000, othersLeft: false };

/** What Anthropic refuses a request for: its rules on ids, names, results and empty texts. */
const AnthropicRequest = z
  .object({
    messages: z.array(
      z.object({
        role: z.enum(['user', 'assistant']),
        content: z
          .array(
            z.discriminatedUnion('type', [
              z.object({ type: z.literal('text'), text: z.string().regex(/\S/) }),
              z.object({ type: z.literal('thinking'), thinking: z.string(), signature: z.string() }),
              z.object({
                type: z.literal('tool_use'),
                id: z.string().regex(/^[a-zA-Z0-9_-]+$/),
                name: z.string().regex(/^[a-zA-Z0-9_-]{1,64}$/),
                input: z.record(z.string(), z.unknown()),
              }),
              z.object({ type: z.literal('tool_result'), tool_use_id: z.string() }),
            ]),
          )
          .min(1),
      }),
    ),
  })
  .superRefine(({ messages }, context) => {
    const ids = messages.flatMap(({ content }) =>
      content.flatMap((b) => (b.type === 'tool_use' ? [b.id] : [])),
    );
    if (new Set(ids).size < ids.length) context.addIssue(`ids are not unique: ${ids.join()}`);
    messages.forEach(({ content }, index) => {
      const called = content.flatMap((block) => (block.type === 'tool_use' ? [block.id] : []));
      const next = messages[index + 1]?.content.slice(0, called.length) ?? [];
      const answered = next.flatMap((block) => (block.type === 'tool_result' ? [block.tool_use_id] : []));
      if (called.join() !== answered.join()) context.addIssue(`${called.join()} ≠ ${answered.join()}`);
    });
  });

/** What OpenAI refuses a request for. */
const ChatRequest = z
  .object({
    messages: z.array(
      z.discriminatedUnion('role', [
        z.object({ role: z.literal('system'), content: z.string() }),
        z.object({ role: z.literal('user'), content: z.string().min(1) }),
        z.object({ role: z.literal('tool'), tool_call_id: z.string(), content: z.string() }),
        z.object({
          role: z.literal('assistant'),
          content: z.string().min(1).nullable(),
          reasoning_content: z.string().optional(),
          tool_calls: z
            .array(
              z.object({
                id: z.string().min(1).max(40),
                function: z.object({
                  name: z.string().regex(/^[a-zA-Z0-9_-]{1,64}$/),
                  arguments: z.string(),
                }),
              }),
            )
            .min(1)
            .optional(),
        }),
      ]),
    ),
  })
  .superRefine(({ messages }, context) => {
    messages.forEach((message, index) => {
      if (message.role !== 'assistant') return;
      const called = (message.tool_calls ?? []).map(({ id }) => id);
      const next = messages.slice(index + 1, index + 1 + called.length);
      const answered = next.flatMap((one) => (one.role === 'tool' ? [one.tool_call_id] : []));
      if (called.join() !== answered.join()) context.addIssue(`${called.join()} ≠ ${answered.join()}`);
    });
  });

const resultsOf = ({ message }: ModelReply): UserMessage => ({
  role: 'user',
  content: [
    { type: 'text', text: 'Words of a person, before the results.' },
    ...message.content.flatMap((block) =>
      block.type === 'tool_use'
        ? [{ type: 'tool_result' as const, toolUseId: block.id, text: `of ${block.id}`, isError: false }]
        : [],
    ),
  ],
});

/** A conversation in which each turn is answered by the provider named; resolves to the requests of each turn. */
async function talk(
  turns: readonly { readonly by: ProviderName; readonly said: Said }[],
): Promise<readonly RawRequest[]> {
  const requests: RawRequest[] = [];
  const messages: Message[] = [...OPENING.messages];
  for (const { by, said } of turns) {
    const server = await rawServer(by === 'anthropic' ? anthropicStream(said) : chatStream(said));
    const choice = { provider: by, model: 'm' };
    const models = createModels({
      providers: { [by]: { apiKey: 'k', baseUrl: server.url } },
      models: [choice],
      prices: {},
    });
    const reply = await models.ask(choice, { ...OPENING, messages }, TERMS, never);
    messages.push(reply.message, resultsOf(reply));
    requests.push(...server.requests);
  }
  return requests;
}

const call = (id: string, name = 'search') => ({ id, name, input: { pattern: 'sum' } });
const CLAUDE: Said = {
  thinking: 'My secret reasoning.',
  text: 'I look.',
  calls: [call('toolu_01A'), call('toolu_01B')],
};

describe.each(['openai', 'kimi', 'openrouter', 'compatible'] as const)(
  'Claude’s conversation goes on with %s',
  (by) => {
    test('without the signed reasoning, and each result after its call', async () => {
      const [, second] = await talk([
        { by: 'anthropic', said: CLAUDE },
        { by, said: { text: 'ok' } },
      ]);

      expect(ChatRequest.parse(second?.body).messages).toMatchObject([
        { role: 'system' },
        { role: 'user', content: 'Fix the sum.' },
        { role: 'assistant', content: 'I look.', tool_calls: [{ id: 'toolu_01A' }, { id: 'toolu_01B' }] },
        { role: 'tool', tool_call_id: 'toolu_01A', content: 'of toolu_01A' },
        { role: 'tool', tool_call_id: 'toolu_01B', content: 'of toolu_01B' },
        { role: 'user' },
      ]);
      expect(second?.text).not.toMatch(/secret reasoning|c2ln/);
    });

    test('when reasoning was all it said', async () => {
      const [, second] = await talk([
        { by: 'anthropic', said: { thinking: 'Only this.' } },
        { by, said: { text: 'ok' } },
      ]);

      expect(ChatRequest.parse(second?.body).messages[2]).toEqual({
        role: 'assistant',
        content: '(nothing)',
      });
    });

    test('and back, which gets its reasoning as it was and nobody else’s', async () => {
      const requests = await talk([
        { by: 'anthropic', said: CLAUDE },
        {
          by,
          said: {
            thinking: 'Their reasoning.',
            calls: [call('functions.search:0'), call('functions.search:0')],
          },
        },
        { by: 'anthropic', said: { calls: [call('toolu_01C')] } },
        { by, said: { calls: [call('functions.search:0')] } },
        { by: 'anthropic', said: { text: 'done' } },
      ]);

      for (const turn of [0, 2, 4]) {
        expect(AnthropicRequest.safeParse(requests[turn]?.body).error).toBeUndefined();
      }
      for (const turn of [1, 3]) {
        expect(ChatRequest.safeParse(requests[turn]?.body).error).toBeUndefined();
      }
      expect(requests[4]?.text).toContain(
        '{"type":"thinking","thinking":"My secret reasoning.","signature":"c2ln"}',
      );
      expect(requests[4]?.text).not.toContain('Their reasoning.');
    });

    test('and back: what Claude has cached is still the beginning of what it is sent', async () => {
      const requests = await talk([
        { by: 'anthropic', said: CLAUDE },
        { by, said: { calls: [call('functions.search:0', 'functions.search')] } },
        { by: 'anthropic', said: { text: 'Hm.' } },
        { by: 'anthropic', said: { text: 'done' } },
      ]);
      const sent = [0, 2, 3].map(
        (turn) =>
          requests[turn]?.text
            .replaceAll(',"cache_control":{"type":"ephemeral"}', '')
            .replace('],"stream":true}', '') ?? '-',
      );

      expect(sent[1]?.startsWith(sent[0] ?? '-')).toBe(true);
      expect(sent[2]?.startsWith(sent[1] ?? '-')).toBe(true);
    });
  },
);

test.each([
  ['with dots and colons', 'functions.search:0'],
  ['too long', 'x'.repeat(80)],
  ['empty', ''],
  ['in another script', 'вызов'],
])('an id %s becomes one that both APIs take', async (_what, id) => {
  const calls = [call(id, 'functions.search'), call('plain')];
  const requests = await talk([
    { by: 'compatible', said: { calls } },
    { by: 'anthropic', said: { text: 'Hm.' } },
    { by: 'openai', said: { text: 'ok' } },
  ]);

  expect(AnthropicRequest.safeParse(requests[1]?.body).error).toBeUndefined();
  expect(ChatRequest.safeParse(requests[2]?.body).error).toBeUndefined();
});

test('an id that a server gives at every turn becomes unique, each result still after its call', async () => {
  const requests = await talk([
    { by: 'compatible', said: { calls: [call('call_0'), call('call_1')] } },
    { by: 'compatible', said: { calls: [call('call_0')] } },
    { by: 'anthropic', said: { text: 'Hm.' } },
  ]);

  expect(AnthropicRequest.safeParse(requests[2]?.body).error).toBeUndefined();
});

test('Kimi gets its own ids back as they were', async () => {
  const [, second] = await talk([
    { by: 'kimi', said: { calls: [call('functions.search:0')] } },
    { by: 'kimi', said: { text: 'ok' } },
  ]);

  expect(ChatRequest.parse(second?.body).messages[2]).toMatchObject({
    tool_calls: [{ id: 'functions.search:0' }],
  });
});
