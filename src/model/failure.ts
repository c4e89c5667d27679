import { PtcError, type Problem } from '../domain/errors.ts';
import { SilentServer } from './idle-fetch.ts';
import { type ModelEndpoint } from './model.ts';

/** A failed try to get an answer. `retryAfterMs` is the wait the provider asked for, null when it did not. */
export class ModelFailure extends PtcError {
  readonly retryAfterMs: number | null;

  constructor(problem: Problem, retryAfterMs: number | null = null) {
    super(problem);
    this.name = 'ModelFailure';
    this.retryAfterMs = retryAfterMs;
  }
}

/** What a provider says when it answers with an error, whichever SDK carried it. */
export interface Refusal {
  /** HTTP status, or the one its error type stands for when the error came within a stream. */
  readonly status: number | null;
  /** The provider's own machine-readable codes. */
  readonly codes: readonly string[];
  readonly text: string | null;
  readonly retryAfterMs: number | null;
}

interface Kind {
  readonly code: string;
  readonly what: string;
  readonly remedy: string;
  readonly retryable: boolean;
  /** False where providers echo (parts of) the key in their text. */
  readonly quote: boolean;
}

const LATER = 'Try again later: comment `/ptc build` on the issue.';

const KINDS = {
  unauthorized: {
    code: 'model-unauthorized',
    what: 'does not accept the key it was given',
    remedy: 'The operator has to check the provider’s key and what it is allowed to use.',
    retryable: false,
    quote: false,
  },
  payment: {
    code: 'model-payment-required',
    what: 'wants to be paid first, or a spending limit of the account is reached',
    remedy: 'The operator has to top up the account at the provider or raise its limit.',
    retryable: false,
    quote: false,
  },
  notFound: {
    code: 'model-not-found',
    what: 'does not know the model',
    remedy: 'The operator has to correct the model’s name or the provider’s base URL in the configuration.',
    retryable: false,
    quote: true,
  },
  tooLong: {
    code: 'context-too-long',
    what: 'says that the conversation is longer than the model can read',
    remedy: 'Ask for a smaller piece of work, or use a model with a larger context window.',
    retryable: false,
    quote: true,
  },
  badRequest: {
    code: 'model-bad-request',
    what: 'refuses the request',
    remedy: 'The operator has to check that the model supports tools and the configured output limit.',
    retryable: false,
    quote: true,
  },
  rateLimited: {
    code: 'model-rate-limited',
    what: 'limits the rate of requests',
    remedy: LATER,
    retryable: true,
    quote: true,
  },
  overloaded: {
    code: 'model-overloaded',
    what: 'is overloaded',
    remedy: LATER,
    retryable: true,
    quote: true,
  },
  timeout: {
    code: 'model-timeout',
    what: 'took too long to answer',
    remedy: LATER,
    retryable: true,
    quote: true,
  },
  unavailable: {
    code: 'model-unavailable',
    what: 'failed to answer',
    remedy: LATER,
    retryable: true,
    quote: true,
  },
} satisfies Record<string, Kind>;

const BY_STATUS: ReadonlyMap<number, Kind> = new Map<number, Kind>([
  [401, KINDS.unauthorized],
  [402, KINDS.payment],
  [403, KINDS.unauthorized],
  [404, KINDS.notFound],
  [408, KINDS.timeout],
  [409, KINDS.unavailable],
  [413, KINDS.tooLong],
  [429, KINDS.rateLimited],
  [503, KINDS.overloaded],
  [504, KINDS.timeout],
  [529, KINDS.overloaded],
]);

/** Codes that say more than the status they come with: a 429 that no waiting will cure, for one. */
const BY_CODE: ReadonlyMap<string, Kind> = new Map<string, Kind>([
  ['context_length_exceeded', KINDS.tooLong],
  ['insufficient_quota', KINDS.payment],
  ['exceeded_current_quota_error', KINDS.payment],
  ['contract_spend_limit_reached', KINDS.payment],
  ['enforced_spend_limit_reached', KINDS.payment],
]);

/** Providers other than OpenAI give no code for this one; without the words it could not be told apart. */
const TOO_LONG = /prompt is too long|context (length|window)|maximum context|token limit/i;

/**
 * True when another model may answer although this one failed so. What fails to be sent in one API's form may
 * be fine in another's, so refused requests count too; a cancelled question does not.
 */
export const anotherModelMayHelp = ({ code }: Problem): boolean => OTHERS_MAY_HELP.has(code);

const OTHERS_MAY_HELP: ReadonlySet<string> = new Set([
  ...Object.values(KINDS).map(({ code }) => code),
  'model-stream-cut',
  'model-unreachable',
  'model-not-offered',
]);

