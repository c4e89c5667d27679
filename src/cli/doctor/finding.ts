/** One line of the doctor's: what was looked at, how it is, and what to do. */
export interface Finding {
  readonly name: string;
  readonly level: 'ok' | 'warn' | 'fail';
  readonly said: string;
  /** Null when there is nothing to mend. */
  readonly remedy: string | null;
}

export const ok = (name: string, said: string): Finding => ({ name, level: 'ok', said, remedy: null });

export const warn = (name: string, said: string, remedy: string): Finding => ({
  name,
  level: 'warn',
  said,
  remedy,
});

export const fail = (name: string, said: string, remedy: string): Finding => ({
  name,
  level: 'fail',
  said,
  remedy,
});
