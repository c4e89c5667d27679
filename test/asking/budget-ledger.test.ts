import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createBudgetLedger } from '../../src/asking/budget-ledger.ts';

const NOTHING_SPENT = { costUsd: 0, requests: 0 };
const never = new AbortController().signal;
/** One dollar for a whole answer, a tenth of it for the question alone. */
const dollar = (tokens: number): number => 0.1 + (0.9 * tokens) / 10_000;
const limits = { budgetUsd: 3.5, maxRequests: 100, maxOutputTokens: 10_000 };

describe('calls under way', () => {
  test('a budget for about three calls is never overspent by eight at once', async () => {
    const ledger = createBudgetLedger(limits, NOTHING_SPENT);
    let heldUsd = 0;
    let spentUsd = 0;
    let most = 0;
    const call = async (): Promise<'answered'> => {
      const held = await ledger.reserve(dollar, never);
      const worstUsd = dollar(held.maxOutputTokens);
      heldUsd += worstUsd;
      most = Math.max(most, heldUsd + spentUsd);
      await new Promise((resolve) => setImmediate(resolve));
      heldUsd -= worstUsd;
      spentUsd += worstUsd;
      held.settle(worstUsd);
      return 'answered';
    };
    const ends = await Promise.allSettled(Array.from({ length: 8 }, call));

    expect(ends.slice(0, 3).map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'fulfilled']);
    expect(most).toBeLessThanOrEqual(limits.budgetUsd);
    for (const end of ends.slice(4)) {
      expect(end).toMatchObject({ status: 'rejected', reason: { code: 'budget-reached' } });
    }
  });

  test('whatever calls cost and however many there are, the budget and the cap hold', async () => {
    const worst = fc.double({ min: 0.05, max: 1.5, noNaN: true });
    const share = fc.double({ min: 0, max: 1, noNaN: true });
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(worst, share, fc.boolean()), { minLength: 1, maxLength: 12 }),
        async (calls) => {
          const ledger = createBudgetLedger({ ...limits, maxRequests: 6 }, NOTHING_SPENT);
          const spent = { costUsd: 0, requests: 0 };
          await Promise.allSettled(
            calls.map(async ([worstUsd, paid, fails]) => {
              const price = (tokens: number) => (worstUsd * tokens) / 10_000;
              const held = await ledger.reserve(price, never);
              await new Promise((resolve) => setImmediate(resolve));
              const costUsd = fails ? null : price(held.maxOutputTokens) * paid;
              spent.costUsd += costUsd ?? 0;
              spent.requests += fails ? 0 : 1;
              held.settle(costUsd);
            }),
          );
          expect(spent.costUsd).toBeLessThanOrEqual(limits.budgetUsd + 1e-9);
          expect(spent.requests).toBeLessThanOrEqual(6);
        },
      ),
      { numRuns: 50, seed: 4 },
    );
  });

  test('make the next one wait, which goes on when one cost less than it might have', async () => {
    const ledger = createBudgetLedger({ ...limits, budgetUsd: 1.5 }, NOTHING_SPENT);
    const first = await ledger.reserve(dollar, never);
    let second: 'waits' | 'holds' = 'waits';
    const waiting = ledger.reserve(dollar, never).then((held) => {
      second = 'holds';
      return held;
    });
    await new Promise((resolve) => setImmediate(resolve));
    expect(second).toBe('waits');
    first.settle(0.2);
    expect(await waiting).toMatchObject({ maxOutputTokens: 10_000 });
  });

  test('that end without an answer give everything back', async () => {
    const ledger = createBudgetLedger({ ...limits, budgetUsd: 1, maxRequests: 1 }, NOTHING_SPENT);
    (await ledger.reserve(dollar, never)).settle(null);
    (await ledger.reserve(dollar, never)).settle(null);
    const last = await ledger.reserve(dollar, never);
    last.settle(0.5);
    await expect(ledger.reserve(dollar, never)).rejects.toMatchObject({ code: 'request-cap-reached' });
  });

  test('are served in the order they came, a small one not before a large one', async () => {
    const ledger = createBudgetLedger({ ...limits, budgetUsd: 1.5 }, NOTHING_SPENT);
    const first = await ledger.reserve(dollar, never);
    const served: string[] = [];
    const large = ledger.reserve(dollar, never).then(() => served.push('large'));
    const small = ledger.reserve(() => 0.01, never).then(() => served.push('small'));
    await new Promise((resolve) => setImmediate(resolve));
    expect(served).toEqual([]);
    first.settle(0.2);
    await Promise.all([large, small]);
    expect(served).toEqual(['large', 'small']);
  });

  test('that are waited for in vain let the one who gives up go, and the next one in', async () => {
    const ledger = createBudgetLedger({ ...limits, budgetUsd: 1.5 }, NOTHING_SPENT);
    await ledger.reserve(dollar, never);
    const leaving = new AbortController();
    const waiting = ledger.reserve(dollar, leaving.signal);
    const next = ledger.reserve(() => 0.01, never);
    leaving.abort();
    await expect(waiting).rejects.toThrow(/aborted/);
    expect(await next).toMatchObject({ maxOutputTokens: 10_000 });
  });
});

test('what was spent before a restart counts', async () => {
  const ledger = createBudgetLedger(limits, { costUsd: 3.4, requests: 3 });
  await expect(ledger.reserve(dollar, never)).rejects.toMatchObject({ code: 'budget-reached' });
});
