import { readdirSync } from 'node:fs';
import { afterEach, describe, expect, test } from 'vitest';
import { type RunnerJob } from '../../src/protocol/runner-job.ts';
import { CALCULATOR, creating } from '../helpers/new-files.ts';
import { runnerBed } from '../helpers/runner-bed.ts';
import {
  byConversation,
  calls,
  inOrder,
  type ScriptedMailbox,
  toldModel,
} from '../helpers/scripted-mailbox.ts';
import { SHOP, SHOP_FIX, SHOP_TEST } from '../helpers/shop.ts';

const bed = runnerBed();
afterEach(() => bed.clear());

const FINISH = ['finish', { title: 'Add a calculator', body: 'It adds and divides.' }] as const;
const patch = (diff: string) => ['apply_patch', { diff }] as const;
const handsIn = (files: Readonly<Record<string, string>>) => calls(patch(creating(files)), FINISH);

const told = (mailbox: ScriptedMailbox): readonly string[] =>
  mailbox.events().flatMap((event) => (event.type === 'model.request' ? [toldModel(event)] : []));
const stages = (mailbox: ScriptedMailbox): readonly string[] =>
  mailbox.events().flatMap((event) => (event.type === 'validation' ? [`${event.stage} ${event.state}`] : []));
const commands = (mailbox: ScriptedMailbox): readonly string[] =>
  mailbox.events().flatMap((event) => (event.type === 'command' ? [event.command] : []));

const ALL_PASSED = [
  'syntactic started',
  'syntactic passed',
  'semantic started',
  'semantic passed',
  'integration started',
  'integration passed',
];

