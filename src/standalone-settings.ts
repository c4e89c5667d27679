import { type Config } from './config.ts';
import { type ProviderName, providerUrl } from './model/providers.ts';
import { type ModelChoice } from './protocol/conversation.ts';
import { type StandaloneSettings } from './run/ports.ts';
import { providersOf } from './run-settings.ts';
import { STANDALONE_WEBHOOKS_PATH } from './standalone-webhooks.ts';

/** Providers whose variables the template knows. */
const KNOWN: Readonly<Record<string, ProviderName>> = {
  anthropic: 'anthropic',
  openai: 'openai',
  openrouter: 'openrouter',
  kimi: 'kimi',
};

/** How workspaces that stand alone are begun; null where the app follows every run. */
export function standaloneSettingsOf(config: Config): StandaloneSettings | null {
  const { PTC_WORKSPACE_MODE: mode, PTC_PUBLIC_WEBHOOKS_URL: url } = config;
  if (mode === 'followed' || url === undefined) return null;
  return {
    webhooksUrl: `${url}${STANDALONE_WEBHOOKS_PATH}`,
    forgeUrl: config.GITHUB_API_URL,
    variablesFor: (model) => variablesFor(config, model),
  };
}

/** The key of the one provider that is asked, and of no other. */
function variablesFor(
  config: Config,
  { provider, model }: ModelChoice,
): Readonly<Record<string, string>> | null {
  const name = KNOWN[provider];
  const settings = name === undefined ? undefined : providersOf(config)[name];
  if (settings === undefined) return null;
  const prefix = provider.toUpperCase();
  const prices = config.PTC_MODEL_PRICES;
  return {
    MODEL_PROVIDER: provider,
    MODEL: model,
    [`${prefix}_API_KEY`]: settings.apiKey,
    ...(settings.baseUrl === undefined ? {} : { [`${prefix}_BASE_URL`]: settings.baseUrl }),
    ...(Object.keys(prices).length === 0 ? {} : { PTC_MODEL_PRICES: JSON.stringify(prices) }),
  };
}

/** Hosts that such a workspace has to reach, besides the git host. */
export function standaloneHostsOf(config: Config): readonly string[] {
  const settings = standaloneSettingsOf(config);
  if (settings === null) return [];
  const providers = providersOf(config);
  const urls = Object.values(KNOWN).flatMap((name) => {
    const own = providers[name];
    return own === undefined ? [] : [own.baseUrl ?? providerUrl(name)];
  });
  return [settings.webhooksUrl, settings.forgeUrl, ...urls].flatMap((url) =>
    url === null ? [] : [new URL(url).hostname],
  );
}
