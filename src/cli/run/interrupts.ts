import { PtcError } from '../../domain/errors.ts';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** One press of Ctrl-C comes twice where npm started us: from the terminal and from npm. */
const ONE_PRESS_MS = 300;

/** Ctrl-C and its like, as they come while this is open. */
export interface Interrupts {
  /** The first one: end in order. Its reason is the PtcError `cancelled`. */
  readonly first: AbortSignal;
  /** The second one: end at once. */
  readonly second: AbortSignal;
  close(): void;
}

export function openInterrupts(): Interrupts {
  const first = new AbortController();
  const second = new AbortController();
  let firstAt = 0;
  const onSignal = (): void => {
    if (!first.signal.aborted) {
      firstAt = performance.now();
      first.abort(interrupted());
    } else if (performance.now() - firstAt > ONE_PRESS_MS) second.abort(interrupted());
  };
  for (const name of SIGNALS) process.on(name, onSignal);
  return {
    first: first.signal,
    second: second.signal,
    close: () => {
      for (const name of SIGNALS) process.off(name, onSignal);
    },
  };
}

const interrupted = (): PtcError =>
  new PtcError({
    code: 'cancelled',
    message: 'The run was cancelled from the terminal.',
    remedy: 'Start it again when you like.',
    retryable: false,
  });
