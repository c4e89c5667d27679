import { afterEach, describe, expect, it, test } from 'vitest';
import { type RunnerEvent } from '../../src/protocol/runner-event.ts';
import { approves, expectingNames, handsIn, MALL, naming, opening, planOf } from '../helpers/mall.ts';
import { runnerBed } from '../helpers/runner-bed.ts';
import {
  byConversation,
  calls,
  inOrder,
  says,
  type ScriptedMailbox,
  toldModel,
} from '../helpers/scripted-mailbox.ts';

const bed = runnerBed();
afterEach(() => bed.clear());

/** The answer to being asked for a test that proves the change. */
const NO_TEST = inOrder(calls(['finish', { title: 'No test is possible', body: '' }]));

const CHECKED = { checks: { test: null }, mode: 'run' } as const;

/** What the agent of a conversation was told, request by request. */
const toldIn = (mailbox: ScriptedMailbox, conversation: string): readonly string[] =>
  mailbox
    .events()
    .flatMap((event) =>
      event.type === 'model.request' && event.conversationId === conversation ? [toldModel(event)] : [],
    );

const states = (mailbox: ScriptedMailbox): readonly string[] =>
  mailbox
    .events()
    .filter((event) => event.type === 'subtask.state')
    .map(({ subtask, state }) => `${subtask} ${state}`);

const subtasksOf = (events: readonly RunnerEvent[], type: RunnerEvent['type']): readonly unknown[] => [
  ...new Set(events.filter((event) => event.type === type).map(({ subtask }) => subtask)),
];

test('two independent subtasks and one that waits for both become one proven change', async () => {
  const plan = planOf(['Open the north', 'Open the south', 'Say so'], { '2': ['0', '1'] });
  const script = byConversation({
    'subtask-0': handsIn(opening('north'), 'North opens'),
    'subtask-1': handsIn(opening('south'), 'South opens'),
    'subtask-2': handsIn(naming("'open north', 'open south'"), 'Names say it'),
    'review-1': approves,
  });
  const mailbox = await bed.run(MALL, script, { ...CHECKED, plan });
  const result = mailbox.result();
  expect(result).toMatchObject({
    status: 'done',
    problem: null,
    plan,
    summary: { title: 'Open the mall' },
    verification: { verdict: true },
    proof: { verdict: 'green' },
    subtasks: [
      { index: 0, state: 'done' },
      { index: 1, state: 'done' },
      { index: 2, state: 'done' },
    ],
  });
  expect(result.files.map(({ path }) => path)).toEqual([
    'src/names.js',
    'src/north.js',
    'src/south.js',
    'test/north-open.test.js',
    'test/south-open.test.js',
  ]);
  const [told = ''] = toldIn(mailbox, 'subtask-2');
  expect(told).toContain('North opens, said its agent.');
  expect(told).toContain('South opens, said its agent.');
  expect(told).toContain('You do subtask 2 and nothing else');
  expect(subtasksOf(mailbox.events(), 'patch')).toEqual(expect.arrayContaining([0, 1, 2]));
  expect(states(mailbox).slice(0, 2)).toEqual(['0 started', '1 started']);
  expect(states(mailbox).at(-1)).toBe('2 done');
});

test('each subtask is checked in its own tree, and what fails there goes back to its agent', async () => {
  const broken = opening('north').replace('+export const open = true', '+export const open = tru');
  const script = byConversation({
    'subtask-0': inOrder(
      calls(['apply_patch', { diff: broken }], ['finish', { title: 'North opens', body: '' }]),
      calls(
        [
          'apply_patch',
          {
            diff: '--- a/src/north.js\n+++ b/src/north.js\n@@\n-export const open = tru;\n+export const open = true;\n',
          },
        ],
        ['finish', { title: 'North opens', body: '' }],
      ),
    ),
    'review-1': approves,
  });
  const mailbox = await bed.run(MALL, script, { ...CHECKED, plan: planOf(['Open the north']) });
  expect(mailbox.result()).toMatchObject({ status: 'done', proof: { verdict: 'green' } });
  expect(toldIn(mailbox, 'subtask-0')[1]).toContain('is not accepted');
  const escalations = mailbox
    .events()
    .flatMap((event) => (event.type === 'model.request' ? [event.escalation] : []));
  expect(escalations).toEqual([0, 1, 0, 0]);
});

