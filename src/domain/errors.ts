/**
 * Every failure a person can meet, as one typed value: a stable code, what happened, what to do next, and
 * whether trying the same thing again can help. Messages are shown to people and stored, so they never carry
 * secrets.
 */
export interface Problem {
  /** Stable, kebab-case, safe to match on. */
  readonly code: string;
  /** What happened, one or two sentences. */
  readonly message: string;
  /** What the reader can do about it: an exact command where there is one. */
  readonly remedy: string;
  /** True when the same attempt can succeed later without anybody changing anything. */
  readonly retryable: boolean;
}

export class PtcError extends Error implements Problem {
  readonly code: string;
  readonly remedy: string;
  readonly retryable: boolean;

  constructor(problem: Problem, options?: ErrorOptions) {
    super(problem.message, options);
    this.name = 'PtcError';
    this.code = problem.code;
    this.remedy = problem.remedy;
    this.retryable = problem.retryable;
  }
}

/** The problem behind anything that was thrown; what nobody foresaw becomes `internal`. */
export function toProblem(thrown: unknown): Problem {
  if (thrown instanceof PtcError) {
    const { code, message, remedy, retryable } = thrown;
    return { code, message, remedy, retryable };
  }
  return {
    code: 'internal',
    message: `Something failed that we did not foresee: ${thrown instanceof Error ? thrown.message : String(thrown)}`,
    remedy: 'Look at the log of the PTC Bot server, and report it as a bug with the run id.',
    retryable: false,
  };
}
