import * as z from 'zod';
import { type RunConfig } from '../../config.ts';
import { toProblem } from '../../domain/errors.ts';
import {
  parseModelName,
  type ProviderName,
  type ProviderSettings,
  providerUrl,
} from '../../model/providers.ts';
import { modelNames, modelsOf, providersOf } from '../../run-settings.ts';
import { plainLine } from '../terminal.ts';
import { fail, type Finding, ok, warn } from './finding.ts';

const TIMEOUT_MS = 15_000;
const PROVIDER_NAMES = ['anthropic', 'openai', 'openrouter', 'kimi', 'compatible'] as const;
const Listing = z.object({ data: z.array(z.object({ id: z.string() })) });

/** Keys, models and prices: each provider with a key is asked for its models, which costs nothing. */
export async function modelFindings(config: RunConfig, isOffline: boolean): Promise<readonly Finding[]> {
  const given = providersOf(config);
  const providers = PROVIDER_NAMES.flatMap((name) => {
    const settings = given[name];
    return settings === undefined ? [] : [[name, settings] as const];
  });
  if (providers.length === 0)
    return [fail('models', 'no provider has a key', 'Set ANTHROPIC_API_KEY or another provider’s key.')];
  const names = modelNames(config);
  const asked = isOffline
    ? [ok('models', 'keys were not tried (--offline)')]
    : await Promise.all(providers.map(([provider, settings]) => providerFinding(provider, settings, names)));
  return [...asked, offerFinding(config, names)];
}

/** The models on offer as the server and `ptc run` will see them. */
function offerFinding(config: RunConfig, names: readonly string[]): Finding {
  try {
    const models = modelsOf(config);
    const call = { system: '', tools: [], messages: [] };
    const priceless = names.filter((name) => models.worstCaseUsd(parseModelName(name), call, 1) === null);
    if (priceless.length > 0) {
      return fail(
        'models on offer',
        `the price of ${priceless.join(', ')} is not known, so no budget can be kept`,
        'Name it in PTC_MODEL_PRICES.',
      );
    }
    return ok('models on offer', names.join(', '));
  } catch (error) {
    const { message, remedy } = toProblem(error);
    return fail('models on offer', message, remedy);
  }
}

async function providerFinding(
  provider: ProviderName,
  settings: ProviderSettings,
  names: readonly string[],
): Promise<Finding> {
  const name = `key of ${provider}`;
  const baseUrl = settings.baseUrl ?? providerUrl(provider);
  if (baseUrl === null)
    return fail(name, 'its address is not set', `Set ${provider.toUpperCase()}_BASE_URL.`);
  const { url, headers } = question(provider, baseUrl, settings.apiKey);
  let response: Response;
  try {
    response = await fetch(url, { headers, redirect: 'error', signal: AbortSignal.timeout(TIMEOUT_MS) });
  } catch {
    return fail(
      name,
      `${new URL(url).origin} cannot be reached`,
      'Check the network, a proxy and the BASE_URL.',
    );
  }
  if (response.status === 401 || response.status === 403)
    return fail(
      name,
      `refused (${response.status})`,
      `Set ${provider.toUpperCase()}_API_KEY to a valid key.`,
    );
  if (!response.ok)
    return warn(
      name,
      `could not be tried: ${new URL(url).origin} answered ${response.status}`,
      'Try it with a run.',
    );
  return listed(provider, name, names, Listing.safeParse(await response.json().catch(() => null)).data);
}

/** OpenRouter shows its models to everybody, but a key only to its holder. */
function question(
  provider: ProviderName,
  baseUrl: string,
  apiKey: string,
): { readonly url: string; readonly headers: Readonly<Record<string, string>> } {
  const root = baseUrl.replace(/\/+$/, '');
  if (provider === 'anthropic')
    return {
      url: `${root}/v1/models?limit=1000`,
      headers: { 'x-api-key': apiKey, 'anthropic-version': '2023-06-01' },
    };
  return {
    url: provider === 'openrouter' ? `${root}/key` : `${root}/models`,
    headers: { authorization: `Bearer ${apiKey}` },
  };
}

function listed(
  provider: ProviderName,
  name: string,
  names: readonly string[],
  listing: z.infer<typeof Listing> | undefined,
): Finding {
  const ids = new Set(listing?.data.map(({ id }) => id));
  const wanted = names.map(parseModelName).filter((choice) => choice.provider === provider);
  const unlisted =
    ids.size === 0 ? [] : wanted.filter(({ model }) => !ids.has(model)).map(({ model }) => plainLine(model));
  return unlisted.length === 0
    ? ok(name, 'accepted')
    : warn(
        name,
        `accepted, but ${unlisted.join(', ')} is not among its models`,
        'Check the name in PTC_MODELS.',
      );
}
