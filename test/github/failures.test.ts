import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { toProblem } from '../../src/domain/errors.ts';
import { isUnavailable, rateLimitPauseMs, statusOf, toGitHubError } from '../../src/github/errors.ts';
import { createForge } from '../../src/github/forge.ts';
import { type Place } from '../../src/run/ports.ts';
import { type RecordedRequest, secondaryRateLimit } from '../helpers/forge/index.ts';
import { type ForgeBed, openForgeBed, problemOf } from './forge-bed.ts';

let bed: ForgeBed;
let place: Place;
let faults: (() => void)[] = [];

beforeAll(async () => {
  bed = await openForgeBed({ requestTimeoutMs: 400 });
  ({ place } = await bed.repository());
  await bed.forge.branchHead(place, 'main');
});
afterEach(() => {
  for (const stop of faults) stop();
  faults = [];
});
afterAll(async () => {
  expect(bed.github.violations).toEqual([]);
  await bed.close();
});

const isRead = ({ operationId }: RecordedRequest) => operationId === 'git/get-ref';
const answer = (reply: Parameters<ForgeBed['github']['on']>[1], times?: number) =>
  void faults.push(bed.github.on(isRead, reply, times === undefined ? {} : { times }));
const read = () => bed.forge.branchHead(place, 'main');
const reads = async (work: Promise<unknown>): Promise<number> => {
  const before = bed.github.requests.filter(isRead).length;
  await work.catch(() => undefined);
  return bed.github.requests.filter(isRead).length - before;
};
const limited = { 'x-ratelimit-remaining': '0' };

describe('GitHub refusing', () => {
  test.each([
    ['401', { status: 401, body: { message: 'Bad credentials' } }, 'github-unauthorized', false],
    [
      '403',
      { status: 403, body: { message: 'Resource not accessible by integration' } },
      'github-forbidden',
      false,
    ],
    ['409', { status: 409, body: { message: 'Git Repository is empty.' } }, 'github-conflict', false],
    ['410', { status: 410, body: { message: 'Gone' } }, 'github-not-found', false],
    ['422', { status: 422, body: { message: 'Validation Failed' } }, 'github-validation', false],
    ['451', { status: 451, body: { message: 'Blocked' } }, 'github-forbidden', false],
    ['418', { status: 418, body: { message: 'A teapot' } }, 'github-unexpected', false],
  ])(
    'with %s is a typed error in GitHub’s words, not tried again',
    async (_status, reply, code, retryable) => {
      // Right after a token was made Octokit waits and tries a 401 again, for seconds; asked as a failed request here.
      if (reply.status === 401) {
        const thrown = Object.assign(new Error('Bad credentials'), {
          status: 401,
          response: { headers: {}, data: {} },
        });
        expect(toProblem(toGitHubError(thrown, 'show it'))).toMatchObject({ code, retryable });
        return;
      }
      answer(reply);
      expect(await problemOf(read())).toMatchObject({
        code,
        retryable,
        message: expect.stringContaining(reply.body.message),
        remedy: expect.stringMatching(/\w/),
      });
      expect(await reads(read())).toBe(1);
    },
  );

  test('gives the details of a validation without the link to the documentation', async () => {
    const body = {
      message: 'Validation Failed',
      errors: [{ resource: 'PullRequest', field: 'head', code: 'invalid' }],
      documentation_url: 'https://docs.github.com/rest/pulls',
    };
    answer({ status: 422, body });
    const { message } = await problemOf(read());
    expect(message).toContain('"field":"head"');
    expect(message).not.toContain('docs.github.com');
  });
});

describe('GitHub failing', () => {
  test.each([500, 502, 503, 504])('with %i once is got over', async (status) => {
    answer({ status }, 1);
    expect(await read()).toMatch(/^[0-9a-f]{40}$/);
  });

  test('for long is a typed error that a later attempt may not meet, after three attempts', async () => {
    answer({ status: 502, body: { message: 'Server Error' } });
    expect(await problemOf(read())).toMatchObject({ code: 'github-unavailable', retryable: true });
    expect(await reads(read())).toBe(3);
  });

  test('by not answering in time', async () => {
    answer('hang');
    expect(await problemOf(read())).toMatchObject({ code: 'github-unavailable', retryable: true });
  });

  test('by cutting the connection is got over', async () => {
    answer('lose-answer', 2);
    expect(await read()).toMatch(/^[0-9a-f]{40}$/);
  });

  test('in the token request is got over too', async () => {
    faults.push(
      bed.github.on(
        ({ operationId }) => operationId === 'apps/create-installation-access-token',
        { status: 502 },
        { times: 1 },
      ),
    );
    expect(await bed.forge.cloneToken(place)).toMatchObject({ token: expect.stringMatching(/^ghs_/) });
  });
});

describe('GitHub limiting us', () => {
  test('for a moment is waited out', async () => {
    answer(secondaryRateLimit(0), 1);
    expect(await read()).toMatch(/^[0-9a-f]{40}$/);
  });

  test.each([
    ['a secondary limit', secondaryRateLimit(3600)],
    [
      'the hourly limit',
      { status: 403, headers: { ...limited, 'x-ratelimit-reset': '9999999999' }, body: {} },
    ],
    ['429', { status: 429, headers: { 'retry-after': '3600' }, body: {} }],
  ])('for an hour by %s is left to the caller', async (_how, reply) => {
    answer(reply);
    expect(await problemOf(read())).toMatchObject({ code: 'github-rate-limited', retryable: true });
    expect(await reads(read())).toBe(1);
  });

  test('says how long to wait', () => {
    const thrown = (status: number, headers: object) =>
      Object.assign(new Error('x'), { status, response: { headers, data: {} } });
    expect(rateLimitPauseMs(thrown(403, { 'retry-after': '7' }), 0)).toBe(7000);
    expect(rateLimitPauseMs(thrown(429, { 'retry-after': 'nonsense' }), 0)).toBe(0);
    expect(rateLimitPauseMs(thrown(429, {}), 0)).toBe(60_000);
    expect(rateLimitPauseMs(thrown(403, { ...limited, 'x-ratelimit-reset': '10' }), 4000)).toBe(6000);
    expect(rateLimitPauseMs(thrown(403, { ...limited, 'x-ratelimit-reset': '1' }), 4000)).toBe(0);
    expect(rateLimitPauseMs(thrown(403, { 'x-ratelimit-remaining': '10' }), 0)).toBeNull();
    expect(rateLimitPauseMs(thrown(422, { 'retry-after': '7' }), 0)).toBeNull();
  });
});

test('what is no failed request is nobody’s answer and comes back as it is', () => {
  const thrown = new Error('a bug');
  expect(toGitHubError(thrown, 'x')).toBe(thrown);
  expect([statusOf(thrown), rateLimitPauseMs(thrown, 0), isUnavailable(thrown)]).toEqual([null, null, false]);
});

test('closed, the connection ends what is under way and takes nothing more', async () => {
  const other = await openForgeBed();
  try {
    const made = await other.repository();
    const forge = createForge({ ...other.connection, firstPauseMs: 1 });
    await forge.branchHead(made.place, 'main');
    const arrived = Promise.withResolvers<void>();
    other.github.on(isRead, async () => {
      arrived.resolve();
      await new Promise(() => undefined);
    });
    const hanging = problemOf(forge.branchHead(made.place, 'main'));
    await arrived.promise;
    other.connection.close();
    expect(await hanging).toMatchObject({ code: 'github-closed', retryable: true });
    expect(await problemOf(forge.branchHead(made.place, 'main'))).toMatchObject({ code: 'github-closed' });
  } finally {
    await other.close();
  }
});
