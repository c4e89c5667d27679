import { afterEach, beforeEach, expect, it } from 'vitest';
import {
  type ApiAnswer,
  type Forge,
  type RecordedRequest,
  secondaryRateLimit,
  startForge,
} from './forge/index.ts';

const COMMENTS = '/repos/acme/shop/issues/1/comments';
let forge: Forge;

const isComment = ({ operationId }: RecordedRequest) => operationId === 'issues/create-comment';
const comment = (): Promise<ApiAnswer> => forge.as('alice', 'POST', COMMENTS, { body: 'hello' });
async function countComments(): Promise<number> {
  const { body } = await forge.as('alice', 'GET', COMMENTS);
  return Array.isArray(body) ? body.length : -1;
}

beforeEach(async () => {
  forge = await startForge();
  await forge.addRepository({
    owner: 'acme',
    name: 'shop',
    files: { a: '1' },
    collaborators: { alice: 'write' },
  });
  await forge.as('alice', 'POST', '/repos/acme/shop/issues', { title: 'x' });
});
afterEach(() => forge.close());

it('answers what it is told to, as often as it is told to', async () => {
  forge.on(isComment, secondaryRateLimit(7), { times: 1 });
  const refused = await comment();
  expect([refused.status, refused.headers.get('retry-after')]).toEqual([403, '7']);
  expect((await comment()).status).toBe(201);
  expect(await countComments()).toBe(1);
});

it('loses the answer to a request that it has carried out', async () => {
  forge.on(isComment, 'lose-answer', { times: 1 });
  await expect(comment()).rejects.toThrow('fetch failed');
  expect(await countComments()).toBe(1);
});

it('never answers what it is told to hang on, and can be closed meanwhile', async () => {
  const stop = forge.on(isComment, 'hang');
  const arrived = new Promise((resolve) => {
    const off = forge.on(
      ({ method }) => method === 'GET',
      async () => resolve(off()),
    );
  });
  const hanging = comment().catch((error: unknown) => error);
  expect(await countComments()).toBe(0);
  await arrived;
  stop();
  await forge.close();
  expect(await hanging).toBeInstanceOf(TypeError);
  expect(forge.requests.find(isComment)?.status).toBeUndefined();
});

it('runs hooks before and after a request is handled', async () => {
  const seen: number[] = [];
  const look = async () => {
    seen.push(await countComments());
  };
  forge.on(isComment, look, { times: 1 });
  await comment();
  forge.on(isComment, { after: look }, { times: 1 });
  await comment();
  expect(seen).toEqual([0, 2]);
});

it('records every request with its answer and no credentials', async () => {
  await comment();
  expect(forge.requests.at(-1)).toMatchObject({
    method: 'POST',
    path: COMMENTS,
    body: { body: 'hello' },
    auth: 'user',
    operationId: 'issues/create-comment',
    status: 201,
  });
  expect(JSON.stringify(forge.requests)).not.toMatch(/gh[sp]_|Bearer/);
});

it("reports what GitHub's description does not know", async () => {
  const asked: readonly (readonly [method: string, path: string, body?: unknown])[] = [
    ['POST', '/repos/acme/shop/issues', { title: 'x', boddy: 'typo' }],
    ['POST', '/repos/acme/shop/issues/1/labels', { labels: [{ colour: 'red' }] }],
    ['GET', '/repos/acme/shop/pulls?stat=open'],
    ['PUT', '/repos/acme/shop/zork'],
    ['GET', '/repos/acme/shop/issues/one'],
    ['POST', '/repos/acme/shop/issues'],
  ];
  const statuses: number[] = [];
  for (const request of asked) statuses.push((await forge.as('alice', ...request)).status);
  expect(statuses).toEqual([201, 422, 200, 404, 422, 422]);
  expect(forge.violations.map(({ kind, where }) => `${kind} ${where}`)).toEqual(
    asked.map(([method, path]) => `request ${method} ${path.replace(/\?.*/, '')}`),
  );
});
