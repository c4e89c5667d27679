import { calcPrice } from '@pydantic/genai-prices';
import * as z from 'zod';
import { type ModelCall, type ModelChoice, type ModelReply, type Usage } from '../protocol/conversation.ts';
import { mostInputTokens } from './token-estimate.ts';

const usdPerMTok = z.number().nonnegative();

/** Prices of one model in US dollars per million tokens. */
const ModelPrice = z
  .strictObject({
    inputUsdPerMTok: usdPerMTok,
    outputUsdPerMTok: usdPerMTok,
    /** Without one, cached tokens cost as much as others. */
    cacheReadUsdPerMTok: usdPerMTok.optional(),
    /** Without one, a quarter more than input, the highest factor known. */
    cacheWriteUsdPerMTok: usdPerMTok.optional(),
  })
  .readonly();
export type ModelPrice = z.infer<typeof ModelPrice>;

/** The operator's own prices by `provider:model`: for models the maintained table lacks or has wrong. */
export const PriceTable = z.record(z.string().regex(/^[a-z]+:.+$/), ModelPrice).readonly();
export type PriceTable = z.infer<typeof PriceTable>;

export interface Prices {
  /** What the call has cost in US dollars; null when the model's price is not known. */
  costUsd(reply: ModelReply): number | null;
  /** The most the call can cost with `maxOutputTokens` of output; null when the model's price is not known. */
  worstCaseUsd(choice: ModelChoice, call: ModelCall, maxOutputTokens: number): number | null;
}

/** Names of our providers in the maintained table. */
const TABLE_NAMES: Readonly<Record<string, string>> = {
  anthropic: 'anthropic',
  openai: 'openai',
  openrouter: 'openrouter',
  kimi: 'moonshotai',
};

/** Prices from the operator's table first, from the maintained one otherwise. */
export function createPrices(own: PriceTable): Prices {
  const price = (choice: ModelChoice, usage: Usage): Priced | null => {
    const ownPrice = own[`${choice.provider}:${choice.model}`];
    return ownPrice === undefined
      ? tablePrice(choice, usage)
      : { usd: ownUsd(ownPrice, usage), window: null };
  };
  return {
    costUsd: (reply) => price(reply, reply.usage)?.usd ?? null,
    worstCaseUsd: (choice, call, maxOutputTokens) => {
      const known = price(choice, { ...NO_USAGE, outputTokens: maxOutputTokens });
      if (known === null) return null;
      // What does not fit into the model's window is refused, and costs nothing.
      const tokens = Math.min(mostInputTokens(call), known.window ?? Number.POSITIVE_INFINITY);
      const output = { ...NO_USAGE, outputTokens: maxOutputTokens };
      const plain = price(choice, { ...output, inputTokens: tokens })?.usd ?? 0;
      const cached = price(choice, { ...output, cacheWriteTokens: tokens })?.usd ?? 0;
      return Math.max(plain, cached);
    },
  };
}

const NO_USAGE: Usage = { inputTokens: 0, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0 };

interface Priced {
  readonly usd: number;
  /** Tokens the model can read at most, where known. */
  readonly window: number | null;
}

function ownUsd(price: ModelPrice, usage: Usage): number {
  const read = price.cacheReadUsdPerMTok ?? price.inputUsdPerMTok;
  const write = price.cacheWriteUsdPerMTok ?? price.inputUsdPerMTok * 1.25;
  const perMillion =
    usage.inputTokens * price.inputUsdPerMTok +
    usage.outputTokens * price.outputUsdPerMTok +
    usage.cacheReadTokens * read +
    usage.cacheWriteTokens * write;
  return perMillion / 1_000_000;
}

function tablePrice(choice: ModelChoice, usage: Usage): Priced | null {
  const providerId = TABLE_NAMES[choice.provider];
  if (providerId === undefined) return null;
  const { inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens } = usage;
  const priced = calcPrice(
    {
      // The table counts cached tokens as a part of the input.
      input_tokens: inputTokens + cacheReadTokens + cacheWriteTokens,
      output_tokens: outputTokens,
      cache_read_tokens: cacheReadTokens,
      cache_write_tokens: cacheWriteTokens,
    },
    choice.model,
    { providerId },
  );
  return priced === null ? null : { usd: priced.total_price, window: priced.model.context_window ?? null };
}
