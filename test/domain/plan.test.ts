import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { graphOrder, layersOf, MAX_SUBTASKS, readPlan, toDocument } from '../../src/domain/plan.ts';

const subtask = (goal: string) => ({ goal, task_type: 'CODE_INTERPRET' });
const subtasks = (count: number) => Array.from({ length: count }, (_, index) => subtask(`goal ${index}`));

test('a plan as ROMA writes it is read, and written again the same', () => {
  const document = {
    subtasks: [
      { goal: ' look ', task_type: 'RETRIEVE', dependencies: [], result: null, context_input: 'here' },
      subtask('build'),
    ],
    dependencies_graph: { '1': ['0', '0'] },
  };
  const plan = readPlan(document);
  expect(plan.after).toEqual([[], [0]]);
  expect(plan.subtasks[0]).toEqual({ goal: 'look', task_type: 'RETRIEVE', context_input: 'here' });
  expect(readPlan(toDocument(plan))).toEqual(plan);
});

test('without a graph nothing waits, and `dependencies` alone make no edge, as in ROMA', () => {
  const plan = readPlan({ subtasks: [subtask('a'), { ...subtask('b'), dependencies: ['0'] }] });
  expect(plan.after).toEqual([[], []]);
});

describe('what is no plan is an error that names the fault', () => {
  it.each([
    ['prose', 'First we should look around.', 'plan-invalid', 'expected object'],
    ['no subtasks', { subtasks: [] }, 'plan-invalid', 'subtasks'],
    ['an empty goal', { subtasks: [subtask('  ')] }, 'plan-invalid', 'subtasks[0].goal'],
    [
      'an unknown type',
      { subtasks: [{ goal: 'a', task_type: 'COOK' }] },
      'plan-invalid',
      'subtasks[0].task_type',
    ],
    [
      'an index past the end',
      { subtasks: subtasks(2), dependencies_graph: { '1': ['2'] } },
      'plan-invalid',
      '"2"',
    ],
    [
      'an index that is none',
      { subtasks: subtasks(2), dependencies_graph: { one: ['0'] } },
      'plan-invalid',
      '"one"',
    ],
    [
      'a negative index',
      { subtasks: subtasks(2), dependencies_graph: { '1': ['-1'] } },
      'plan-invalid',
      '"-1"',
    ],
    ['200 subtasks', { subtasks: subtasks(200) }, 'plan-too-large', '200'],
    [
      'a cycle',
      { subtasks: subtasks(3), dependencies_graph: { '0': ['2'], '1': ['0'], '2': ['1'] } },
      'plan-cyclic',
      '0 → 2 → 1 → 0',
    ],
    [
      'a subtask that waits for itself',
      { subtasks: subtasks(1), dependencies_graph: { '0': ['0'] } },
      'plan-cyclic',
      '0 → 0',
    ],
    [
      'an image',
      { subtasks: [{ goal: 'draw', task_type: 'IMAGE_GENERATION' }] },
      'plan-unsupported',
      'subtask 0',
    ],
  ])('%s', (_, raw, code, message) => {
    expect(() => readPlan(raw)).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(message) }),
    );
  });
});

test('of a million subtasks none is looked at, and of many faults some are named', () => {
  const many = Array.from({ length: 1_000_000 }, () => 'none');
  const edges = { '0': Array.from({ length: 1000 }, () => 7) };
  const problemOf = (raw: unknown): Error => {
    try {
      readPlan(raw);
    } catch (thrown) {
      if (thrown instanceof Error) return thrown;
    }
    throw new Error('it was read');
  };

  expect(problemOf({ subtasks: many })).toMatchObject({ code: 'plan-too-large' });
  const { message } = problemOf({ subtasks: subtasks(1), dependencies_graph: edges });
  expect(message).toContain('and 980 more faults');
  expect(message.length).toBeLessThan(5000);
});

test(`${MAX_SUBTASKS} subtasks are a plan`, () => {
  expect(readPlan({ subtasks: subtasks(MAX_SUBTASKS) }).subtasks).toHaveLength(MAX_SUBTASKS);
});

test('in the graph’s order each subtask comes after those it waits for, layer by layer', () => {
  const acyclic = fc.integer({ min: 1, max: 12 }).chain((count) =>
    fc.tuple(
      ...Array.from({ length: count }, (_, index) =>
        fc.uniqueArray(fc.integer({ min: 0, max: Math.max(0, index - 1) }), {
          maxLength: index === 0 ? 0 : 3,
        }),
      ),
    ),
  );
  fc.assert(
    fc.property(acyclic, (after) => {
      const order = graphOrder({ after });
      const layers = layersOf({ after });
      expect([...order].sort((a, b) => a - b)).toEqual([...after.keys()]);
      for (const [index, earlier] of after.entries())
        for (const each of earlier) {
          expect(order.indexOf(each)).toBeLessThan(order.indexOf(index));
          expect(layers[each]).toBeLessThan(layers[index] ?? -1);
        }
    }),
    { seed: 20_261_125 },
  );
});