/** The typed failure for a provider's answer. Its text is quoted where it cannot hold the key, and redacted. */
export function refused(endpoint: ModelEndpoint, refusal: Refusal): ModelFailure {
  const kind = kindOf(refusal);
  const status = refusal.status === null ? '' : ` (HTTP ${refusal.status})`;
  const text = kind.quote && refusal.text ? `: ${quoted(refusal.text, endpoint.apiKey)}` : '.';
  const { code, remedy, retryable } = kind;
  return new ModelFailure(
    { code, message: `${named(endpoint)} ${kind.what}${status}${text}`, remedy, retryable },
    refusal.retryAfterMs,
  );
}

function kindOf(refusal: Refusal): Kind {
  const { status, codes, text } = refusal;
  for (const code of codes) {
    const kind = BY_CODE.get(code);
    if (kind !== undefined) return kind;
  }
  if (status === 400 && text !== null && TOO_LONG.test(text)) return KINDS.tooLong;
  if (status === null) return KINDS.unavailable;
  return BY_STATUS.get(status) ?? (status >= 500 ? KINDS.unavailable : KINDS.badRequest);
}

/** The answer began and its end never came. */
export function streamCut(endpoint: ModelEndpoint): ModelFailure {
  return new ModelFailure({
    code: 'model-stream-cut',
    message: `${named(endpoint)} stopped in the middle of its answer.`,
    remedy: LATER,
    retryable: true,
  });
}

/**
 * The failure for anything but a provider's answer: no connection, silence, an answer nobody can read. `begun`
 * when the answer had begun.
 */
export function broken(endpoint: ModelEndpoint, thrown: unknown, begun: boolean): ModelFailure {
  const chain = causes(thrown);
  const idle = chain.find((cause) => cause instanceof SilentServer);
  if (idle !== undefined) {
    return new ModelFailure({
      code: 'model-timeout',
      message: `${named(endpoint)} sent nothing for ${Math.round(idle.idleMs / 1000)} s.`,
      remedy: LATER,
      retryable: true,
    });
  }
  const systemCode = chain.map(systemCodeOf).find((code) => code !== null);
  if (begun) return streamCut(endpoint);
  return new ModelFailure({
    code: 'model-unreachable',
    message: `The connection to ${named(endpoint)} failed${systemCode === undefined ? '' : ` (${systemCode})`}.`,
    remedy:
      'Try again later; if it stays, the operator has to check the network and the provider’s base URL.',
    retryable: true,
  });
}

/** Waited for in vain, all tries together. */
export function outOfTime(totalTimeoutMs: number): ModelFailure {
  return new ModelFailure({
    code: 'model-timeout',
    message: `The model did not answer within ${Math.round(totalTimeoutMs / 1000)} s.`,
    remedy: LATER,
    retryable: true,
  });
}

/**
 * The wait a provider asks for: `retry-after-ms`, or `retry-after` in seconds or as a date. Null when it asks
 * for none or says something else; never negative.
 */
export function retryAfterMs(headers: Headers | undefined, nowMs: number): number | null {
  const inMs = finite(headers?.get('retry-after-ms'));
  if (inMs !== null) return inMs;
  const value = headers?.get('retry-after');
  const inSeconds = finite(value);
  if (inSeconds !== null) return inSeconds * 1000;
  const date = value?.includes(':') ? Date.parse(value) : Number.NaN;
  return Number.isNaN(date) ? null : Math.max(0, date - nowMs);
}

function finite(value: string | null | undefined): number | null {
  if (!value?.trim()) return null;
  const number = Number(value);
  return Number.isFinite(number) && number >= 0 ? number : null;
}

const named = (endpoint: ModelEndpoint): string => `${endpoint.provider}:${endpoint.model}`;

function quoted(text: string, apiKey: string): string {
  const oneLine = text.replaceAll(apiKey, '[key]').replaceAll(/[\s\p{Cc}]+/gu, ' ');
  return oneLine.length > 300 ? `${oneLine.slice(0, 300)}…` : oneLine;
}

function causes(thrown: unknown): readonly unknown[] {
  const chain: unknown[] = [];
  for (let cause = thrown; cause !== undefined && chain.length < 8;) {
    chain.push(cause);
    cause = cause instanceof Error ? cause.cause : undefined;
  }
  return chain;
}

function systemCodeOf(thrown: unknown): string | null {
  if (!(thrown instanceof Error) || !('code' in thrown)) return null;
  return typeof thrown.code === 'string' ? thrown.code : null;
}
