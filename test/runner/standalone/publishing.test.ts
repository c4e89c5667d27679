import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type RecordedRequest } from '../../helpers/forge/index.ts';
import { type StandaloneBed, standaloneBed } from './bed.ts';

let bed: StandaloneBed;
beforeAll(async () => {
  bed = await standaloneBed({
    files: { 'notes.txt': 'one\n' },
    script: {
      conversations: [
        { about: { tool: 'atomize' }, turns: [tool('atomize', { is_atomic: true, node_type: 'EXECUTE' })] },
        {
          about: { says: 'Write a guide' },
          turns: [tool('apply_patch', { diff: '--- /dev/null\n+++ b/AGENTS.md\n@@\n+Obey.\n' }), FINISH],
        },
        { about: { says: 'Do nothing' }, turns: [FINISH, FINISH, FINISH, FINISH] },
        {
          about: { tool: 'finish' },
          turns: [tool('apply_patch', { diff: '--- a/notes.txt\n+++ b/notes.txt\n@@\n-one\n+1\n' }), FINISH],
        },
      ],
    },
    prompt: 'Write 1',
  });
});
afterAll(() => bed.close());
let postsBefore = 0;
beforeEach(() => {
  postsBefore = bed.receiver.posts.length;
});

const tool = (name: string, input: unknown) => ({ tools: [{ name, input }] });
const FINISH = tool('finish', { title: 'Write 1', body: 'As asked.\n\n[skip ci] closes #1' });
const lastNews = () => bed.receiver.posts.slice(postsBefore).at(-2);
const branches = async (): Promise<readonly string[]> =>
  (await bed.repository.git('for-each-ref', '--format=%(refname:short)', 'refs/heads')).split('\n');
const createsPullRequest = ({ operationId }: RecordedRequest): boolean => operationId === 'pulls/create';

describe('what is published', () => {
  test('nothing with SKIP_PUSH_TO_REMOTE: the patch is the result', async () => {
    const ended = await bed.run({ SKIP_PUSH_TO_REMOTE: 'true' });
    expect(ended).toMatchObject({ code: 0 });
    expect(ended.file('change.patch')).toContain('+1');
    expect(await branches()).toEqual(['main']);
    expect(lastNews()).toMatchObject({ type: 'task.completed', prUrl: '', status: 'success' });
  });

  test('nothing without a token, although the repository can be cloned', async () => {
    expect(await bed.run({ GITHUB_TOKEN: undefined })).toMatchObject({ code: 0 });
    expect(await branches()).toEqual(['main']);
    expect(lastNews()?.['message']).toContain('change.patch');
  });

  test('all of it with the token that stands in TARGET_REPO', async () => {
    const url = new URL(bed.repository.cloneUrl);
    url.password = bed.env['GITHUB_TOKEN'] ?? '';
    const ended = await bed.run({ TASK_ID: 'in-url', TARGET_REPO: url.href, GITHUB_TOKEN: undefined });
    expect(ended).toMatchObject({ code: 0 });
    expect(await branches()).toContain('ptc/in-url');
    expect(`${ended.file('job.json')}${ended.log}`).not.toContain(url.password);
  });

  test('a branch alone with SKIP_PR_CREATION', async () => {
    expect(await bed.run({ TASK_ID: 'alone', SKIP_PR_CREATION: 'true' })).toMatchObject({ code: 0 });
    expect(await branches()).toContain('ptc/alone');
    expect(lastNews()).toMatchObject({ branchName: 'ptc/alone', prUrl: '', status: 'success' });
  });

  test('a draft, where nothing proves the change, with texts that skip no check and close no issue', async () => {
    expect(await bed.run({ TASK_ID: 'draft' })).toMatchObject({ code: 0 });
    const [pull] = await bed.pullRequests();
    expect(pull).toMatchObject({ draft: true, head: { ref: 'ptc/draft' } });
    expect(pull?.['body']).toContain('## Proof');
    const message = await bed.repository.git('log', '-1', '--format=%B', 'ptc/draft');
    expect(message).toMatch(/PTC-Task: draft$/);
    for (const text of [message, String(pull?.['body'])]) expect(text).not.toMatch(/closes #1/);
    expect(message).not.toContain('[skip ci]');
  });

  test('beside somebody’s branch of that name, which stays as it is', async () => {
    const theirs = await bed.repository.commit('ptc/taken', { 'theirs.txt': 'x' }, 'Theirs');
    expect(await bed.run({ TASK_ID: 'taken' })).toMatchObject({ code: 0 });
    expect(await bed.repository.headOf('ptc/taken')).toBe(theirs);
    expect(lastNews()).toMatchObject({ branchName: 'ptc/taken-2', status: 'success' });
  });

  test('once, when the answer to the request for a pull request is lost', async () => {
    bed.forge.on(createsPullRequest, 'lose-answer', { times: 1 });
    expect(await bed.run({ TASK_ID: 'lost' })).toMatchObject({ code: 0 });
    const heads = (await bed.pullRequests()).filter(({ title }) => title === 'Write 1');
    expect(heads.filter(({ head }) => JSON.stringify(head).includes('"ptc/lost"'))).toHaveLength(1);
  });

  test('marked as a draft by its title, where the repository knows none', async () => {
    bed.forge.on(createsPullRequest, { status: 422 }, { times: 1 });
    expect(await bed.run({ TASK_ID: 'plain' })).toMatchObject({ code: 0 });
    const [pull] = await bed.pullRequests();
    expect(pull).toMatchObject({ draft: false, title: '[Draft] Write 1' });
  });
});

describe('what is not published fails, says why and keeps the patch:', () => {
  test('a change that policy asks a person about', async () => {
    const ended = await bed.run({ TASK_ID: 'guide', AGENT_PROMPT: 'Write a guide' });
    expect(ended.code).toBe(1);
    expect(ended.file('change.patch')).toContain('+Obey.');
    expect(await branches()).not.toContain('ptc/guide');
    expect(lastNews()).toMatchObject({
      type: 'task.failed',
      error: expect.stringMatching(
        /^policy-refused: .*AGENTS\.md: it instructs coding agents.*change\.patch/s,
      ),
    });
  });

  test('one for which the token has no right', async () => {
    const ended = await bed.run({ TASK_ID: 'denied', GITHUB_TOKEN: bed.forge.userToken('stranger') });
    expect(ended.code).toBe(1);
    expect(ended.file('change.patch')).toContain('+1');
    expect(lastNews()).toMatchObject({ error: expect.stringMatching(/^push-failed: /) });
  });

  test('one that would go onto its own base', async () => {
    expect(await bed.run({ BRANCH_NAME: 'main' })).toMatchObject({ code: 1 });
    expect(lastNews()).toMatchObject({ error: expect.stringMatching(/^branch-is-base: /) });
  });

  test('none at all', async () => {
    expect(await bed.run({ AGENT_PROMPT: 'Do nothing' })).toMatchObject({ code: 1 });
    expect(lastNews()).toMatchObject({ prUrl: '', error: expect.stringMatching(/^nothing-changed: /) });
  });
});
