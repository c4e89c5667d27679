import { PtcError } from '../domain/errors.ts';
import { type ModelChoice } from '../protocol/conversation.ts';
import { anthropicModel } from './anthropic.ts';
import { type Model, type ModelEndpoint } from './model.ts';
import { openAiCompatibleModel } from './openai-compatible.ts';
import { type Dialect } from './openai-request.ts';

interface Provider {
  /** Null where there is no default: the operator names the address. */
  readonly baseUrl: string | null;
  readonly create: (endpoint: ModelEndpoint) => Model;
}

const compatible =
  (dialect: Partial<Dialect> = {}) =>
  (endpoint: ModelEndpoint): Model =>
    openAiCompatibleModel(endpoint, {
      outputLimit: 'max_tokens',
      returnsReasoning: false,
      marksCache: () => false,
      namesCache: false,
      ...dialect,
    });

/** The providers an operator can name. `compatible` is any server that speaks Chat Completions. */
const PROVIDERS = {
  anthropic: { baseUrl: 'https://api.anthropic.com', create: anthropicModel },
  openai: {
    baseUrl: 'https://api.openai.com/v1',
    create: compatible({ outputLimit: 'max_completion_tokens', namesCache: true }),
  },
  openrouter: {
    baseUrl: 'https://openrouter.ai/api/v1',
    create: compatible({ marksCache: (model) => model.startsWith('anthropic/') }),
  },
  kimi: { baseUrl: 'https://api.moonshot.ai/v1', create: compatible({ returnsReasoning: true }) },
  compatible: { baseUrl: null, create: compatible() },
} as const satisfies Record<string, Provider>;

export type ProviderName = keyof typeof PROVIDERS;

export interface ProviderSettings {
  readonly apiKey: string;
  /** Address of the API, in place of the provider's own; needed for `compatible`. */
  readonly baseUrl?: string | undefined;
}

/** Where the provider is reached when the operator names no other address. */
export const providerUrl = (name: ProviderName): string | null => PROVIDERS[name].baseUrl;

/** The choice written as `provider:model`. Throws `model-unknown-provider` for a name that is none of ours. */
export function parseModelName(name: string): ModelChoice {
  const colon = name.indexOf(':');
  const provider = name.slice(0, Math.max(colon, 0));
  const model = name.slice(colon + 1);
  if (!isProviderName(provider) || model === '') {
    throw new PtcError({
      code: 'model-unknown-provider',
      message: `“${name}” does not name a model.`,
      remedy: `Write it as provider:model, with one of the providers ${Object.keys(PROVIDERS).join(', ')}.`,
      retryable: false,
    });
  }
  return { provider, model };
}

/** The model, ready to be asked. Throws `model-not-configured` when its provider lacks a key or an address. */
export function createModel(
  choice: ModelChoice,
  settings: Readonly<Partial<Record<ProviderName, ProviderSettings>>>,
  idleTimeoutMs: number,
): Model {
  const own = isProviderName(choice.provider) ? settings[choice.provider] : undefined;
  const provider: Provider | null = isProviderName(choice.provider) ? PROVIDERS[choice.provider] : null;
  const baseUrl = own?.baseUrl ?? provider?.baseUrl ?? null;
  if (provider === null || own === undefined || own.apiKey === '' || baseUrl === null) {
    throw new PtcError({
      code: 'model-not-configured',
      message: `The model ${choice.provider}:${choice.model} is offered, but its provider has no ${own?.apiKey ? 'address' : 'key'}.`,
      remedy: 'The operator has to configure the provider or leave the model out.',
      retryable: false,
    });
  }
  return provider.create({ ...choice, baseUrl, apiKey: own.apiKey, idleTimeoutMs });
}

const isProviderName = (name: string): name is ProviderName => Object.hasOwn(PROVIDERS, name);
