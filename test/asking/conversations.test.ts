import { describe, expect, test } from 'vitest';
import { type ModelReply } from '../../src/protocol/conversation.ts';
import { type ModelRequestEvent } from '../../src/protocol/runner-event.ts';
import { createConversations, recall } from '../../src/asking/conversations.ts';

const request = (number: number, text: string, conversationId = 'work'): ModelRequestEvent => ({
  seq: number,
  at: '2026-01-01T00:00:00Z',
  type: 'model.request',
  escalation: 0,
  requestId: `${conversationId}/${number}`,
  conversationId,
  system: number === 1 ? 'system' : null,
  tools: number === 1 ? [] : null,
  append: { role: 'user', content: [{ type: 'text', text }] },
});

const reply = (text: string): ModelReply => ({
  message: { role: 'assistant', content: [{ type: 'text', text }] },
  stopReason: 'end',
  usage: { inputTokens: 1, outputTokens: 1, cacheReadTokens: 0, cacheWriteTokens: 0 },
  provider: 'anthropic',
  model: 'm',
});

test('what is sent grows by the answer and what was added', () => {
  const conversations = createConversations();
  expect(conversations.open(request(1, 'a')).messages).toHaveLength(1);
  conversations.close(request(1, 'a'), reply('b'));
  const { messages, system } = conversations.open(request(2, 'c'));
  expect(system).toBe('system');
  expect(messages.map(({ content }) => content)).toEqual([
    [{ type: 'text', text: 'a' }],
    [{ type: 'text', text: 'b' }],
    [{ type: 'text', text: 'c' }],
  ]);
});

test('requests are numbered within their conversation, answered or not', () => {
  const conversations = createConversations();
  expect(conversations.nextRequestId('work')).toBe('work/1');
  conversations.open(request(1, 'a'));
  conversations.open(request(1, 'a', 'review'));
  expect(conversations.nextRequestId('work')).toBe('work/2');
  conversations.open(request(2, 'b'));
  expect(conversations.nextRequestId('work')).toBe('work/3');
});

describe('a runner that breaks the protocol', () => {
  test.each([
    ['skips a number', [request(1, 'a'), request(3, 'b')]],
    ['repeats a number', [request(1, 'a'), request(1, 'a')]],
    ['begins in the middle', [request(2, 'a')]],
  ])('%s and is refused', (_what, requests) => {
    const conversations = createConversations();
    const last = requests.at(-1);
    for (const earlier of requests.slice(0, -1)) conversations.open(earlier);
    expect(() => last && conversations.open(last)).toThrow(/broke the protocol/);
  });
});

describe('after a restart', () => {
  const call = (number: number, text: string) => ({
    requestId: `work/${number}`,
    reply: reply(text),
    costUsd: 0.01,
    durationMs: 1,
    passedOver: [],
    escalated: false,
  });

  test('an answered request is told again, one without an answer is asked', () => {
    const events = [request(1, 'a'), request(2, 'c')];
    const [open] = recall(createConversations(), events, [call(1, 'b')]);
    expect(open).toMatchObject({ request: { requestId: 'work/2' }, reply: null });
    expect(open?.call.messages).toHaveLength(3);
    const [closed] = recall(createConversations(), events, [call(1, 'b'), call(2, 'd')]);
    expect(closed?.reply).toEqual(reply('d'));
  });

  test('the conversation is still that of the model that answered last, at its escalation', () => {
    const conversations = createConversations();
    expect(conversations.lastAnswer('work')).toBeNull();
    recall(conversations, [{ ...request(1, 'a'), escalation: 3 }], [call(1, 'b')]);
    expect(conversations.lastAnswer('work')).toEqual({
      model: { provider: 'anthropic', model: 'm' },
      escalation: 3,
    });
  });

  test('a refusal is no answer', () => {
    const refused = { ...call(1, 'no'), reply: { ...reply('no'), stopReason: 'refusal' as const } };
    const [open] = recall(createConversations(), [request(1, 'a')], [refused]);
    expect(open).toMatchObject({ request: { requestId: 'work/1' }, reply: null });
  });

  test('the conversation goes on where it was', () => {
    const conversations = createConversations();
    recall(conversations, [request(1, 'a')], [call(1, 'b')]);
    expect(conversations.open(request(2, 'c')).messages).toHaveLength(3);
  });
});
