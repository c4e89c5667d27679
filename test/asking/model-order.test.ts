import { describe, expect, test } from 'vitest';
import { type ModelChoice } from '../../src/protocol/conversation.ts';
import { type LastAnswer } from '../../src/asking/conversations.ts';
import { modelOrder, nameOf } from '../../src/asking/model-order.ts';

const A: ModelChoice = { provider: 'p', model: 'a' };
const B: ModelChoice = { provider: 'p', model: 'b' };
const C: ModelChoice = { provider: 'p', model: 'c' };

const order = (escalation: number, last: LastAnswer | null = null) => {
  const { models, escalated } = modelOrder([A, B, C], 2, escalation, last);
  return `${models.map(({ model }) => model).join('')}${escalated ? ' escalated' : ''}`;
};

describe('a conversation that begins', () => {
  test.each([
    [0, 'abc'],
    [1, 'abc'],
    [2, 'bca'],
    [3, 'bca'],
    [4, 'cab'],
    [99, 'cab'],
  ])('with %i red attempts is asked in the order %s', (escalation, expected) => {
    expect(order(escalation)).toBe(expected);
  });
});

describe('a conversation that goes on', () => {
  test('stays with the model that answered last', () => {
    expect(order(1, { model: A, escalation: 0 })).toBe('abc');
    expect(order(0, { model: C, escalation: 0 })).toBe('cab');
  });

  test('moves to the next model when its checks have failed often enough', () => {
    expect(order(2, { model: A, escalation: 1 })).toBe('bca escalated');
    expect(order(4, { model: B, escalation: 3 })).toBe('cab escalated');
  });

  test('never moves back by escalating: it fell over to a later model already', () => {
    expect(order(2, { model: C, escalation: 1 })).toBe('cab');
  });

  test('stays with an earlier model it fell over to until more checks fail', () => {
    expect(order(3, { model: A, escalation: 2 })).toBe('abc');
    expect(order(4, { model: A, escalation: 3 })).toBe('cab escalated');
  });

  test('begins anew when its model is no longer one of the run’s', () => {
    expect(order(2, { model: { provider: 'p', model: 'gone' }, escalation: 0 })).toBe('bca');
  });

  test('has nowhere to go with a single model', () => {
    expect(modelOrder([A], 2, 9, { model: A, escalation: 0 })).toEqual({ models: [A], escalated: false });
  });
});

test('a model is named by provider and model', () => {
  expect(nameOf({ provider: 'kimi', model: 'k2:free' })).toBe('kimi:k2:free');
});
