import { describe, expect, it, test } from 'vitest';
import { type ModelReply } from '../../../src/protocol/conversation.ts';
import { type ModelRequest } from '../../../src/runner/ask-model.ts';
import { makePlan } from '../../../src/runner/planning/planner.ts';
import { calls, cut, says } from '../../helpers/scripted-mailbox.ts';

const ATOMIC = calls(['atomize', { is_atomic: true, node_type: 'EXECUTE' }]);
const SPLIT = calls(['atomize', { is_atomic: false, node_type: 'PLAN' }]);
const TWO = {
  subtasks: [
    { goal: 'a', task_type: 'CODE_INTERPRET' },
    { goal: 'b', task_type: 'WRITE' },
  ],
  dependencies_graph: { '1': ['0'] },
};

async function planWith(
  ...replies: readonly ModelReply[]
): Promise<{ plan: unknown; asked: readonly ModelRequest[] }> {
  const asked: ModelRequest[] = [];
  const plan: unknown = await makePlan({
    briefing: 'THE BRIEFING',
    signal: new AbortController().signal,
    ask: (request) => {
      asked.push(request);
      const reply = replies[asked.length - 1];
      return reply === undefined ? Promise.reject(new Error('asked too often')) : Promise.resolve(reply);
    },
  }).catch((error: unknown) => error);
  return { plan, asked };
}

const told = ({ append }: ModelRequest | undefined = EMPTY): string =>
  append.content.map((block) => block.text).join('\n');
const EMPTY: ModelRequest = {
  conversationId: '',
  system: null,
  tools: null,
  append: { role: 'user', content: [] },
  escalation: 0,
};

test('an atomic task has no plan, and costs one question', async () => {
  const { plan, asked } = await planWith(ATOMIC);
  expect(plan).toBeNull();
  expect(asked).toHaveLength(1);
  expect(told(asked[0])).toContain('THE BRIEFING');
});

test('a task to be split is planned in the same conversation', async () => {
  const { plan, asked } = await planWith(SPLIT, calls(['plan', TWO]));
  expect(plan).toMatchObject({ subtasks: [{ goal: 'a' }, { goal: 'b' }], after: [[], [0]] });
  expect(asked[1]).toMatchObject({ conversationId: asked[0]?.conversationId, system: null, tools: null });
  expect(told(asked[1])).not.toContain('THE BRIEFING');
});

test('a plan of one subtask is none', async () => {
  expect((await planWith(SPLIT, calls(['plan', { subtasks: TWO.subtasks.slice(0, 1) }]))).plan).toBeNull();
});

test('from a model without tool calls the JSON of its text counts', async () => {
  const { plan } = await planWith(
    says('It is big.\n```json\n{"is_atomic": false, "node_type": "PLAN"}\n```'),
    says(`Here it is:\n${JSON.stringify(TWO)}\nGood luck!`),
  );
  expect(plan).toMatchObject({ after: [[], [0]] });
});

describe('an answer that cannot be used is asked for once more, with the fault named', () => {
  const many = { subtasks: Array.from({ length: 200 }, () => ({ goal: 'x', task_type: 'WRITE' })) };
  const cyclic = { ...TWO, dependencies_graph: { '0': ['1'], '1': ['0'] } };
  const faults: readonly (readonly [string, ModelReply, string, string])[] = [
    ['200 subtasks', calls(['plan', many]), 'plan-too-large', '200 subtasks; at most 50'],
    ['a cycle', calls(['plan', cyclic]), 'plan-cyclic', '0 → 1 → 0'],
    [
      'prose',
      says('I would begin by looking around.'),
      'answer-missing',
      'neither calls plan nor is it JSON',
    ],
    ['an answer that was cut', cut(calls(['plan', TWO])), 'answer-missing', 'token limit'],
    [
      'a call of another tool',
      calls(['run_command', { command: 'ls' }]),
      'answer-missing',
      'neither calls plan',
    ],
  ];

  it.each(faults)('%s', async (_, faulty, code, named) => {
    const mended = await planWith(SPLIT, faulty, calls(['plan', TWO]));
    expect(mended.plan).toMatchObject({ after: [[], [0]] });
    expect(told(mended.asked[2])).toContain(named);
    const lost = await planWith(SPLIT, faulty, faulty);
    expect(lost.plan).toMatchObject({ code });
    expect(lost.asked).toHaveLength(3);
  });

  it('every call of a reply is answered, or the provider refuses the next request', async () => {
    const both = calls(['plan', many], ['plan', many]);
    const { asked } = await planWith(SPLIT, both, calls(['plan', TWO]));
    expect(asked[2]?.append.content).toMatchObject([
      { type: 'tool_result', toolUseId: 'call-1', isError: true },
      { type: 'tool_result', toolUseId: 'call-2', isError: true },
    ]);
  });
});
