import { describe, expect, it, test } from 'vitest';
import { type Plan, readPlan } from '../../../src/domain/plan.ts';
import { byName, keepApart, predictedFiles } from '../../../src/runner/schedule/predicted-files.ts';

const TRACKED = ['src/cart.js', 'src/index.js', 'test/index.js', 'README.md', 'a b/ü.txt'];

const plan = (goals: readonly string[], graph: Readonly<Record<string, readonly string[]>> = {}): Plan =>
  readPlan({
    subtasks: goals.map((goal) => ({ goal, task_type: 'CODE_INTERPRET' })),
    dependencies_graph: graph,
  });

describe('the files a subtask will probably change', () => {
  it.each([
    ['a path of the repository', 'Mend `src/cart.js`.', ['src/cart.js']],
    [
      'a name that stands in one place',
      'Mend cart.js, and say so in README.md',
      ['src/cart.js', 'README.md'],
    ],
    ['no name that stands in many', 'Mend index.js', []],
    ['a new path', 'Make ./src/price/tax.js', ['src/price/tax.js']],
    ['no words with a slash and nothing else', 'Use TCP/IP and/or UDP', []],
    ['no number with a point', 'Raise it to 1.5', []],
  ])('%s', (_, goal, files) => {
    expect([...predictedFiles({ goal, task_type: 'WRITE' }, byName(TRACKED))]).toEqual(files);
  });

  it('those it names itself', () => {
    const subtask = { goal: 'Mend it', task_type: 'CODE_INTERPRET', files: ['./a b/ü.txt'] } as const;
    expect([...predictedFiles(subtask, byName(TRACKED))]).toEqual(['a b/ü.txt']);
  });

  it('none for one that only looks', () => {
    expect(predictedFiles({ goal: 'Read src/cart.js', task_type: 'THINK' }, byName(TRACKED)).size).toBe(0);
  });
});

test('of two that change the same file the later one waits', () => {
  expect(keepApart(plan(['cart.js', 'README.md', 'src/cart.js']), TRACKED)).toEqual([[], [], [0]]);
});

test('what waits already, over another one too, gets no further edge', () => {
  const waiting = plan(['cart.js', 'nothing', 'cart.js'], { '1': ['0'], '2': ['1'] });
  expect(keepApart(waiting, TRACKED)).toEqual([[], [], []]);
});

test('many that all change one file go one after the other', () => {
  expect(keepApart(plan(['cart.js', 'cart.js', 'cart.js', 'cart.js']), TRACKED)).toEqual([[], [0], [1], [2]]);
});

test('an edge never leads back, whatever the indices say', () => {
  expect(keepApart(plan(['cart.js', 'cart.js'], { '0': ['1'] }), TRACKED)).toEqual([[], []]);
});
