import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { type ServerProcess } from '../helpers/server-process.ts';
import {
  createWorld,
  MAINTAINER,
  OWNER,
  REPOSITORY,
  until,
  untilFinished,
  type World,
} from '../helpers/world.ts';

/** One server for all: each test has an issue or pull request of its own. */
let world: World;
let server: ServerProcess;
const api = `/repos/${OWNER}/${REPOSITORY}`;

/** A change that can be made again and again, and that no test proves. */
const TURNS = [
  { tools: [{ name: 'run_command', input: { command: 'echo more >> README.md' } }] },
  { tools: [{ name: 'finish', input: { title: 'Say more', body: 'The README says more.' } }] },
  { tools: [{ name: 'finish', input: { title: 'Say more', body: 'There is nothing to test.' } }] },
];

beforeAll(async () => {
  world = await createWorld({ turns: TURNS });
  server = await world.start();
});
afterAll(() => world.close());

const Comments = z.array(z.object({ body: z.string(), user: z.object({ login: z.string() }) }));
const PullRequest = z.object({
  number: z.number(),
  title: z.string(),
  body: z.string(),
  draft: z.boolean(),
  head: z.object({ ref: z.string(), sha: z.string() }),
  base: z.object({ ref: z.string() }),
});

const get = async (path: string): Promise<unknown> =>
  (await world.forge.as(MAINTAINER, 'GET', `${api}${path}`)).body;

/** Texts of our own comments there. */
const answers = async (number: number): Promise<readonly string[]> =>
  Comments.parse(await get(`/issues/${number}/comments`))
    .filter(({ user }) => user.login === world.app.botLogin)
    .map(({ body }) => body);

const answered = (number: number, text: string): Promise<readonly string[]> =>
  until(`the answer “${text}”`, async () => {
    const all = await answers(number);
    return all.some((body) => body.includes(text)) ? all : null;
  });

const openPullRequest = async (head: string, login = MAINTAINER): Promise<number> => {
  const body = { title: `From ${head}`, head, base: 'main', body: 'Mine.' };
  return PullRequest.parse((await world.forge.as(login, 'POST', `${api}/pulls`, body)).body).number;
};

test('a change that nothing proves is a draft that says so', async () => {
  const issue = await world.openIssue({ title: 'Say more', body: '' });
  const state = await untilFinished(server, await world.comment(issue, 'Please:\n/ptc build in the README'));
  expect(state.status).toBe('unproven');
  const pulls = z.array(PullRequest).parse(await get('/pulls'));
  const pull = pulls.find(({ head }) => head.ref === `ptc/${issue}-say-more`);
  expect(pull).toMatchObject({ draft: true, base: { ref: 'main' } });
  expect(pull?.body).toContain('Not proven');
});

describe('on a pull request', () => {
  test('of our own, another commit is put on its branch', async () => {
    const issue = await world.openIssue({ title: 'Ours', body: '' });
    await untilFinished(server, await world.label(issue));
    const ours = z
      .array(PullRequest)
      .parse(await get('/pulls'))
      .find(({ head }) => head.ref === `ptc/${issue}-ours`);
    const state = await untilFinished(server, await world.comment(ours?.number ?? 0, '/ptc build even more'));
    expect(state.status).toBe('unproven');
    const after = PullRequest.parse(await get(`/pulls/${ours?.number}`));
    expect(await world.repository.git('rev-parse', `${after.head.sha}^`)).toBe(ours?.head.sha);
  });

  test('of somebody else, a pull request into its branch is made', async () => {
    await world.repository.commit('feature', { 'feature.txt': 'x\n' }, 'Feature');
    const theirs = await openPullRequest('feature');
    await untilFinished(server, await world.comment(theirs, '/ptc build'));
    const made = z
      .array(PullRequest)
      .parse(await get('/pulls'))
      .find(({ base }) => base.ref === 'feature');
    expect(made?.head.ref).toBe(`ptc/${theirs}-from-feature`);
    expect(await world.repository.headOf('feature')).toBe(
      await world.repository.git('rev-parse', `${made?.head.sha}^`),
    );
  });

  test('of a fork, the reason is given and nothing is run', async () => {
    const fork = await world.forge.fork(`${OWNER}/${REPOSITORY}`, 'frida');
    await fork.commit('idea', { 'idea.txt': 'x\n' }, 'Idea');
    const number = await openPullRequest('frida:idea', 'frida');
    await world.comment(number, '/ptc build');
    expect(await answered(number, 'comes from a fork')).toHaveLength(1);
  });
});

