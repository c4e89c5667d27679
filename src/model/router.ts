import { PtcError } from '../domain/errors.ts';
import { type ModelCall, type ModelChoice, type ModelReply } from '../protocol/conversation.ts';
import { type Model } from './model.ts';
import { createPrices, type Prices, type PriceTable } from './price.ts';
import { createModel, type ProviderName, type ProviderSettings } from './providers.ts';
import { withRetry, type RetryLimits } from './retry.ts';

export interface ModelLimits extends RetryLimits {
  /** A request or an answer without a byte for so long is given up and tried again. */
  readonly idleTimeoutMs: number;
}

export const DEFAULT_MODEL_LIMITS: ModelLimits = {
  tries: 5,
  baseDelayMs: 1_000,
  maxDelayMs: 60_000,
  totalTimeoutMs: 20 * 60_000,
  idleTimeoutMs: 3 * 60_000,
};

export interface ModelsSettings {
  readonly providers: Readonly<Partial<Record<ProviderName, ProviderSettings>>>;
  /** What the operator offers, in order of preference; at least one. */
  readonly models: readonly ModelChoice[];
  readonly prices: PriceTable;
  readonly limits?: ModelLimits;
}

/** All models the operator offers, behind one door. */
export interface OfferedModels extends Prices {
  /**
   * The offered models the repository prefers, in its order; all offered ones, in the operator's order, when
   * it prefers none of them. Names are `provider:model`. Never empty.
   */
  choose(preferred: readonly string[] | null): readonly ModelChoice[];
  /**
   * Asks until there is an answer, within the limits; `cancelled` once the signal aborts. Rejects with
   * PtcError.
   */
  ask(
    choice: ModelChoice,
    call: ModelCall,
    maxOutputTokens: number,
    signal: AbortSignal,
  ): Promise<ModelReply>;
}

/** Throws PtcError when nothing is offered, or something whose provider is not configured. */
export function createModels(settings: ModelsSettings): OfferedModels {
  const limits = settings.limits ?? DEFAULT_MODEL_LIMITS;
  const offered = new Map<string, { readonly choice: ModelChoice; readonly model: Model }>(
    settings.models.map((choice) => [
      nameOf(choice),
      { choice, model: createModel(choice, settings.providers, limits.idleTimeoutMs) },
    ]),
  );
  if (offered.size === 0) throw notOffered('No model');
  return {
    ...createPrices(settings.prices),
    choose: (preferred) => {
      const liked = [...new Set(preferred ?? [])].flatMap((name) => offered.get(name) ?? []);
      return (liked.length > 0 ? liked : [...offered.values()]).map(({ choice }) => choice);
    },
    ask: async (choice, call, maxOutputTokens, signal) => {
      const model = offered.get(nameOf(choice))?.model;
      if (model === undefined) throw notOffered(`The model ${nameOf(choice)}`);
      return withRetry((within) => model.ask(call, maxOutputTokens, within), limits, signal);
    },
  };
}

const nameOf = (choice: ModelChoice): string => `${choice.provider}:${choice.model}`;

function notOffered(what: string): PtcError {
  return new PtcError({
    code: 'model-not-offered',
    message: `${what} is offered by this server.`,
    remedy: 'The operator has to name the models on offer and their providers’ keys in the configuration.',
    retryable: false,
  });
}
