import { expect, test, vi } from 'vitest';
import { PtcError } from '../../src/domain/errors.ts';
import { settle, valueOf } from '../../src/run/settled-step.ts';

const going = new AbortController().signal;
const failure = (retryable: boolean): PtcError =>
  new PtcError({ code: 'some-failure', message: 'It failed.', remedy: 'Wait.', retryable });

test('a failure for good is a value, tried once', async () => {
  const body = vi.fn(() => Promise.reject(failure(false)));
  const onRetry = vi.fn();
  const settled = await settle(body, going, onRetry);
  expect(settled).toMatchObject({ ok: false, problem: { code: 'some-failure' } });
  expect(body).toHaveBeenCalledTimes(1);
  expect(onRetry).not.toHaveBeenCalled();
  expect(() => valueOf(settled)).toThrow(failure(false));
});

test('a passing failure is tried again', async () => {
  let tried = 0;
  const told: number[] = [];
  const body = async (): Promise<string> => {
    tried += 1;
    if (tried < 2) throw failure(true);
    return 'done';
  };
  const settled = await settle(body, going, (_problem, number) => told.push(number));
  expect(settled).toEqual({ ok: true, value: 'done' });
  expect(tried).toBe(2);
  expect(told).toEqual([1]);
});

test('when the process is to end, a step never settles', async () => {
  const stopping = new AbortController();
  const body = (): Promise<never> => {
    stopping.abort();
    return Promise.reject(failure(false));
  };
  const settled = settle(body, stopping.signal, () => {});
  const outcome = await Promise.race([settled, new Promise((resolve) => setTimeout(resolve, 50, 'pending'))]);
  expect(outcome).toBe('pending');
});
