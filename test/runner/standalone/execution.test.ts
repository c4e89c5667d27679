import { afterAll, beforeAll, expect, test } from 'vitest';
import { SAMPLE_FILES, SAMPLE_ISSUE, SAMPLE_TURNS } from '../../helpers/sample-project.ts';
import { PROVIDER_KEY, type StandaloneBed, standaloneBed } from './bed.ts';

let bed: StandaloneBed;
beforeAll(async () => {
  const prompt = `${SAMPLE_ISSUE.title}\n\n${SAMPLE_ISSUE.body}`;
  bed = await standaloneBed({ files: SAMPLE_FILES, script: SAMPLE_TURNS, prompt });
});
afterAll(() => bed.close());

test('execution.sh with the contract’s variables alone makes a proven pull request and tells of it', async () => {
  const ended = await bed.execute();
  expect(ended.log).not.toContain(PROVIDER_KEY);
  expect(ended.code, ended.log).toBe(0);
  const [pullRequest, ...others] = await bed.pullRequests();
  expect(others).toEqual([]);
  expect(pullRequest).toMatchObject({
    draft: false,
    title: 'Show a whole hour as 1h',
    head: { ref: 'ptc/task-17' },
    base: { ref: 'main' },
  });
  expect(await bed.repository.git('log', '-1', '--format=%an%n%P%n%s', 'ptc/task-17')).toBe(
    `PTC Bot\n${await bed.repository.headOf('main')}\nShow a whole hour as 1h`,
  );
  const said = bed.receiver.posts;
  expect(said.map(({ type }) => type).filter((type) => type !== 'task.progress')).toEqual([
    'workspace.created',
    'pr.created',
    'task.completed',
    'workspace.status',
  ]);
  expect(said.every((post) => Object.values(post).every((value) => typeof value === 'string'))).toBe(true);
  expect(said.at(-2)).toEqual({
    type: 'task.completed',
    taskId: 'task-17',
    workspaceId: 'workspace-3',
    branchName: 'ptc/task-17',
    prUrl: String(pullRequest?.['html_url']),
    status: 'success',
    error: '',
    message: String(pullRequest?.['html_url']),
  });
  expect(bed.forge.violations).toEqual([]);
});
