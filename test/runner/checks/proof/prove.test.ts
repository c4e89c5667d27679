import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { Proof } from '../../../../src/protocol/proof.ts';
import { describeWith, hasTool } from '../../../helpers/required-tool.ts';
import { type Files, isThere, makeFolder, tellProof } from '../../../helpers/check-bed.ts';

function manifest(scripts: Files): Files {
  return { 'package.json': JSON.stringify({ type: 'module', scripts }) };
}

const BUG: Files = {
  ...manifest({ test: 'node --test' }),
  'calc.js': 'export const add = (a, b) => a - b;\n',
  'test/old.test.js': `import { test } from 'node:test'; test('old', () => {});\n`,
};

const NEW_TEST = `import { test } from 'node:test';
import assert from 'node:assert';
import { add } from '../calc.js';
test('adds', () => assert.equal(add(1, 1), 2));
`;

const FIX = { 'calc.js': 'export const add = (a, b) => a + b;\n', 'test/add.test.js': NEW_TEST };

describe('node --test', () => {
  test('a fix whose new test fails by assertion on the base is green', async () => {
    const { proof, commands, baseTree } = await tellProof({ base: BUG, change: FIX });
    expect(proof).toMatchObject({ verdict: 'green', reasons: [], isolation: 'none' });
    expect(proof.tests).toEqual([
      {
        file: 'test/add.test.js',
        name: 'adds',
        base: 'assertion',
        head: 'passed',
        proves: true,
        first: false,
      },
    ]);
    expect(proof.checks[0]?.base?.counts).toEqual({ passed: 1, failed: 0, skipped: 0 });
    expect(proof.checks[0]?.head?.counts).toEqual({ passed: 2, failed: 0, skipped: 0 });
    expect(commands).toEqual(['base: npm test', 'proof: npm test', 'base: npm test -- test/add.test.js']);
    expect(isThere(baseTree, 'test/add.test.js')).toBe(false);
    expect(Proof.safeParse(proof).success).toBe(true);
  });

  test('a new module that the base lacks is the missing subject', async () => {
    const change = {
      'sub.js': 'export const sub = (a, b) => a - b;\n',
      'test/sub.test.js': NEW_TEST.replace('add }', 'sub as add }')
        .replace('calc.js', 'sub.js')
        .replace(', 2', ', 0'),
    };
    const { proof } = await tellProof({ base: BUG, change });
    expect(proof).toMatchObject({ verdict: 'green', tests: [{ base: 'missing-subject', name: 'adds' }] });
  });

  test('a test that needs another package proves nothing', async () => {
    const change = {
      'node_modules/dep/package.json': '{"exports": "./i.js", "type": "module"}',
      'node_modules/dep/i.js': '',
      'test/dep.test.js': `import 'dep';\n${NEW_TEST.replace(', 2', ', 0')}`,
    };
    const { proof } = await tellProof({ base: BUG, change });
    expect(proof).toMatchObject({ verdict: 'unproven', tests: [{ base: 'load-error', proves: false }] });
  });

  test('an altered test proves the change, and the base gets its own version back', async () => {
    const base = { ...BUG, 'test/add.test.js': NEW_TEST.replace(', 2', ', 0') };
    const { proof, baseTree } = await tellProof({ base, change: FIX });
    expect(proof).toMatchObject({ verdict: 'green', tests: [{ base: 'assertion', proves: true }] });
    expect(await readFile(join(baseTree, 'test/add.test.js'), 'utf8')).toBe(base['test/add.test.js']);
  });

  test('a helper that comes with the tests is there on the base too', async () => {
    const change = {
      'calc.js': FIX['calc.js'],
      'test/helpers/two.js': 'export const two = 2;\n',
      'test/add.test.js': `import { two } from './helpers/two.js';\n${NEW_TEST.replace(', 2', ', two')}`,
    };
    const { proof, baseTree } = await tellProof({ base: BUG, change });
    expect(proof).toMatchObject({ verdict: 'green', tests: [{ name: 'adds', base: 'assertion' }] });
    expect(isThere(baseTree, 'test/helpers/two.js')).toBe(false);
  });

  test('a test red on the base and turned green proves the change', async () => {
    const base = { ...BUG, 'test/add.test.js': NEW_TEST };
    const { proof, commands } = await tellProof({ base, change: { 'calc.js': FIX['calc.js'] } });
    expect(proof).toMatchObject({ verdict: 'green', knownFailures: ['test/add.test.js > adds'] });
    expect(commands.at(-1)).toBe('base: npm test -- test/add.test.js');
  });

  test('a change that breaks a test is red', async () => {
    const base = { ...BUG, 'test/add.test.js': NEW_TEST.replace(', 2', ', 0') };
    const { proof } = await tellProof({ base, change: { 'calc.js': FIX['calc.js'] } });
    expect(proof).toMatchObject({ verdict: 'red', newFailures: ['test/add.test.js > adds'] });
  });

  test('tests that the change deletes are listed', async () => {
    const { proof } = await tellProof({ base: BUG, change: { ...FIX, 'test/old.test.js': null } });
    expect(proof).toMatchObject({ verdict: 'green', deletedTests: ['test/old.test.js > old'] });
  });

  test('a test that fails now and then is run again and named', async () => {
    const marks = await makeFolder();
    const flaky = `import { test } from 'node:test';
import { appendFileSync, readFileSync } from 'node:fs';
test('flaky', () => {
  appendFileSync('${marks}/runs', '.');
  if (readFileSync('${marks}/runs', 'utf8').length === 2) throw new Error('now and then');
});`;
    const { proof } = await tellProof({ base: { ...BUG, 'test/flaky.test.js': flaky }, change: FIX });
    expect(proof.verdict).toBe('green');
    expect(proof.reasons).toEqual([expect.stringContaining('flaky')]);
  });
});

