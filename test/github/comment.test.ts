import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import * as z from 'zod';
import { type Place } from '../../src/run/ports.ts';
import { type ForgeBed, openForgeBed, problemOf } from './forge-bed.ts';

let bed: ForgeBed;
beforeAll(async () => {
  bed = await openForgeBed();
});
afterAll(async () => {
  expect(bed.github.violations).toEqual([]);
  await bed.close();
});

const marker = '<!-- ptc:run r1 -->';
const draft = (body: string, knownId: number | null = null) => ({ subjectNumber: 1, marker, body, knownId });

async function placeWithIssue(): Promise<Place> {
  const { place, repo } = await bed.repository();
  await bed.github.as('alice', 'POST', `/repos/${repo.fullName}/issues`, { title: 'Broken' });
  return place;
}

const Shown = z.array(z.object({ id: z.number(), body: z.string() }));
async function comments({ repository }: Place): Promise<z.infer<typeof Shown>> {
  const path = `/repos/${repository.owner}/${repository.name}/issues/1/comments?per_page=100`;
  return Shown.parse((await bed.github.as('alice', 'GET', path)).body);
}
const say = (place: Place, login: string, body: string) =>
  bed.github.as(
    login,
    'POST',
    `/repos/${place.repository.owner}/${place.repository.name}/issues/1/comments`,
    { body },
  );

describe('the sticky comment', () => {
  test('is created once and then edited, by whatever process', async () => {
    const place = await placeWithIssue();
    const id = await bed.forge.putComment(place, draft('one'));
    const again = await (await bed.connect()).putComment(place, draft('two'));
    expect(again).toBe(id);
    expect(await comments(place)).toEqual([{ id, body: `${marker}\ntwo` }]);
  });

  test('is not written when its text is the same', async () => {
    const place = await placeWithIssue();
    const id = await bed.forge.putComment(place, draft(`${marker}\n\nsame  `));
    await bed.forge.putComment(place, draft(`${marker}\n\nsame`));
    await bed.forge.putComment(place, draft(`${marker}\r\n\r\nsame`, id));
    expect(bed.writesTo(place)).toEqual(['issues/create-comment']);
  });

  test('is found by its id without a search', async () => {
    const place = await placeWithIssue();
    const id = await bed.forge.putComment(place, draft('one'));
    const before = bed.github.requests.length;
    await bed.forge.putComment(place, draft('two', id));
    const asked = bed.github.requests.slice(before).map(({ operationId }) => operationId);
    expect(asked).toEqual(['issues/get-comment', 'issues/update-comment']);
  });

  test('is made anew when somebody has deleted it', async () => {
    const place = await placeWithIssue();
    const id = await bed.forge.putComment(place, draft('one'));
    const { owner, name } = place.repository;
    await bed.github.as('acme', 'DELETE', `/repos/${owner}/${name}/issues/comments/${id}`);
    const other = await bed.forge.putComment(place, draft('two', id));
    expect(await comments(place)).toEqual([{ id: other, body: `${marker}\ntwo` }]);
  });

  test('is never somebody else’s, even with our marker in it', async () => {
    const place = await placeWithIssue();
    await say(place, 'mallory', `${marker}\nmine`);
    const [theirs] = await comments(place);
    const id = await bed.forge.putComment(place, draft('ours', theirs?.id ?? null));
    expect(await comments(place)).toEqual([theirs, { id, body: `${marker}\nours` }]);
  });

  test('is never another App’s, even with our marker in it', async () => {
    const place = await placeWithIssue();
    const app = bed.github.addApp({ webhookSecret: 'x', slug: 'other-bot' });
    const installationId = bed.github.install(app, place.repository.owner);
    const other = await bed.connect(app);
    const theirs = await other.putComment({ ...place, installationId }, draft('theirs'));
    const ours = await bed.forge.putComment(place, draft('ours'));
    expect(ours).not.toBe(theirs);
  });

  test('of another marker is another comment', async () => {
    const place = await placeWithIssue();
    const id = await bed.forge.putComment(place, draft('one'));
    const other = await bed.forge.putComment(place, { ...draft('two'), marker: '<!-- ptc:run r2 -->' });
    expect(other).not.toBe(id);
  });

  test('is found behind a hundred comments', async () => {
    const place = await placeWithIssue();
    for (let count = 0; count < 100; count += 1) await say(place, 'alice', 'talk');
    const id = await bed.forge.putComment(place, draft('one'));
    expect(await (await bed.connect()).putComment(place, draft('two'))).toBe(id);
  });

  test('whose answer got lost is found, not doubled', async () => {
    const place = await placeWithIssue();
    bed.github.on(({ operationId }) => operationId === 'issues/create-comment', 'lose-answer', { times: 1 });
    const id = await bed.forge.putComment(place, draft('one'));
    expect(await comments(place)).toEqual([{ id, body: `${marker}\none` }]);
  });

  test('that is too long is a typed error before anything is asked', async () => {
    const place = await placeWithIssue();
    expect(await problemOf(bed.forge.putComment(place, draft('x'.repeat(65_536))))).toMatchObject({
      code: 'text-too-long',
      retryable: false,
    });
    expect(bed.writesTo(place)).toEqual([]);
  });

  test('on an issue that does not exist is a typed error', async () => {
    const { place } = await bed.repository();
    expect(await problemOf(bed.forge.putComment(place, draft('x')))).toMatchObject({
      code: 'github-not-found',
    });
  });
});