describe('two changes that do not merge', () => {
  const both = (second: string) => ({
    'subtask-0': handsIn(naming("'first'"), 'First'),
    'subtask-1': handsIn(naming("'second'"), 'Second'),
    'subtask-1-redo': handsIn(second, 'Second again'),
    repair: NO_TEST,
    'review-1': approves,
  });

  it('have the later one done again on top of the earlier one', async () => {
    const second =
      "--- a/src/names.js\n+++ b/src/names.js\n@@\n-export const names = ['first'];\n+export const names = ['first', 'second'];\n";
    const plan = planOf(['Add a name', 'Add another name']);
    const mailbox = await bed.run(MALL, byConversation(both(second)), { ...CHECKED, plan });
    expect(states(mailbox)).toEqual(['0 started', '1 started', '0 done', '1 redo', '1 done']);
    expect(mailbox.result().diff).toContain("+export const names = ['first', 'second'];");
  });

  it('never meet when the goals name the file: the later one waits', async () => {
    const plan = planOf(['Add a name to src/names.js', 'Add another name to src/names.js']);
    const second =
      "--- a/src/names.js\n+++ b/src/names.js\n@@\n-export const names = ['first'];\n+export const names = ['first', 'second'];\n";
    const script = byConversation({ ...both(''), 'subtask-1': handsIn(second, 'Second') });
    const mailbox = await bed.run(MALL, script, { ...CHECKED, plan });
    expect(states(mailbox)).toEqual(['0 started', '0 done', '1 started', '1 done']);
  });

  it('are settled too where one deletes what the other changes', async () => {
    const deleting = `--- a/src/names.js\n+++ /dev/null\n@@\n-export const names = ['north', 'south'];\n`;
    const script = byConversation({
      'subtask-0': handsIn(deleting, 'Names go'),
      'subtask-1': handsIn(naming("'second'"), 'Second'),
      'subtask-1-redo': inOrder(calls(['finish', { title: 'Nothing is left to name', body: '' }])),
      repair: NO_TEST,
      'review-1': approves,
    });
    const mailbox = await bed.run(MALL, script, { ...CHECKED, plan: planOf(['Drop names', 'Rename']) });
    expect(mailbox.result().files).toEqual([
      { path: 'src/names.js', mode: '100644', content: null, encoding: 'utf-8' },
    ]);
  });
});

test('a failed subtask stops those that wait for it; the rest is handed on, and its own patch is kept', async () => {
  const plan = planOf(['Open the north', 'Say so', 'Open the south'], { '1': ['0'] });
  const breaking =
    '--- a/src/north.js\n+++ b/src/north.js\n@@\n-export const price = () => 3;\n+export const price = () => 30;\n';
  const script = byConversation({
    'subtask-0': inOrder(
      calls(['apply_patch', { diff: breaking }], ['finish', { title: 'North is dear', body: '' }]),
      calls(['finish', { title: 'It stays so', body: '' }]),
    ),
    'subtask-2': handsIn(opening('south'), 'South opens'),
  });
  const mailbox = await bed.run(MALL, script, { ...CHECKED, plan, limits: { attempts: 2 } });
  const result = mailbox.result();
  expect(result).toMatchObject({
    status: 'failed',
    problem: { code: 'subtasks-failed' },
    proof: { verdict: 'green' },
    subtasks: [
      { index: 0, state: 'failed', problem: { code: 'checks-red' } },
      { index: 1, state: 'skipped' },
      { index: 2, state: 'done' },
    ],
  });
  expect(result.problem?.message).toContain('1 of 3 subtasks failed');
  expect(result.files.map(({ path }) => path)).toEqual(['src/south.js', 'test/south-open.test.js']);
  expect(result.subtasks[0]?.diff).toContain('+export const price = () => 30;');
});

