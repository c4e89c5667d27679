import { type ProviderName } from './providers.ts';

/** One model of each provider that works without further settings, for whoever names none. */
export const DEFAULT_MODELS: Readonly<Partial<Record<ProviderName, string>>> = {
  anthropic: 'anthropic:claude-sonnet-4-6',
  openai: 'openai:gpt-5.2',
  openrouter: 'openrouter:moonshotai/kimi-k2',
  kimi: 'kimi:kimi-k2-0905-preview',
};