describe('repositories in a bad state', () => {
  test('set-up that fails on the base is an error that names the way out', async () => {
    const checks = { setup: ['echo no such package >&2; exit 7'] };
    await expect(tellProof({ base: BUG, change: FIX, checks })).rejects.toMatchObject({
      code: 'setup-failed',
      message: expect.stringContaining('no such package'),
      remedy: expect.stringContaining('.github/ptc.yml'),
      retryable: false,
    });
  });

  test.each([
    ['its set-up needs', { setup: ['no-such-tool install'] }],
    ['its tests need', { setup: [], test: 'no-such-tool test' }],
  ])('a program that %s and the machine lacks is named', async (_, checks) => {
    await expect(tellProof({ base: BUG, change: FIX, checks })).rejects.toMatchObject({
      code: 'toolchain-missing',
      message: expect.stringContaining('no-such-tool'),
      remedy: expect.stringContaining('workspace template'),
      retryable: false,
    });
  });

  test('a program that a script lacks is no toolchain: its test fails', async () => {
    const base = { ...BUG, ...manifest({ test: 'no-such-tool test' }) };
    const { proof } = await tellProof({ base, change: FIX });
    expect(proof).toMatchObject({ verdict: 'unproven', checks: [{ base: { end: { exitCode: 127 } } }] });
  });

  test('set-up that fails on the head alone is red', async () => {
    const change = { ...FIX, broken: '' };
    const { proof } = await tellProof({ base: BUG, change, checks: { setup: ['test ! -e broken'] } });
    expect(proof).toMatchObject({
      verdict: 'red',
      checks: [{ head: null }],
      setup: [{ tree: 'base' }, { tree: 'proof' }],
    });
  });

  test('a repository without tests gets no verdict', async () => {
    const { proof } = await tellProof({ base: { 'a.txt': '' }, change: { 'a.txt': 'b' } });
    expect(proof.verdict).toBe('none');
  });

  test('tests that hang with and without the change prove nothing', async () => {
    const base = { ...BUG, ...manifest({ test: 'sleep 60' }) };
    const { proof } = await tellProof({ base, change: FIX, place: { timeoutMs: 300 } });
    expect(proof).toMatchObject({ verdict: 'unproven', checks: [{ head: { end: { limit: 'timeout' } } }] });
  });

  test('tests red on the base are known, and a proven change is green all the same', async () => {
    const base = {
      ...BUG,
      'test/bad.test.js': `import { test } from 'node:test'; test('bad', () => { throw 1; });`,
    };
    const { proof } = await tellProof({ base, change: FIX });
    expect(proof).toMatchObject({
      verdict: 'green',
      knownFailures: ['test/bad.test.js > bad'],
      newFailures: [],
    });
  });

  test('a cancelled proof rejects with the reason of the signal', async () => {
    const signal = AbortSignal.abort(new Error('stop now'));
    await expect(tellProof({ base: BUG, change: FIX, place: { signal } })).rejects.toThrow('stop now');
  });
});

