import { expect, test } from 'vitest';
import { uncachedResentShare } from '../helpers/cache-meter.ts';
import { CALLS, longConversation } from './long-conversation.ts';
import { type RawRequest } from './raw-server.ts';

/** The prompt as sent, up to the end of the messages; the marks of the cache are no part of it. */
function promptOf({ text }: RawRequest): string {
  const unmarked = text.replaceAll(',"cache_control":{"type":"ephemeral"}', '');
  const body: unknown = JSON.parse(unmarked);
  expect(JSON.stringify(body)).not.toContain('cache_control');
  const end = unmarked.endsWith('],"stream":true}') ? '],"stream":true}' : ']}';
  expect(unmarked.endsWith(end)).toBe(true);
  return unmarked.slice(0, -end.length);
}

test.each([
  ['anthropic', 'claude-x'],
  ['openai', 'gpt-x'],
  ['kimi', 'kimi-x'],
  ['compatible', 'any'],
  ['openrouter', 'moonshotai/kimi-x'],
  ['openrouter', 'anthropic/claude-x'],
] as const)(
  'of a conversation of 30 calls with %s:%s nothing is sent twice that its cache does not cover',
  async (provider, model) => {
    const requests = await longConversation(provider, model);
    const prompts = requests.map(promptOf);

    expect(prompts).toHaveLength(CALLS);
    prompts.slice(1).forEach((prompt, index) => {
      expect(prompt.startsWith(prompts[index] ?? '-')).toBe(true);
    });
    expect(uncachedResentShare(requests.map(({ body }) => body))).toBe(0);
  },
);

test('all requests of a conversation with OpenAI name the same cache', async () => {
  const requests = await longConversation('openai', 'gpt-x');
  const keys = new Set(requests.map(({ body }) => Object(body).prompt_cache_key as unknown));
  expect([...keys]).toEqual([expect.any(String)]);
});