describe('validated, in stages', () => {
  test('a calculator with tests is made of one answer and ends green', async () => {
    const mailbox = await bed.runFromNothing(inOrder(handsIn(CALCULATOR)));
    const result = mailbox.result();
    expect(result).toMatchObject({
      status: 'done',
      problem: null,
      files: [
        { path: 'calculator.py', content: CALCULATOR['calculator.py'] },
        { path: 'test_calculator.py', content: CALCULATOR['test_calculator.py'] },
      ],
      proof: {
        verdict: 'green',
        reasons: [],
        stages: [{ state: 'passed' }, { state: 'passed' }, { state: 'passed' }],
        checks: [{ kind: 'test', base: null, head: { passed: true, counts: { passed: 3, failed: 0 } } }],
        checkConfiguration: [],
      },
    });
    expect(result.proof?.tests).toContainEqual(
      expect.objectContaining({ base: 'missing-subject', head: 'passed', proves: true }),
    );
    expect(stages(mailbox)).toEqual(ALL_PASSED);
    expect(told(mailbox)).toHaveLength(1);
    expect(told(mailbox)[0]).toContain('There is no repository');
  });

  test('tests in JavaScript without a package are run', async () => {
    const files = {
      'sum.mjs': 'export const sum = (a, b) => a + b;\n',
      'sum.test.mjs': `import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sum } from './sum.mjs';

test('adds', () => assert.equal(sum(1, 2), 3));
`,
    };
    const { proof } = (await bed.runFromNothing(inOrder(handsIn(files)))).result();
    expect(proof).toMatchObject({ verdict: 'green', tests: [{ name: 'adds', base: 'missing-subject' }] });
  });

  test('a file that cannot be parsed stops the later stages and comes back with its line', async () => {
    const broken = { ...CALCULATOR, 'calculator.py': 'def calculate(left:\n    return left\n' };
    const mend = patch(
      `--- a/calculator.py\n+++ b/calculator.py\n@@\n-def calculate(left:\n-    return left\n${CALCULATOR[
        'calculator.py'
      ]
        .trimEnd()
        .replace(/^/gm, '+')}\n`,
    );
    const mailbox = await bed.runFromNothing(inOrder(handsIn(broken), calls(mend, FINISH)));
    expect(mailbox.result()).toMatchObject({ status: 'done', proof: { verdict: 'green' } });
    expect(stages(mailbox)).toEqual(['syntactic started', 'syntactic failed', ...ALL_PASSED]);
    expect(told(mailbox)[1]).toMatch(/calculator\.py:1: /);
  });

  test('an import of a module of the tree that is not there stops at the second stage', async () => {
    const files = {
      'shop/__init__.py': '',
      'shop/cart.py': 'from shop.prices import PRICES\nfrom .taxes import rate\n',
    };
    const limits = { attempts: 1 };
    const mailbox = await bed.runFromNothing(inOrder(handsIn(files)), { limits });
    const result = mailbox.result();
    expect(result).toMatchObject({
      status: 'failed',
      problem: { code: 'checks-red' },
      files: [{ path: 'shop/__init__.py' }, { path: 'shop/cart.py' }],
      proof: {
        verdict: 'red',
        stages: [
          { stage: 'syntactic', state: 'passed' },
          { stage: 'semantic', state: 'failed' },
          { stage: 'integration', state: 'not-run' },
        ],
      },
    });
    expect(result.proof?.reasons).toEqual([
      expect.stringMatching(/^shop\/cart\.py:1: imports "shop\.prices"/),
      expect.stringMatching(/^shop\/cart\.py:2: imports "\.taxes"/),
    ]);
    expect(commands(mailbox)).toEqual([]);
  });

  test('tests that still fail after all attempts end red, with what there is', async () => {
    const wrong = {
      ...CALCULATOR,
      'calculator.py': CALCULATOR['calculator.py'].replace('left + right', 'left - right'),
    };
    const same = calls(FINISH);
    const mailbox = await bed.runFromNothing(inOrder(handsIn(wrong), same), { limits: { attempts: 2 } });
    expect(mailbox.result()).toMatchObject({
      status: 'failed',
      problem: { code: 'checks-red' },
      files: [{ path: 'calculator.py' }, { path: 'test_calculator.py' }],
      proof: {
        verdict: 'red',
        checks: [{ head: { passed: false, counts: { passed: 2, failed: 1 } } }],
        stages: [{ state: 'passed' }, { state: 'passed' }, { state: 'failed' }],
      },
    });
    expect(told(mailbox)).toHaveLength(2);
    expect(told(mailbox)[1]).toContain('test_adds');
  });

  test('without any test the agent is asked for one once, and then the work is unproven, not red', async () => {
    const files = { 'calculator.py': CALCULATOR['calculator.py'] };
    const mailbox = await bed.runFromNothing(inOrder(handsIn(files), calls(FINISH)));
    expect(mailbox.result()).toMatchObject({
      status: 'done',
      proof: { verdict: 'unproven', reasons: [expect.stringContaining('no test')] },
    });
    expect(told(mailbox)).toHaveLength(2);
  });

  test('the agent can run its tests while it works', async () => {
    const run = calls(patch(creating(CALCULATOR)), ['run_command', { command: 'python -m unittest' }]);
    const mailbox = await bed.runFromNothing(inOrder(run, calls(FINISH)));
    expect(told(mailbox)[1]).toContain('Ran 3 tests');
    expect(mailbox.result()).toMatchObject({ proof: { verdict: 'green' } });
  });

  test('a change to a repository can be validated by what it brings, too', async () => {
    const script = inOrder(calls(patch(SHOP_FIX + SHOP_TEST), FINISH));
    const choice = { acceptance: 'validation', checks: { test: 'node --test' } } as const;
    const mailbox = await bed.run(SHOP, script, choice);
    expect(mailbox.result()).toMatchObject({
      status: 'done',
      proof: { verdict: 'green', tests: [{ base: 'assertion', proves: true }] },
    });
    expect(stages(mailbox)).toEqual(ALL_PASSED);
  });

  test('a plan that is given is executed from nothing', async () => {
    const plan: RunnerJob['plan'] = {
      subtasks: [
        { goal: 'Write calculator.py', task_type: 'CODE_INTERPRET' },
        { goal: 'Write test_calculator.py', task_type: 'CODE_INTERPRET' },
      ],
      after: [[], [0]],
    };
    const { 'calculator.py': source, 'test_calculator.py': tests } = CALCULATOR;
    const mailbox = await bed.runFromNothing(
      byConversation({
        'subtask-0': inOrder(handsIn({ 'calculator.py': source })),
        'subtask-1': inOrder(handsIn({ 'test_calculator.py': tests })),
        'review-1': inOrder(
          calls([
            'answer',
            { verdict: true, feedback: '', title: 'Add a calculator', body: 'In two parts.' },
          ]),
        ),
      }),
      { plan },
    );
    expect(mailbox.result()).toMatchObject({
      status: 'done',
      files: [{ path: 'calculator.py' }, { path: 'test_calculator.py' }],
      proof: { verdict: 'green' },
      subtasks: [{ state: 'done' }, { state: 'done' }],
    });
  });
});

