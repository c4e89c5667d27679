import { describe, expect, test } from 'vitest';
import { createPrices, PriceTable } from '../../src/model/price.ts';
import { mostInputTokens } from '../../src/model/token-estimate.ts';
import { type ModelChoice, type ModelReply, type Usage } from '../../src/protocol/conversation.ts';
import { AFTER_TOOLS, OPENING } from './conversations.ts';

const CLAUDE: ModelChoice = { provider: 'anthropic', model: 'claude-sonnet-4-5' };
const MILLION = 1_000_000;

const reply = (choice: ModelChoice, usage: Partial<Usage>): ModelReply => ({
  ...choice,
  message: { role: 'assistant', content: [] },
  stopReason: 'end',
  usage: { inputTokens: 0, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0, ...usage },
});

describe('the price of a call', () => {
  const prices = createPrices({});

  test('counts cached tokens at their own price and only once', () => {
    const usage = {
      inputTokens: 10_000,
      cacheReadTokens: 100_000,
      cacheWriteTokens: 10_000,
      outputTokens: 1000,
    };

    expect(prices.costUsd(reply(CLAUDE, usage))).toBeCloseTo(0.03 + 0.03 + 0.0375 + 0.015, 10);
  });

  test.each([
    ['openai', 'gpt-5'],
    ['openrouter', 'anthropic/claude-sonnet-4.5'],
    ['kimi', 'kimi-k2.6'],
  ])('is known for %s:%s', (provider, model) => {
    expect(prices.costUsd(reply({ provider, model }, { inputTokens: 1000 }))).toBeGreaterThan(0);
  });

  test.each([
    ['openai', 'no-such-model'],
    ['compatible', 'gpt-5'],
  ])('of %s:%s is not guessed', (provider, model) => {
    expect(prices.costUsd(reply({ provider, model }, { inputTokens: 1000 }))).toBeNull();
    expect(prices.worstCaseUsd({ provider, model }, OPENING, 1000)).toBeNull();
  });
});

describe('the operator’s own prices', () => {
  const own = PriceTable.parse({
    'compatible:local': {
      inputUsdPerMTok: 1,
      outputUsdPerMTok: 2,
      cacheReadUsdPerMTok: 0.1,
      cacheWriteUsdPerMTok: 3,
    },
    'anthropic:claude-sonnet-4-5': { inputUsdPerMTok: 100, outputUsdPerMTok: 200 },
  });
  const prices = createPrices(own);

  test('give every kind of token its price', () => {
    const usage = {
      inputTokens: MILLION,
      outputTokens: MILLION,
      cacheReadTokens: MILLION,
      cacheWriteTokens: MILLION,
    };

    expect(prices.costUsd(reply({ provider: 'compatible', model: 'local' }, usage))).toBeCloseTo(6.1, 10);
  });

  test('win over the maintained table, and cached tokens without a price are not free', () => {
    expect(prices.costUsd(reply(CLAUDE, { inputTokens: MILLION }))).toBe(100);
    expect(prices.costUsd(reply(CLAUDE, { cacheReadTokens: MILLION }))).toBe(100);
    expect(prices.costUsd(reply(CLAUDE, { cacheWriteTokens: MILLION }))).toBe(125);
  });

  test.each([
    { 'compatible:local': { inputUsdPerMTok: -1, outputUsdPerMTok: 2 } },
    { 'compatible:local': { inputUsdPerMTok: 1, outputUsdPerMTok: 2, cacheUsd: 3 } },
    { local: { inputUsdPerMTok: 1, outputUsdPerMTok: 2 } },
  ])('are refused when they cannot be meant so: %j', (table) => {
    expect(PriceTable.safeParse(table).success).toBe(false);
  });
});

describe('the worst case', () => {
  const prices = createPrices({});

  test('is at least one token a byte at the dearest input price, and all of the output', () => {
    const bytes = Buffer.byteLength(JSON.stringify(AFTER_TOOLS));
    const least = (bytes * 3.75 + 5000 * 15) / MILLION;

    expect(prices.worstCaseUsd(CLAUDE, AFTER_TOOLS, 5000)).toBeGreaterThanOrEqual(least);
  });

  test('counts the bytes of other scripts, not their characters', () => {
    const messages = [
      { role: 'user' as const, content: [{ type: 'text' as const, text: '漢'.repeat(1000) }] },
    ];

    expect(mostInputTokens({ ...OPENING, messages })).toBeGreaterThan(3000);
  });

  test('does not exceed what fits into the model', () => {
    const text = 'x'.repeat(5 * MILLION);
    const huge = {
      ...OPENING,
      messages: [{ role: 'user' as const, content: [{ type: 'text' as const, text }] }],
    };

    expect(prices.worstCaseUsd(CLAUDE, huge, 0)).toBeCloseTo((200_000 * 3.75) / MILLION, 10);
  });
});