test('a subtask that thinks changes nothing, and its answer reaches those that wait for it', async () => {
  const plan = {
    subtasks: [
      { goal: 'Which shop first?', task_type: 'THINK', context_input: 'Ask the weather.' },
      { goal: 'Open it', task_type: 'CODE_INTERPRET' },
    ],
    after: [[], [0]],
  } as const;
  const script = byConversation({
    'subtask-0': inOrder(
      calls(['read_file', { path: 'src/names.js' }]),
      calls(['finish', { title: 'The north', body: 'It is dry.' }]),
    ),
    'subtask-1': handsIn(opening('north'), 'North opens'),
    'review-1': approves,
  });
  const mailbox = await bed.run(MALL, script, { ...CHECKED, plan });
  expect(mailbox.result()).toMatchObject({
    status: 'done',
    subtasks: [{ output: 'The north\n\nIt is dry.' }, {}],
  });
  const thinking = mailbox
    .events()
    .find((event) => event.type === 'model.request' && event.conversationId === 'subtask-0');
  expect(JSON.stringify(thinking)).not.toContain('"apply_patch"');
  expect(toldIn(mailbox, 'subtask-0')[0]).toContain('Ask the weather.');
  expect(toldIn(mailbox, 'subtask-1')[0]).toContain('It is dry.');
});

test('tests that come first may fail in the subtask that writes them, for one that waits to make them pass', async () => {
  const plan = planOf(['Expect new names', 'Give them'], { '1': ['0'] });
  const script = byConversation({
    'subtask-0': handsIn(expectingNames('later', "'new'"), 'Expect'),
    'subtask-1': handsIn(naming("'new'"), 'Give'),
    'review-1': approves,
  });
  const mailbox = await bed.run(MALL, script, { ...CHECKED, plan });
  expect(mailbox.result()).toMatchObject({ status: 'done', proof: { verdict: 'green' } });
});

test('what passes apart and fails together is mended by one more agent on the whole', async () => {
  const script = byConversation({
    'subtask-0': handsIn(naming("'north'"), 'Fewer names'),
    'subtask-1': handsIn(
      `--- a/src/south.js\n+++ b/src/south.js\n@@\n-export const open = false;\n+export const open = true;\n${expectingNames('old', "'north', 'south'")}`,
      'South opens',
    ),
    repair: handsIn(
      "--- a/test/old.test.js\n+++ b/test/old.test.js\n@@\n-  assert.deepEqual(names, ['north', 'south']);\n+  assert.deepEqual(names, ['north']);\n",
      'Mended',
    ),
    'review-1': approves,
  });
  const mailbox = await bed.run(MALL, script, {
    ...CHECKED,
    plan: planOf(['Fewer names', 'Open the other']),
  });
  expect(mailbox.result()).toMatchObject({ status: 'done', proof: { verdict: 'green' } });
  const [told = ''] = toldIn(mailbox, 'repair');
  expect(told).toContain('the names are right in old');
  expect(told).toContain('Fewer names, said its agent.');
});

test('what the review finds missing is mended, proven and reviewed again', async () => {
  const script = byConversation({
    'subtask-0': handsIn(opening('north'), 'North opens'),
    'review-1': inOrder(
      calls(['verify', { verdict: false, feedback: 'The south is still closed.' }]),
      calls(['summarize', { title: 'Half', body: '' }]),
    ),
    repair: handsIn(opening('south'), 'South opens'),
    'review-2': approves,
  });
  const mailbox = await bed.run(MALL, script, { ...CHECKED, plan: planOf(['Open all']) });
  expect(toldIn(mailbox, 'repair')[0]).toContain('The south is still closed.');
  expect(mailbox.result()).toMatchObject({
    status: 'done',
    summary: { title: 'Open the mall' },
    verification: { verdict: true },
  });
  expect(mailbox.result().files).toHaveLength(4);
});

test('without a usable review the work stands, and a note says what is missing', async () => {
  const script = byConversation({
    'subtask-0': handsIn(opening('north'), 'North opens'),
    'review-1': inOrder(says('Looks good to me!')),
  });
  const mailbox = await bed.run(MALL, script, { ...CHECKED, plan: planOf(['Open it']) });
  expect(mailbox.result()).toMatchObject({
    status: 'done',
    verification: null,
    summary: { title: 'Totals are wrong', body: '' },
  });
  expect(JSON.stringify(mailbox.events())).toContain('The whole was not reviewed');
});

