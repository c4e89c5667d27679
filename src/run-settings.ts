import path from 'node:path';
import { type RunConfig } from './config.ts';
import { DEFAULT_MODELS } from './model/default-models.ts';
import { parseModelName, type ProviderName, type ProviderSettings } from './model/providers.ts';
import { createModels, type OfferedModels } from './model/router.ts';
import { type RunPolicy } from './run/ports.ts';

/** The bundled runner, as `npm run build` makes it. */
export const RUNNER_FILE = path.join(import.meta.dirname, '..', 'dist', 'runner.mjs');

/** What one run may use, as its operator says. */
export function runLimits(config: RunConfig): Omit<RunPolicy, 'publicUrl'> {
  return {
    budgetUsd: config.PTC_BUDGET_USD,
    maxModelRequests: config.PTC_MAX_MODEL_REQUESTS,
    maxOutputTokens: config.PTC_MAX_OUTPUT_TOKENS,
    escalateAfter: config.PTC_ESCALATE_AFTER,
    job: {
      mode: config.PTC_PLANNING ? 'run' : 'atomic',
      limits: {
        attempts: config.PTC_ATTEMPTS,
        turns: config.PTC_MAX_MODEL_REQUESTS,
        parallel: config.PTC_PARALLEL_SUBTASKS,
        commandTimeoutMs: config.PTC_COMMAND_TIMEOUT_S * 1000,
        checkTimeoutMs: config.PTC_CHECK_TIMEOUT_S * 1000,
        jobTimeoutMs: config.PTC_JOB_TIMEOUT_S * 1000,
        outputLimitBytes: 32 * 1024 * 1024,
        memoryMb: config.PTC_MEMORY_MB,
        processes: 512,
        fileSizeMb: 1024,
      },
      isolation: {
        allowNone: config.PTC_UNSAFE_NO_ISOLATION,
        uid: config.PTC_COMMAND_UID ?? null,
        registries: config.PTC_REGISTRIES,
      },
    },
  };
}

/** Every provider with a key. */
export function providersOf(config: RunConfig): Partial<Record<ProviderName, ProviderSettings>> {
  const given: Record<ProviderName, { apiKey: string | undefined; baseUrl: string | undefined }> = {
    anthropic: { apiKey: config.ANTHROPIC_API_KEY, baseUrl: config.ANTHROPIC_BASE_URL },
    openai: { apiKey: config.OPENAI_API_KEY, baseUrl: config.OPENAI_BASE_URL },
    openrouter: { apiKey: config.OPENROUTER_API_KEY, baseUrl: config.OPENROUTER_BASE_URL },
    kimi: { apiKey: config.KIMI_API_KEY, baseUrl: config.KIMI_BASE_URL },
    compatible: { apiKey: config.COMPATIBLE_API_KEY, baseUrl: config.COMPATIBLE_BASE_URL },
  };
  return Object.fromEntries(Object.entries(given).filter(([, { apiKey }]) => apiKey !== undefined));
}

/** The models on offer, as `provider:model` in order. */
export function modelNames(config: RunConfig): readonly string[] {
  if (config.PTC_MODELS !== undefined && config.PTC_MODELS.length > 0) return config.PTC_MODELS;
  const providers = providersOf(config);
  return Object.entries(DEFAULT_MODELS)
    .filter(([provider]) => Object.hasOwn(providers, provider))
    .map(([, model]) => model);
}

/** All models on offer, behind one door. Throws PtcError when there is none, or one whose provider has no key. */
export const modelsOf = (config: RunConfig): OfferedModels =>
  createModels({
    providers: providersOf(config),
    models: modelNames(config).map(parseModelName),
    prices: config.PTC_MODEL_PRICES,
  });