describe('what starts nothing is explained', () => {
  test('the label on a pull request', async () => {
    await world.repository.commit('labelled', { 'labelled.txt': 'x\n' }, 'Labelled');
    const number = await openPullRequest('labelled');
    await world.forge.as(MAINTAINER, 'POST', `${api}/issues/${number}/labels`, { labels: ['ptc:build'] });
    expect(await answered(number, 'works on issues')).toHaveLength(1);
  });

  test('a build on a closed issue', async () => {
    const issue = await world.openIssue({ title: 'Closed', body: '' });
    await world.forge.as(MAINTAINER, 'PATCH', `${api}/issues/${issue}`, { state: 'closed' });
    await world.comment(issue, '/ptc build');
    expect(await answered(issue, 'Reopen it')).toHaveLength(1);
  });
});

describe('who is heard', () => {
  test('a stranger is answered once, however often they ask', async () => {
    const issue = await world.openIssue({ title: 'Public', body: '' });
    world.forge.addUser({ login: 'stranger' });
    await world.comment(issue, '/ptc build', 'stranger');
    await answered(issue, 'Only people who can write');
    const asked = world.forge.requests.length;
    await world.comment(issue, '/ptc build', 'stranger');
    await until('the second question to be looked at', () =>
      world.forge.requests
        .slice(asked)
        .some(({ operationId, auth }) => auth === 'installation' && operationId === 'issues/list-comments'),
    );
    expect(await answers(issue)).toHaveLength(1);
  });
});

describe('the other commands', () => {
  test('status, cancel and help are answered', async () => {
    const issue = await world.openIssue({ title: 'Talk', body: '' });
    await world.comment(issue, '/ptc status');
    await answered(issue, 'There has been no run here yet');
    await world.comment(issue, '/ptc cancel');
    await answered(issue, 'Nothing is running here');
    await world.comment(issue, '/ptc dance');
    const all = await answered(issue, 'I do not know that command');
    expect(all).toHaveLength(3);
  });

  test('a command in code, in a quote or in an HTML comment is none', async () => {
    const issue = await world.openIssue({ title: 'Quote', body: '' });
    await world.comment(issue, '```\n/ptc help\n```\n> /ptc help\n\n<!--\n/ptc help\n-->');
    await world.comment(issue, '/ptc help');
    await answered(issue, 'I understand:');
    expect(await answers(issue)).toHaveLength(1);
  });
});

test('a redelivery and a second label start nothing new', async () => {
  const issue = await world.openIssue({ title: 'Twice', body: '' });
  const runId = await world.label(issue);
  const delivery = world.forge.deliveries.find(({ guid }) => `run-${guid}` === runId);
  await world.forge.redeliver(delivery?.id ?? 0);
  await world.comment(issue, '/ptc build again');
  await answered(issue, 'A run is already at work here');
  await untilFinished(server, runId);
  const heads = z
    .array(PullRequest)
    .parse(await get('/pulls'))
    .map(({ head }) => head.ref);
  expect(heads.filter((ref) => ref.startsWith(`ptc/${issue}-`))).toEqual([`ptc/${issue}-twice`]);
});

test('nothing that was asked of the forge is against GitHub’s description', () => {
  expect(world.forge.violations).toEqual([]);
});
