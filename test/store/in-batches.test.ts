import { expect, test } from 'vitest';
import { inBatches } from '../../src/store/in-batches.ts';

const double = (asked: string[][], change = {}) =>
  inBatches({
    ask: async (questions: readonly string[]) => {
      asked.push([...questions]);
      await Promise.resolve();
      if (questions.includes('bad')) throw new Error('no');
      return questions.map((question) => question + question);
    },
    sizeOf: (question) => question.length,
    maxQuestions: 3,
    maxSize: 10,
    ...change,
  });

test('what comes together is asked together, in order, as many as may be', async () => {
  const asked: string[][] = [];
  const ask = double(asked);
  const answers = await Promise.all(['a', 'b', 'c', 'd', 'e'].map(ask));

  expect(answers).toEqual(['aa', 'bb', 'cc', 'dd', 'ee']);
  expect(asked).toEqual([
    ['a', 'b', 'c'],
    ['d', 'e'],
  ]);
});

test('what comes while others are asked is never answered with what they hear, but asked behind them', async () => {
  const asked: string[][] = [];
  const late: Promise<string>[] = [];
  const ask = double(asked, {
    ask: async (questions: readonly string[]) => {
      const isFirst = asked.push([...questions]) === 1;
      if (isFirst) late.push(ask('a'), ask('b'));
      return questions.map((question) => `${question} ${asked.length}`);
    },
  });

  expect(await ask('a')).toBe('a 1');
  expect(await Promise.all(late)).toEqual(['a 2', 'b 2']);
  expect(asked).toEqual([['a'], ['a', 'b']]);
});

test('large questions do not come together, and one that is too large comes alone', async () => {
  const asked: string[][] = [];
  await Promise.all(['a', 'x'.repeat(9), 'yy', 'z', 'w'.repeat(50), 'v'].map(double(asked)));

  expect(asked).toEqual([['a', 'x'.repeat(9)], ['yy', 'z', 'w'.repeat(50)], ['v']]);
});

test('a batch that fails fails for its own, and the next ones are asked', async () => {
  const asked: string[][] = [];
  const ask = double(asked);
  const settled = await Promise.allSettled(['a', 'bad', 'b', 'c', 'd'].map(ask));

  expect(settled.map(({ status }) => status)).toEqual([
    'rejected',
    'rejected',
    'rejected',
    'fulfilled',
    'fulfilled',
  ]);
  expect(await ask('e')).toBe('ee');
});
