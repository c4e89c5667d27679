import { type Problem, PtcError } from '../domain/errors.ts';
import { type ModelCall, type ModelChoice, type ModelReply } from '../protocol/conversation.ts';
import { type Circuit, type CircuitLimits, createCircuit } from './circuit.ts';
import { anotherModelMayHelp, ModelFailure } from './failure.ts';
import { type Model } from './model.ts';
import { createPrices, type Prices, type PriceTable } from './price.ts';
import { createModel, type ProviderName, type ProviderSettings } from './providers.ts';
import { withRetry, type RetryLimits } from './retry.ts';

export interface ModelLimits extends RetryLimits {
  /** A request or an answer without a byte for so long is given up and tried again. */
  readonly idleTimeoutMs: number;
  readonly circuit: CircuitLimits;
  /** With another model at hand a failing one is tried less often, and waited for no longer than this. */
  readonly triesWithOthers: number;
  readonly maxWaitWithOthersMs: number;
}

export const DEFAULT_MODEL_LIMITS: ModelLimits = {
  tries: 5,
  baseDelayMs: 1_000,
  maxDelayMs: 60_000,
  totalTimeoutMs: 20 * 60_000,
  idleTimeoutMs: 3 * 60_000,
  circuit: { opensAfter: 3, restMs: 60_000 },
  triesWithOthers: 3,
  maxWaitWithOthersMs: 10_000,
};

export interface ModelsSettings {
  readonly providers: Readonly<Partial<Record<ProviderName, ProviderSettings>>>;
  /** What the operator offers, in order of preference; at least one. */
  readonly models: readonly ModelChoice[];
  readonly prices: PriceTable;
  readonly limits?: ModelLimits;
  /** A clock in milliseconds, for the circuits. */
  readonly now?: () => number;
}

/** All models the operator offers, behind one door. */
export interface OfferedModels extends Prices {
  /**
   * The offered models the repository prefers, in its order; all offered ones, in the operator's order, when
   * it prefers none of them. Names are `provider:model`, or a provider for all of its models. Never empty.
   */
  choose(preferred: readonly string[] | null): readonly ModelChoice[];
  /**
   * False while the model's circuit is open: it failed several times in a row. Now and then true for one
   * asker, whose question then tries it out.
   */
  letsThrough(choice: ModelChoice): boolean;
  /** True when another model may answer although one failed so. */
  anotherMayHelp(problem: Problem): boolean;
  /**
   * Asks until there is an answer, within the limits, whether or not the circuit is open; `cancelled` once
   * the signal aborts. With `othersLeft` it gives up sooner. Rejects with PtcError.
   */
  ask(
    choice: ModelChoice,
    call: ModelCall,
    terms: { readonly maxOutputTokens: number; readonly othersLeft: boolean },
    signal: AbortSignal,
  ): Promise<ModelReply>;
}

interface Offered {
  readonly choice: ModelChoice;
  readonly model: Model;
  readonly circuit: Circuit;
}

/** Throws PtcError when nothing is offered, or something whose provider is not configured. */
export function createModels(settings: ModelsSettings): OfferedModels {
  const limits = settings.limits ?? DEFAULT_MODEL_LIMITS;
  const now = settings.now ?? (() => performance.now());
  const offered = new Map<string, Offered>(
    settings.models.map((choice) => [
      nameOf(choice),
      {
        choice,
        model: createModel(choice, settings.providers, limits.idleTimeoutMs),
        circuit: createCircuit(limits.circuit, now),
      },
    ]),
  );
  if (offered.size === 0) throw notOffered('No model');
  return {
    ...createPrices(settings.prices),
    choose: (preferred) => {
      const all = [...offered.values()];
      const liked = new Set(
        (preferred ?? []).flatMap(
          (name) => offered.get(name) ?? all.filter(({ choice }) => choice.provider === name),
        ),
      );
      return (liked.size > 0 ? [...liked] : all).map(({ choice }) => choice);
    },
    letsThrough: (choice) => offered.get(nameOf(choice))?.circuit.letsThrough() ?? true,
    anotherMayHelp: anotherModelMayHelp,
    ask: async (choice, call, { maxOutputTokens, othersLeft }, signal) => {
      const one = offered.get(nameOf(choice));
      if (one === undefined) throw notOffered(`The model ${nameOf(choice)}`);
      const attempt = (within: AbortSignal) => one.model.ask(call, maxOutputTokens, within);
      const within = othersLeft ? hurried(limits) : limits;
      return watched(one.circuit, withRetry(attempt, within, signal));
    },
  };
}

/** A silent model has cost minutes already, and one that asks for a long wait can be left to itself. */
const hurried = (limits: ModelLimits): RetryLimits => ({
  ...limits,
  tries: Math.min(limits.tries, limits.triesWithOthers),
  worthwhile: ({ code, retryAfterMs }) =>
    code !== 'model-timeout' && (retryAfterMs ?? 0) <= limits.maxWaitWithOthersMs,
});

/** What can be retried is the provider's fault and counts against the model; what cannot says nothing of it. */
async function watched(circuit: Circuit, answer: Promise<ModelReply>): Promise<ModelReply> {
  try {
    const reply = await answer;
    circuit.succeeded();
    return reply;
  } catch (error) {
    if (error instanceof ModelFailure && error.retryable) circuit.failed();
    throw error;
  }
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
