import type { Refusal, RefusalCode } from './types.ts';

/** A refusal with everything that is not known left empty. */
export function refusal(code: RefusalCode, known: Partial<Omit<Refusal, 'code'>> = {}): Refusal {
  return {
    code,
    path: null,
    hunkNumber: null,
    hunk: null,
    level: null,
    matches: 0,
    places: [],
    line: null,
    expected: null,
    found: null,
    detail: null,
    ...known,
  };
}
