import { describe, expect, test } from 'vitest';
import { type CommandEnd, type Proof } from '../../src/protocol/proof.ts';
import { afterProof, type AttemptState } from '../../src/runner/after-proof.ts';

const fence = (label: string, text: string): string => `[${label}]\n${text}\n[/]`;
const end = (exitCode: number, output: string): CommandEnd => ({
  exitCode,
  limit: null,
  durationMs: 100,
  output,
  outputBytes: output.length,
});
const run = (passed: boolean, output = '') => ({ passed, counts: null, end: end(passed ? 0 : 1, output) });
const proof = (part: Partial<Proof>): Proof => ({
  verdict: 'green',
  reasons: [],
  isolation: 'none',
  setup: [],
  checks: [{ name: 'test', kind: 'test', command: 'npm test', base: run(true), head: run(true) }],
  tests: [],
  knownFailures: [],
  newFailures: [],
  deletedTests: [],
  skippedTests: [],
  checkConfiguration: [],
  coverage: null,
  stages: null,
  ...part,
});
const state = (part: Partial<AttemptState> = {}): AttemptState => ({
  attempt: 1,
  attempts: 3,
  askedForTest: false,
  turnsLeft: 10,
  byProducts: [],
  ...part,
});

test.each(['green', 'none'] as const)('a proof that is %s is accepted', (verdict) => {
  expect(afterProof(proof({ verdict }), state(), fence).next).toBe('accept');
});

describe('an unproven change', () => {
  const unproven = proof({ verdict: 'unproven', reasons: ['The change adds no test and fixes none.'] });

  test('goes back once, with the reason', () => {
    const decision = afterProof(unproven, state(), fence);
    expect(decision).toMatchObject({ next: 'send-back', feedback: expect.stringContaining('adds no test') });
  });

  test.each([
    ['it has been back before', { askedForTest: true }],
    ['no attempt is left', { attempt: 3 }],
    ['no turn is left', { turnsLeft: 0 }],
  ])('is accepted when %s', (_why, part) => {
    expect(afterProof(unproven, state(part), fence).next).toBe('accept');
  });

  test('is accepted when the repository has no tests that could prove it', () => {
    const checks: Proof['checks'] = [
      { name: 'lint', kind: 'lint', command: 'npm run lint', base: run(true), head: run(true) },
    ];
    expect(afterProof({ ...unproven, checks }, state(), fence).next).toBe('accept');
  });
});

describe('a red change', () => {
  const red = proof({
    verdict: 'red',
    reasons: ['2 tests fail.'],
    newFailures: ['adds', 'subtracts'],
    checks: [
      {
        name: 'test',
        kind: 'test',
        command: 'npm test',
        base: run(true),
        head: run(false, `${'x'.repeat(50_000)}the end`),
      },
      {
        name: 'lint',
        kind: 'lint',
        command: 'npm run lint',
        base: run(true),
        head: run(true, 'lint was fine'),
      },
    ],
  });

  test('goes back with what failed and the end of the output, bounded', () => {
    const decision = afterProof(red, state({ byProducts: ['snap/'] }), fence);
    const feedback = decision.next === 'send-back' ? decision.feedback : '';
    for (const part of ['2 tests fail.', 'Fails: subtracts', 'npm test', 'the end', 'snap/'])
      expect(feedback).toContain(part);
    expect(feedback).not.toContain('lint was fine');
    expect(feedback.length).toBeLessThan(12_000);
  });

  test('goes back with the set-up that failed on its tree', () => {
    const setup = [{ command: 'npm ci', tree: 'proof', end: end(1, 'lock file out of step') }];
    const decision = afterProof({ ...red, checks: [], setup }, state(), fence);
    expect(decision).toMatchObject({ feedback: expect.stringContaining('lock file out of step') });
  });

  test.each([
    ['attempt', { attempt: 3 }],
    ['turn', { turnsLeft: 0 }],
  ])('is given up when no %s is left', (_what, part) => {
    const decision = afterProof(red, state(part), fence);
    expect(decision).toMatchObject({ next: 'give-up', problem: { code: 'checks-red', retryable: false } });
  });
});