describe('taken as it is', () => {
  const AS_IS = { acceptance: 'as-is' } as const;

  test('nothing is run, and the agent has no tool to run anything with', async () => {
    const mailbox = await bed.runFromNothing(inOrder(handsIn({ 'a.py': 'def broken(:\n' })), AS_IS);
    expect(mailbox.result()).toMatchObject({
      status: 'done',
      files: [{ path: 'a.py', content: 'def broken(:\n' }],
      proof: null,
    });
    expect(commands(mailbox)).toEqual([]);
    expect(stages(mailbox)).toEqual([]);
    expect(told(mailbox)).toHaveLength(1);
    expect(told(mailbox)[0]).toContain('No command can be run');
    const tools = mailbox
      .events()
      .flatMap((event) => (event.type === 'model.request' ? (event.tools ?? []) : []));
    expect(tools.map(({ name }) => name)).not.toContain('run_command');
    expect(readdirSync(mailbox.folder)).not.toContain('cache');
  });

  test('a repository is changed without any of its checks', async () => {
    const script = inOrder(handsIn({ 'note.txt': 'hello\n' }));
    const mailbox = await bed.run({ 'package.json': '{"scripts":{"test":"exit 1"}}' }, script, AS_IS);
    expect(mailbox.result()).toMatchObject({ status: 'done', files: [{ path: 'note.txt' }], proof: null });
    expect(commands(mailbox)).toEqual([]);
  });

  test('a plan is executed without anybody reviewing or running anything', async () => {
    const plan: RunnerJob['plan'] = {
      subtasks: [
        { goal: 'Write a.py', task_type: 'CODE_INTERPRET' },
        { goal: 'Write b.py', task_type: 'CODE_INTERPRET' },
      ],
      after: [[], []],
    };
    const mailbox = await bed.runFromNothing(
      byConversation({
        'subtask-0': inOrder(handsIn({ 'a.py': 'x = 1\n' })),
        'subtask-1': inOrder(handsIn({ 'b.py': 'x = 2\n' })),
      }),
      { ...AS_IS, plan },
    );
    expect(mailbox.result()).toMatchObject({
      status: 'done',
      files: [{ path: 'a.py' }, { path: 'b.py' }],
      proof: null,
      verification: null,
    });
    expect(commands(mailbox)).toEqual([]);
  });

  test('a job that runs out of time hands on what exists so far', async () => {
    const mailbox = await bed.runFromNothing(
      (_request, number) => (number === 1 ? calls(patch(creating({ 'half.py': 'x = 1\n' }))) : undefined),
      { ...AS_IS, limits: { jobTimeoutMs: 1_500 } },
    );
    expect(mailbox.result()).toMatchObject({
      status: 'failed',
      problem: { code: 'job-timeout' },
      files: [{ path: 'half.py', content: 'x = 1\n' }],
    });
  });
});

test('a base that is not the empty one is refused', async () => {
  const mailbox = await bed.runFromNothing(inOrder(), { baseSha: 'a'.repeat(40) });
  expect(mailbox.result()).toMatchObject({ status: 'failed', problem: { code: 'base-mismatch' } });
});
