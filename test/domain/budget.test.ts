import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decideCall } from '../../src/domain/budget.ts';

const price = (inputUsd: number, perTokenUsd: number) => (tokens: number) => inputUsd + tokens * perTokenUsd;
const question = {
  budgetUsd: 1,
  maxRequests: 10,
  maxOutputTokens: 10_000,
  spending: { costUsd: 0, requests: 0 },
  reserved: { costUsd: 0, requests: 0 },
  worstCaseUsd: price(0.01, 0.00001),
};

test('within the budget the whole answer is allowed', () => {
  expect(decideCall(question)).toEqual({
    decision: 'allowed',
    maxOutputTokens: 10_000,
    worstCaseUsd: 0.11,
  });
});

test('near its end the answer is made shorter', () => {
  const answer = decideCall({ ...question, spending: { costUsd: 0.95, requests: 3 } });
  expect(answer).toMatchObject({ decision: 'allowed', maxOutputTokens: expect.any(Number) });
  expect(answer.decision === 'allowed' && answer.maxOutputTokens).toBeLessThan(10_000);
});

test.each([
  ['budget-reached', { spending: { costUsd: 0.985, requests: 3 } }],
  ['request-cap-reached', { spending: { costUsd: 0, requests: 10 } }],
  ['price-unknown', { worstCaseUsd: () => null }],
])('%s is a refusal', (code, change) => {
  expect(decideCall({ ...question, ...change })).toMatchObject({ decision: 'refused', problem: { code } });
});

test('whatever is allowed stays inside the budget', () => {
  const usd = fc.double({ min: 0, max: 2, noNaN: true });
  const perToken = fc.double({ min: 0.000_000_1, max: 0.001, noNaN: true });
  fc.assert(
    fc.property(usd, usd, perToken, (spentUsd, inputUsd, perTokenUsd) => {
      const worstCaseUsd = price(inputUsd, perTokenUsd);
      const answer = decideCall({ ...question, spending: { costUsd: spentUsd, requests: 1 }, worstCaseUsd });
      if (answer.decision === 'allowed') {
        expect(spentUsd + worstCaseUsd(answer.maxOutputTokens)).toBeLessThanOrEqual(1 + 1e-9);
      } else expect(spentUsd + worstCaseUsd(1024)).toBeGreaterThan(1 - 0.0011);
    }),
  );
});

describe('beside calls that are under way', () => {
  test('what they do not hold is free', () => {
    expect(decideCall({ ...question, reserved: { costUsd: 0.88, requests: 8 } })).toMatchObject({
      decision: 'allowed',
      maxOutputTokens: 10_000,
    });
  });

  test.each([
    ['the money', { reserved: { costUsd: 0.9, requests: 1 } }],
    ['the last request', { reserved: { costUsd: 0.1, requests: 10 } }],
    [
      'what is left of the money',
      { spending: { costUsd: 0.95, requests: 3 }, reserved: { costUsd: 0.01, requests: 1 } },
    ],
  ])('%s that they hold is waited for, not refused and no reason for a shorter answer', (_what, change) => {
    expect(decideCall({ ...question, ...change })).toEqual({ decision: 'later' });
  });

  test('a call that would not fit without them either is refused at once', () => {
    const spending = { costUsd: 0.985, requests: 3 };
    expect(decideCall({ ...question, spending, reserved: { costUsd: 0.01, requests: 1 } })).toMatchObject({
      decision: 'refused',
      problem: { code: 'budget-reached' },
    });
  });
});
