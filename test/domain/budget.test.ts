import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decideCall } from '../../src/domain/budget.ts';

const price = (inputUsd: number, perTokenUsd: number) => (tokens: number) => inputUsd + tokens * perTokenUsd;
const question = {
  budgetUsd: 1,
  maxRequests: 10,
  maxOutputTokens: 10_000,
  spending: { costUsd: 0, requests: 0 },
  worstCaseUsd: price(0.01, 0.00001),
};

test('within the budget the whole answer is allowed', () => {
  expect(decideCall(question)).toEqual({ allowed: true, maxOutputTokens: 10_000 });
});

test('near its end the answer is made shorter', () => {
  const answer = decideCall({ ...question, spending: { costUsd: 0.95, requests: 3 } });
  expect(answer).toMatchObject({ allowed: true });
  expect(answer.allowed && answer.maxOutputTokens).toBeLessThan(10_000);
});

test.each([
  ['budget-reached', { spending: { costUsd: 0.985, requests: 3 } }],
  ['request-cap-reached', { spending: { costUsd: 0, requests: 10 } }],
  ['price-unknown', { worstCaseUsd: () => null }],
])('%s is a refusal', (code, change) => {
  expect(decideCall({ ...question, ...change })).toMatchObject({ allowed: false, problem: { code } });
});

test('whatever is allowed stays inside the budget', () => {
  const usd = fc.double({ min: 0, max: 2, noNaN: true });
  const perToken = fc.double({ min: 0.000_000_1, max: 0.001, noNaN: true });
  fc.assert(
    fc.property(usd, usd, perToken, (spentUsd, inputUsd, perTokenUsd) => {
      const worstCaseUsd = price(inputUsd, perTokenUsd);
      const answer = decideCall({ ...question, spending: { costUsd: spentUsd, requests: 1 }, worstCaseUsd });
      if (answer.allowed) {
        expect(spentUsd + worstCaseUsd(answer.maxOutputTokens)).toBeLessThanOrEqual(1 + 1e-9);
      } else expect(spentUsd + worstCaseUsd(1024)).toBeGreaterThan(1 - 0.0011);
    }),
  );
});
