/** Work that must be finished before the process may end. */
export interface InFlight {
  /** Counts the work in and hands its promise back. */
  track<T>(work: Promise<T>): Promise<T>;
  /** Resolves when nothing is left, or after `timeoutMs`. */
  idle(timeoutMs: number): Promise<void>;
}

export function createInFlight(): InFlight {
  const working = new Set<Promise<unknown>>();
  return {
    track: (work) => {
      const entry: Promise<unknown> = work
        .then(
          () => {},
          () => {},
        )
        .finally(() => working.delete(entry));
      working.add(entry);
      return work;
    },
    idle: async (timeoutMs) => {
      const timeout = Promise.withResolvers<void>();
      const timer = setTimeout(timeout.resolve, timeoutMs);
      await Promise.race([Promise.all(working), timeout.promise]);
      clearTimeout(timer);
    },
  };
}
