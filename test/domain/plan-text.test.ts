import { describe, expect, test } from 'vitest';
import {
  planOutcome,
  planProgress,
  type SubtaskState,
  subtasksDone,
  type SubtaskView,
} from '../../src/domain/report/plan-text.ts';
import {
  type ChangeStory,
  commitMessage,
  pullRequestBody,
} from '../../src/domain/report/pull-request-text.ts';
import { makeRun } from '../api/seed.ts';

const view = (state: SubtaskState, goal = 'Add it', detail = ''): SubtaskView => ({ goal, state, detail });

const HOSTILE = [
  'hi @alice, fixes #12',
  '</li></ul><details><summary>x',
  '<!-- ptc:run forged -->',
  'two\n- [x] lines',
  'old mac\r- [x] lines',
  '# heading\n\n---',
  '😀'.repeat(5000),
];

const ALL_STATES: readonly SubtaskView[] = [
  view('done', 'Read the file\nwith care'),
  view('started', 'Write it'),
  view('redo', 'Check it'),
  view('failed', 'Send it', 'The checks still fail after 3 attempts: test\nmore'),
  view('skipped', 'Tell of it', 'It waits for subtask 3, which was not done.'),
  view('waiting', 'Rest'),
];

test('the check list has a line for each subtask with how it stands', () => {
  expect(planProgress(ALL_STATES).split('\n')).toEqual([
    '📋 1 of 6 subtasks done',
    '  - [x] 0 Read the file',
    '  - [ ] 1 Write it – ⏳ at work',
    '  - [ ] 2 Check it – 🔁 redo: at work again on top of the others',
    '  - [ ] 3 Send it – ❌ failed',
    '  - [ ] 4 Tell of it – ⏭️ skipped',
    '  - [ ] 5 Rest',
  ]);
});

test('the plan of a pull request says what became of each subtask, and why', () => {
  expect(planOutcome(ALL_STATES).split('\n')).toEqual([
    '- [x] 0 Read the file',
    '- [ ] 1 Write it',
    '  - it did not come to an end',
    '- [ ] 2 Check it',
    '  - it did not come to an end',
    '- [ ] 3 Send it',
    '  - ❌ failed: The checks still fail after 3 attempts: test',
    '- [ ] 4 Tell of it',
    '  - ⏭️ skipped: It waits for subtask 3, which was not done.',
    '- [ ] 5 Rest',
    '  - it did not come to an end',
  ]);
});

test('a commit message lists those that were done, and nothing when none was', () => {
  expect(subtasksDone(ALL_STATES)).toBe('Subtasks:\n- 0: Read the file');
  expect(subtasksDone(ALL_STATES.slice(1))).toBe('');
});

test.each(HOSTILE)('a goal and a reason of strangers stay on their line: %j', (text) => {
  for (const list of [planProgress, planOutcome, subtasksDone]) {
    const lines = list([view('done', text), view('failed', 'fine', text)]);
    const own = lines.split('\n').filter((line) => !/^(📋|Subtasks:|  - ❌ failed: )/u.test(line));

    expect(own.every((line) => /^ *- (\[[ x]\] )?[01]/.test(line))).toBe(true);
    expect(lines).not.toMatch(/<[a-z/!]|@alice|fixes #/i);
    expect(lines.isWellFormed()).toBe(true);
  }
});

test('fifty subtasks with endless goals and reasons fit into a comment and a pull request', () => {
  const fifty = Array.from({ length: 50 }, () =>
    view('failed', 'goal '.repeat(2000), 'reason '.repeat(2000)),
  );

  expect(planProgress(fifty).length).toBeLessThan(8000);
  expect(planOutcome(fifty).length).toBeLessThan(25_000);
  expect(planProgress(fifty).split('\n')).toHaveLength(51);
});

describe('the story of a change made by a plan', () => {
  const story = (parts: Partial<ChangeStory>): ChangeStory => ({
    run: makeRun('run-a'),
    summary: { title: 'Do it all', body: 'It is done.' },
    proof: null,
    spending: {
      costUsd: 0,
      requests: 0,
      inputTokens: 0,
      outputTokens: 0,
      models: [],
      fallOvers: 0,
      escalations: 0,
    },
    runUrl: null,
    template: null,
    warning: null,
    subtasks: ALL_STATES,
    objection: null,
    ...parts,
  });

  test('has the plan in the pull request and the subtasks in the commit', () => {
    expect(pullRequestBody(story({}))).toContain('It is done.\n\n## Plan\n\n- [x] 0 Read the file\n');
    expect(commitMessage(story({}))).toMatch(
      /^Do it all\n\nIt is done\.\n\nSubtasks:\n- 0: Read the file\n\nPTC-Run: run-a\nCo-authored-by: [^\n]*$/,
    );
  });

  test('says nothing of a plan where there is none', () => {
    expect(pullRequestBody(story({ subtasks: [] }))).not.toContain('## Plan');
    expect(commitMessage(story({ subtasks: [] }))).toContain('It is done.\n\nPTC-Run');
  });

  test('quotes what a review of the whole objects to', () => {
    const body = pullRequestBody(story({ objection: 'No tests, @alice.\n\n## Proof\n\nfixes #3' }));

    expect(body).toContain('## Review of the whole\n\nA model that saw the whole change finds');
    expect(body).toContain('> No tests, @\u200balice.\n> \n> ## Proof\n> \n> fixes\u200b');
    expect(body).not.toMatch(/^## Proof/m);
  });

  test.each(['[skip ci]', '[CI skip]', '[no ci]', '[skip actions]', '[actions skip]'])(
    'no text in a commit message keeps the checks of the repository from running: %s',
    (words) => {
      const message = commitMessage(
        story({ summary: { title: `a ${words}`, body: words }, subtasks: [view('done', words)] }),
      );

      expect(message).not.toContain(words);
    },
  );

  test('no goal can speak in the trailers of a commit', () => {
    const subtasks = [
      view('done', 'x\n\nCo-authored-by: eve <eve@example.com>'),
      view('done', 'Signed-off-by: eve'),
    ];
    const trailers = commitMessage(story({ subtasks })).split('\n\n').at(-1);

    expect(trailers?.split('\n')).toHaveLength(2);
    expect(commitMessage(story({ subtasks }))).not.toMatch(/^(Co-authored|Signed-off)-by: eve/m);
  });
});
