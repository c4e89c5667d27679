import { describe, expect, test } from 'vitest';
import { ModelFailure, retryAfterMs } from '../../src/model/failure.ts';
import { waitMs, withRetry, type RetryLimits } from '../../src/model/retry.ts';

const QUICK: RetryLimits = { tries: 5, baseDelayMs: 1, maxDelayMs: 5, totalTimeoutMs: 30_000 };
const never = new AbortController().signal;

const failure = (retryable: boolean, waitMs: number | null = null) =>
  new ModelFailure({ code: 'model-overloaded', message: 'Busy.', remedy: 'Wait.', retryable }, waitMs);

describe('trying again', () => {
  test('goes on until there is an answer', async () => {
    let tries = 0;
    const answer = await withRetry(
      async () => {
        tries += 1;
        if (tries < 4) throw failure(true);
        return 'answer';
      },
      QUICK,
      never,
    );

    expect([answer, tries]).toEqual(['answer', 4]);
  });

  test('ends after the last try with its failure', async () => {
    let tries = 0;
    const asked = withRetry(
      async () => {
        tries += 1;
        throw failure(true);
      },
      QUICK,
      never,
    );

    await expect(asked).rejects.toMatchObject({ code: 'model-overloaded', message: 'Busy. (5 tries)' });
    expect(tries).toBe(5);
  });

  test.each([
    ['a failure that will stay', failure(false)],
    ['an error nobody foresaw', new Error('bug')],
  ])('is not done after %s', async (_case, thrown) => {
    let tries = 0;
    const asked = withRetry(
      async () => {
        tries += 1;
        throw thrown;
      },
      QUICK,
      never,
    );

    await expect(asked).rejects.toBe(thrown);
    expect(tries).toBe(1);
  });

  test('is cut short by a cancel while it waits', async () => {
    const cancel = new AbortController();
    const asked = withRetry(
      async () => {
        setTimeout(() => cancel.abort(), 5);
        throw failure(true, 60_000);
      },
      { ...QUICK, maxDelayMs: 60_000 },
      cancel.signal,
    );

    await expect(asked).rejects.toMatchObject({ code: 'cancelled', retryable: false });
  });

  test('asks nobody when it is cancelled before it begins', async () => {
    let tries = 0;
    const asked = withRetry(
      async () => {
        tries += 1;
      },
      QUICK,
      AbortSignal.abort(),
    );

    await expect(asked).rejects.toMatchObject({ code: 'cancelled' });
    expect(tries).toBe(0);
  });

  test.each([
    ['waiting', 60_000],
    ['trying', 0],
  ])('ends when all the time is used up %s', async (_case, waitFor) => {
    const asked = withRetry(
      async (signal) => {
        if (waitFor > 0) throw failure(true, waitFor);
        await new Promise((_resolve, reject) =>
          signal.addEventListener('abort', () => reject(new Error('x'))),
        );
      },
      { ...QUICK, maxDelayMs: 60_000, totalTimeoutMs: 30 },
      never,
    );

    await expect(asked).rejects.toMatchObject({ code: 'model-timeout', retryable: true });
  });
});

describe('the wait before the next try', () => {
  const limits = { baseDelayMs: 1000, maxDelayMs: 60_000 };

  test('doubles, and jitter takes at most half of it away', () => {
    expect([1, 2, 3].map((failed) => waitMs(failed, null, limits, 1))).toEqual([1000, 2000, 4000]);
    expect([1, 2, 3].map((failed) => waitMs(failed, null, limits, 0))).toEqual([500, 1000, 2000]);
  });

  test('is never shorter than the provider asks for', () => {
    expect(waitMs(1, 7000, limits, 0)).toBe(7000);
    expect(waitMs(1, 7000, limits, 1)).toBe(8000);
  });

  test('is never longer than the limit, whatever anybody asks for', () => {
    expect(waitMs(1, 3_600_000, limits, 0)).toBe(60_000);
    expect(waitMs(30, null, limits, 1)).toBe(60_000);
  });
});

describe('what a provider asks to wait', () => {
  const now = Date.parse('2026-11-25T10:00:00Z');

  test.each([
    [{ 'retry-after': '7' }, 7000],
    [{ 'retry-after': '1.5' }, 1500],
    [{ 'retry-after': 'Wed, 25 Nov 2026 10:00:30 GMT' }, 30_000],
    [{ 'retry-after': 'Wed, 25 Nov 2026 09:00:00 GMT' }, 0],
    [{ 'retry-after-ms': '250', 'retry-after': '1' }, 250],
    [{ 'retry-after': 'soon' }, null],
    [{ 'retry-after': '-5' }, null],
    [{}, null],
  ])('%j is %s ms', (headers, ms) => {
    expect(retryAfterMs(new Headers(headers as Record<string, string>), now)).toBe(ms);
  });
});
