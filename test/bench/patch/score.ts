import type { Attempt, Contender } from './contenders.ts';
import type { Files, PatchCase } from './patch-case.ts';

/** Fractions of 1 over the cases with a truth. */
export interface Score {
  readonly cases: number;
  readonly exact: number;
  readonly refused: number;
  readonly wrong: number;
  /** Refused, and the tree is changed all the same. */
  readonly dirty: number;
  readonly median_ms: number;
  readonly p95_ms: number;
  /** Cases without a truth, counted in no fraction. */
  readonly unknown: number;
}

export type Verdict = 'exact' | 'refused' | 'wrong' | 'dirty' | 'unknown';

export interface Judged {
  readonly test: PatchCase;
  readonly verdict: Verdict;
  readonly ms: number;
}

export function judge(test: PatchCase, contender: Contender): Judged {
  const attempt = contender(test);
  return { test, verdict: verdictOn(test, attempt), ms: attempt.ms };
}

function verdictOn(test: PatchCase, { accepted, files }: Attempt): Verdict {
  if (!accepted) return sameFiles(files, test.files) ? 'refused' : 'dirty';
  if (test.unknown) return 'unknown';
  return test.after !== null && sameFiles(files, test.after) ? 'exact' : 'wrong';
}

function sameFiles(left: Files, right: Files): boolean {
  const paths = new Set([...Object.keys(left), ...Object.keys(right)]);
  return [...paths].every((path) => left[path] === right[path]);
}

export function score(judged: readonly Judged[]): Score {
  const known = judged.filter(({ test }) => !test.unknown);
  const part = (...verdicts: readonly Verdict[]): number => {
    const count = known.filter(({ verdict }) => verdicts.includes(verdict)).length;
    return known.length === 0 ? 0 : round(count / known.length);
  };
  const times = judged.map(({ ms }) => ms).sort((a, b) => a - b);
  const at = (fraction: number): number =>
    round(times[Math.min(times.length - 1, Math.floor(times.length * fraction))] ?? 0);
  return {
    cases: known.length,
    exact: part('exact'),
    refused: part('refused', 'dirty'),
    wrong: part('wrong'),
    dirty: part('dirty'),
    median_ms: at(0.5),
    p95_ms: at(0.95),
    unknown: judged.length - known.length,
  };
}

function round(value: number): number {
  return Math.round(value * 10_000) / 10_000;
}