test('a cancelled plan hands on what was put together by then', async () => {
  const script = byConversation({
    'subtask-0': handsIn(opening('north'), 'North opens'),
    'subtask-1': () => ({ type: 'cancel', reason: 'enough' }),
  });
  const plan = planOf(['Open the north', 'Open the south'], { '1': ['0'] });
  const mailbox = await bed.run(MALL, script, { ...CHECKED, plan });
  const result = mailbox.result();
  expect(result).toMatchObject({ status: 'cancelled', plan, subtasks: [{ index: 0, state: 'done' }] });
  expect(result.files.map(({ path }) => path)).toEqual(['src/north.js', 'test/north-open.test.js']);
});

test('a job that goes on from another workspace does not do again what was worked out there', async () => {
  const plan = planOf(['Open the north', 'Name it', 'Open the south'], { '2': ['0', '1'] });
  const first = await bed.run(
    MALL,
    byConversation({
      'subtask-0': handsIn(opening('north'), 'North opens'),
      'subtask-1': handsIn(naming("'open north'"), 'Named'),
    }),
    { ...CHECKED, plan },
  );
  const worked = first.events().filter((event) => event.type === 'subtask.worked');
  expect(new Set(worked.map(({ subtask }) => subtask))).toEqual(new Set([0, 1]));
  const script = byConversation({
    'subtask-2-life-2': handsIn(opening('south'), 'South opens'),
    'review-1-life-2': approves,
  });
  const resume = { life: 1, firstSeq: 101, worked };
  const second = await bed.run(MALL, script, { ...CHECKED, plan, resume });
  expect(second.result()).toMatchObject({ status: 'done', proof: { verdict: 'green' } });
  expect(second.result().files).toHaveLength(5);
  expect(second.events()[0]).toMatchObject({ seq: 101, type: 'runner.started' });
  expect(toldIn(second, 'subtask-2-life-2')[0]).toContain('Named, said its agent.');
});

describe('who plans', () => {
  const atomize = (atomic: boolean) =>
    calls(['atomize', { is_atomic: atomic, node_type: atomic ? 'EXECUTE' : 'PLAN' }]);

  it('the planner, when the atomizer says that the task is to be split', async () => {
    const planned = {
      subtasks: [
        { goal: 'Open the north', task_type: 'CODE_INTERPRET' },
        { goal: 'Open the south', task_type: 'CODE_INTERPRET' },
      ],
    };
    const script = byConversation({
      plan: inOrder(atomize(false), calls(['plan', planned])),
      'subtask-0': handsIn(opening('north'), 'North opens'),
      'subtask-1': handsIn(opening('south'), 'South opens'),
      'review-1': approves,
    });
    const mailbox = await bed.run(MALL, script, CHECKED);
    expect(mailbox.result().files).toHaveLength(4);
    expect(mailbox.events().find((event) => event.type === 'plan')).toMatchObject({ source: 'planner' });
  });

  it('nobody, when it is atomic: one agent does it all', async () => {
    const script = byConversation({
      plan: inOrder(atomize(true)),
      work: handsIn(opening('north'), 'North opens'),
    });
    const mailbox = await bed.run(MALL, script, CHECKED);
    expect(mailbox.result()).toMatchObject({ status: 'done', plan: null, subtasks: [] });
  });

  it('nobody, when no usable plan comes of it: one agent does it all, and a note says why', async () => {
    const script = byConversation({
      plan: inOrder(says('Let me think about this.')),
      work: handsIn(opening('north'), 'North opens'),
    });
    const mailbox = await bed.run(MALL, script, CHECKED);
    expect(mailbox.result()).toMatchObject({ status: 'done', plan: null });
    expect(JSON.stringify(mailbox.events())).toContain('One agent does it all');
  });

  it('the planner alone, where only the plan was asked for', async () => {
    const planned = { subtasks: [0, 1].map((each) => ({ goal: `Open ${each}`, task_type: 'WRITE' })) };
    const script = byConversation({ plan: inOrder(atomize(false), calls(['plan', planned])) });
    const mailbox = await bed.run(MALL, script, { mode: 'plan-only' });
    expect(mailbox.result()).toMatchObject({
      status: 'done',
      files: [],
      plan: { subtasks: planned.subtasks },
    });
  });
});