test('a tool of its own is judged by its exit codes', async () => {
  const base = { ...BUG, 'check.sh': 'for t in test/*.sh; do [ ! -e "$t" ] || bash "$t" || exit 1; done\n' };
  const change = { 'calc.js': FIX['calc.js'], 'test/add.test.sh': '', 'test/add_test.py': '' };
  const story = { base, change: { ...change, 'test/add.test.sh': 'grep -q "a + b" calc.js\n' } };
  const { proof } = await tellProof({ ...story, checks: { setup: [], test: 'bash check.sh' } });
  expect(proof).toMatchObject({ verdict: 'green', tests: [{ name: '(whole command)', base: 'assertion' }] });
});

describeWith('python3', hasTool('/usr/bin/python3'), 'unittest', () => {
  test('what does not exist yet and what is wrong are told apart', async () => {
    const file = (name: string, line: string): string =>
      `import unittest\n${line}\nclass T(unittest.TestCase):\n    def test_${name}(self): self.assertEqual(${name}(1, 1), ${name === 'add' ? 2 : 0})\n`;
    const { proof } = await tellProof({
      base: {
        'calc.py': 'def add(a, b): return a - b\n',
        'tests/__init__.py': '',
        'tests/test_old.py': 'import unittest\nclass T(unittest.TestCase):\n    def test_old(self): pass\n',
      },
      change: {
        'calc.py': 'def add(a, b): return a + b\ndef sub(a, b): return a - b\n',
        'tests/test_add.py': file('add', 'from calc import add'),
        'tests/test_sub.py': file('sub', 'from calc import sub'),
      },
      checks: { setup: [], test: '/usr/bin/python3 -m unittest' },
    });
    expect(proof.tests.map(({ file, name, base }) => `${file} ${name}: ${base}`)).toEqual([
      'tests/test_add.py T.test_add: assertion',
      'tests/test_sub.py T.test_sub: missing-subject',
    ]);
    expect(proof).toMatchObject({ verdict: 'green', checks: [{ head: { counts: { passed: 3 } } }] });
  });
});

test('vitest: what does not exist yet and what is wrong are told apart', async () => {
  const { proof, commands } = await tellProof({
    ownModules: true,
    base: {
      ...manifest({ test: 'vitest run' }),
      'calc.ts': 'export const add = (a: number, b: number) => a - b;\n',
    },
    change: {
      'calc.ts': 'export const add = (a: number, b: number) => a + b;\n',
      'sub.ts': 'export const sub = (a: number, b: number) => a - b;\n',
      'add.test.ts': `import { expect, test } from 'vitest';
import { add } from './calc.ts';
test('adds', () => expect(add(1, 1)).toBe(2));
test('is there', () => expect(add).toBeDefined());`,
      'sub.test.ts': `import { expect, test } from 'vitest';
import { sub } from './sub.ts';
test('subtracts', () => expect(sub(1, 1)).toBe(0));`,
    },
  });
  expect(proof.tests.map(({ name, base }) => `${name}: ${base}`).sort()).toEqual([
    'adds: assertion',
    'is there: passed',
    'subtracts: missing-subject',
  ]);
  expect(proof.verdict).toBe('green');
  expect(commands.at(-1)).toBe('base: npm test -- add.test.ts sub.test.ts');
});
