export interface CircuitLimits {
  /** Failures in a row that open it. */
  readonly opensAfter: number;
  /** So long it stays open before the model is tried out. */
  readonly restMs: number;
}

/**
 * Remembers whether a model can be reached. Closed at first; open after several failures in a row; half open
 * once a rest has passed: one question is let through and the next rest begins, until an answer closes it.
 */
export interface Circuit {
  /** May the model be asked? Whoever hears true of an open circuit is the one who tries it out. */
  letsThrough(): boolean;
  succeeded(): void;
  failed(): void;
}

/** @param now a clock in milliseconds */
export function createCircuit({ opensAfter, restMs }: CircuitLimits, now: () => number): Circuit {
  let failures = 0;
  let restsUntil = 0;
  return {
    letsThrough: () => {
      if (failures < opensAfter) return true;
      if (now() < restsUntil) return false;
      restsUntil = now() + restMs;
      return true;
    },
    succeeded: () => {
      failures = 0;
    },
    failed: () => {
      failures += 1;
      restsUntil = now() + restMs;
    },
  };
}
