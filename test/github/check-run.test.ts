import { afterAll, beforeAll, expect, test } from 'vitest';
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

async function placeWithHead(): Promise<{ place: Place; headSha: string }> {
  const { place, repo } = await bed.repository();
  return { place, headSha: (await repo.headOf('main')) ?? '' };
}

const draft = (headSha: string, changes: object = {}) => ({
  externalId: 'run-1',
  headSha,
  conclusion: 'success' as const,
  title: 'Proof is green',
  summary: '| check | result |',
  detailsUrl: 'https://ptc.example/runs/1',
  ...changes,
});

async function checkRuns({ repository }: Place, headSha: string): Promise<unknown> {
  const path = `/repos/${repository.owner}/${repository.name}/commits/${headSha}/check-runs`;
  return (await bed.github.as('acme', 'GET', path)).body;
}

test('a check run is finished as it is made, and is not made or written again', async () => {
  const { place, headSha } = await placeWithHead();
  const id = await bed.forge.putCheckRun(place, draft(headSha));
  expect(await (await bed.connect()).putCheckRun(place, draft(headSha))).toBe(id);
  expect(bed.writesTo(place)).toEqual(['checks/create']);
  expect(await checkRuns(place, headSha)).toMatchObject({
    total_count: 1,
    check_runs: [
      {
        id,
        name: 'PTC Bot',
        status: 'completed',
        conclusion: 'success',
        external_id: 'run-1',
        details_url: 'https://ptc.example/runs/1',
        output: { title: 'Proof is green', summary: '| check | result |' },
      },
    ],
  });
});

test('a check run that says something else now is updated', async () => {
  const { place, headSha } = await placeWithHead();
  const id = await bed.forge.putCheckRun(place, draft(headSha));
  expect(await bed.forge.putCheckRun(place, draft(headSha, { conclusion: 'failure' }))).toBe(id);
  expect(await checkRuns(place, headSha)).toMatchObject({ check_runs: [{ id, conclusion: 'failure' }] });
});

test('without an address of ours it is not written again for the one GitHub fills in', async () => {
  const { place, headSha } = await placeWithHead();
  await bed.forge.putCheckRun(place, draft(headSha, { detailsUrl: null }));
  await bed.forge.putCheckRun(place, draft(headSha, { detailsUrl: null }));
  expect(bed.writesTo(place)).toEqual(['checks/create']);
});

test('another run on the same commit has a check run of its own', async () => {
  const { place, headSha } = await placeWithHead();
  const id = await bed.forge.putCheckRun(place, draft(headSha));
  expect(await bed.forge.putCheckRun(place, draft(headSha, { externalId: 'run-2' }))).not.toBe(id);
  expect(await bed.forge.putCheckRun(place, draft(headSha))).toBe(id);
});

test('a check run whose answer got lost is found', async () => {
  const { place, headSha } = await placeWithHead();
  bed.github.on(({ operationId }) => operationId === 'checks/create', 'lose-answer', { times: 1 });
  await bed.forge.putCheckRun(place, draft(headSha));
  expect(await checkRuns(place, headSha)).toMatchObject({ total_count: 1 });
});

test('a commit GitHub does not know is a typed error with GitHub’s own words', async () => {
  const { place } = await placeWithHead();
  expect(await problemOf(bed.forge.putCheckRun(place, draft('0'.repeat(40))))).toMatchObject({
    code: 'github-validation',
    message: expect.stringContaining('No commit found'),
  });
});

test('a summary that is too long is a typed error', async () => {
  const { place, headSha } = await placeWithHead();
  const problem = await problemOf(
    bed.forge.putCheckRun(place, draft(headSha, { summary: 'x'.repeat(65_536) })),
  );
  expect(problem.code).toBe('text-too-long');
});
