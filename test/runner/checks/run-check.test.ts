import { spawnSync } from 'node:child_process';
import { readdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type Check, type CheckedRun, type TestCase } from '../../../src/runner/checks/check.ts';
import { runCheck } from '../../../src/runner/checks/run-check.ts';
import { setUpTree } from '../../../src/runner/checks/set-up-tree.ts';
import { type CommandSpec } from '../../../src/runner/command/command.ts';
import { type Files, makePlace, makeTree, OWN_MODULES } from '../../helpers/check-bed.ts';
import { plainCommands } from '../../helpers/plain-commands.ts';
import { describeWith, hasTool } from '../../helpers/required-tool.ts';

function testCheck(command: string): Check {
  return { name: 'test', kind: 'test', folder: '', command, tool: 'unknown' };
}

function manifest(test: string): Files {
  return { 'package.json': JSON.stringify({ type: 'module', scripts: { test } }) };
}

function outcomes(cases: readonly TestCase[]): readonly string[] {
  return cases.map(({ file, name, status }) => `${status} ${file}: ${name}`).sort();
}

const NODE_TESTS: Files = {
  ...manifest('node --test'),
  'calc.js': 'export const add = (a, b) => a + b;',
  'test/calc.test.js': `import { test, describe, it } from 'node:test';
import assert from 'node:assert';
import { add } from '../calc.js';
describe('add', () => { it('adds', () => assert.equal(add(1, 1), 2)); it.skip('later', () => {}); });
test('wrong', () => assert.equal(add(1, 1), 3));
test('outer', async (t) => { await t.test('inner', () => { throw new Error('inside'); }); });
test('to do', { todo: true }, () => assert.fail());`,
  'test/missing.test.js': `import { sub } from '../calc.js';`,
};

async function runNode(files: Files, only: readonly string[] = []): Promise<CheckedRun> {
  return await runCheck(testCheck('npm test'), await makePlace(await makeTree(files)), only);
}

describe('node --test', () => {
  test('every test is reported with its file, its suites and its outcome', async () => {
    const { run, cases } = await runNode(NODE_TESTS);
    expect(outcomes(cases)).toEqual([
      'error test/missing.test.js: test/missing.test.js',
      'failed test/calc.test.js: outer',
      'failed test/calc.test.js: outer > inner',
      'failed test/calc.test.js: wrong',
      'passed test/calc.test.js: add > adds',
      'skipped test/calc.test.js: add > later',
      'skipped test/calc.test.js: to do',
    ]);
    expect(run).toMatchObject({ passed: false, counts: { passed: 1, failed: 4, skipped: 2 } });
  });

  test('failures carry what went wrong, a file that does not load its own error', async () => {
    const { run, cases } = await runNode(NODE_TESTS);
    const message = (name: string): string | undefined => cases.find((each) => each.name === name)?.message;
    expect(message('wrong')).toContain('AssertionError');
    expect(message('outer')).toContain('inside');
    expect(message('test/missing.test.js')).toContain("does not provide an export named 'sub'");
    expect(run.end.output).toContain('✖ wrong');
  });

  test('a single file can be run alone', async () => {
    const { cases } = await runNode(NODE_TESTS, ['test/missing.test.js']);
    expect(outcomes(cases)).toEqual(['error test/missing.test.js: test/missing.test.js']);
  });

  test('what a test starts does not mix its own tests into the report', async () => {
    const { cases } = await runNode({
      ...manifest('node --test test/outer.test.js'),
      'fixture.js': `import { test } from 'node:test'; test('not ours', () => {});`,
      'test/outer.test.js': `import { test } from 'node:test';
import { execFileSync } from 'node:child_process';
const { NODE_TEST_CONTEXT, ...env } = process.env;
test('starts another', () => { execFileSync(process.execPath, ['--test', 'fixture.js'], { env }); });`,
    });
    expect(outcomes(cases)).toEqual(['passed test/outer.test.js: starts another']);
  });

  test('a script that runs it twice is reported as a whole', async () => {
    const { cases } = await runNode({
      ...manifest('node --test a.test.js && node --test b.test.js'),
      'a.test.js': `import { test } from 'node:test'; test('s', () => {});`,
      'b.test.js': `import { test } from 'node:test'; test('in b', () => {});`,
    });
    expect(outcomes(cases)).toEqual(['passed a.test.js: s', 'passed b.test.js: in b']);
  });
});

describe('vitest', () => {
  const files: Files = {
    ...manifest('vitest run'),
    'calc.ts': 'export const add = (a: number, b: number) => a + b;',
    'test/calc.test.ts': `import { describe, expect, it } from 'vitest';
import { add } from '../calc.ts';
describe('add', () => {
  it('adds <1> & "1"', () => expect(add(1, 1)).toBe(2));
  it('wrong', () => expect(add(1, 1)).toBe(3));
  it.skip('later', () => {});
});`,
    'test/missing.test.ts': `import { it } from 'vitest'; import '../none.ts'; it('never runs', () => {});`,
  };

  async function runVitest(only: readonly string[] = []): Promise<CheckedRun> {
    const tree = await makeTree(files);
    await symlink(OWN_MODULES, join(tree, 'node_modules'));
    return await runCheck(testCheck('npm test'), await makePlace(tree), only);
  }

  test('every test is reported, and a file that does not load as an error', async () => {
    const { run, cases } = await runVitest();
    expect(outcomes(cases)).toEqual([
      'error test/missing.test.ts: test/missing.test.ts',
      'failed test/calc.test.ts: add > wrong',
      'passed test/calc.test.ts: add > adds <1> & "1"',
      'skipped test/calc.test.ts: add > later',
    ]);
    expect(run.counts).toEqual({ passed: 1, failed: 2, skipped: 1 });
    expect(run.end.output).toContain('expected 2 to be 3');
  });

  test('a single file can be run alone', async () => {
    const { cases } = await runVitest(['test/missing.test.ts']);
    expect(cases.map((each) => each.file)).toEqual(['test/missing.test.ts']);
  });
});

const hasVenv = spawnSync('/usr/bin/python3', ['-c', 'import venv, ensurepip']).status === 0;

describeWith('python3 with venv', hasVenv, 'pytest', () => {
  const files: Files = {
    'calc.py': 'def add(a, b): return a + b\n',
    'tests/test_calc.py': `import calc, pytest
def test_adds(): assert calc.add(1, 1) == 2
class TestAdd:
    @pytest.mark.parametrize('n', [2, 3])
    def test_sum(self, n): assert calc.add(1, 1) == n
@pytest.mark.skip
def test_later(): pass
def test_setup(nothing): pass
`,
    'tests/test_missing.py': 'from calc import sub\ndef test_sub(): pass\n',
  };

  test('the environment is made, and every test reported though a file does not load', async () => {
    const tree = await makeTree(files);
    const place = await makePlace(tree);
    const setup = [
      'mkdir -p .ptc-tools',
      '/usr/bin/python3 -m venv .ptc-tools/venv',
      'python -m pytest --version || pip install pytest',
    ];
    expect(
      (await setUpTree([{ folder: '', setup, registries: [] }], place)).map(({ end }) => end.exitCode),
    ).toEqual([0, 0, 0]);
    const { run, cases } = await runCheck(testCheck('python -m pytest'), place);
    expect(outcomes(cases)).toEqual([
      'error tests/test_calc.py: test_setup',
      'error tests/test_missing.py: tests/test_missing.py',
      'failed tests/test_calc.py: TestAdd::test_sum[3]',
      'passed tests/test_calc.py: TestAdd::test_sum[2]',
      'passed tests/test_calc.py: test_adds',
      'skipped tests/test_calc.py: test_later',
    ]);
    expect(run.counts).toEqual({ passed: 2, failed: 3, skipped: 1 });
    const alone = await runCheck(testCheck('python -m pytest'), place, ['tests/test_missing.py']);
    expect(alone.cases).toHaveLength(1);
  });
});

describeWith('python3', hasTool('/usr/bin/python3'), 'unittest', () => {
  const files: Files = {
    'calc.py': 'def add(a, b): return a + b\n',
    'tests/__init__.py': '',
    'tests/other.py': 'import unittest\nclass Other(unittest.TestCase):\n    def test_it(self): pass\n',
    'tests/test_calc.py': `import calc, subprocess, sys, unittest
class Add(unittest.TestCase):
    def test_adds(self): self.assertEqual(calc.add(1, 1), 2)
    def test_wrong(self): self.assertEqual(calc.add(1, 1), 3)
    def test_raises(self): raise KeyError('inside')
    def test_parts(self):
        for n in range(3):
            with self.subTest(n=n): self.assertEqual(n, 0)
    def test_starts(self): subprocess.run([sys.executable, '-m', 'unittest', 'tests.other'], check=True)
    @unittest.expectedFailure
    def test_expected(self): self.fail()
    @unittest.expectedFailure
    def test_unexpected(self): pass
@unittest.skip('later')
class Later(unittest.TestCase):
    def test_later(self): pass
class Broken(unittest.TestCase):
    @classmethod
    def setUpClass(cls): raise RuntimeError('class')
    def test_never(self): pass
`,
    'tests/test_missing.py': 'from calc import sub\n',
    'tests/test_skipped.py': "import unittest\nraise unittest.SkipTest('whole file')\n",
  };

  async function runUnittest(command: string): Promise<CheckedRun> {
    return await runCheck(testCheck(command), await makePlace(await makeTree(files)));
  }

  test('every test is reported with its file, its class and its outcome', async () => {
    const { run, cases } = await runUnittest('/usr/bin/python3 -m unittest');
    expect(outcomes(cases)).toEqual([
      'error tests/test_calc.py: setUpClass (tests.test_calc.Broken)',
      'error tests/test_missing.py: tests/test_missing.py',
      'failed tests/test_calc.py: Add.test_parts',
      'failed tests/test_calc.py: Add.test_raises',
      'failed tests/test_calc.py: Add.test_unexpected',
      'failed tests/test_calc.py: Add.test_wrong',
      'passed tests/test_calc.py: Add.test_adds',
      'passed tests/test_calc.py: Add.test_expected',
      'passed tests/test_calc.py: Add.test_starts',
      'skipped tests/test_calc.py: Later.test_later',
      'skipped tests/test_skipped.py: tests/test_skipped.py',
    ]);
    expect(run.counts).toEqual({ passed: 3, failed: 6, skipped: 2 });
  });

  test('failures carry what went wrong, a file that does not load its own error', async () => {
    const { cases } = await runUnittest('/usr/bin/python3 -m unittest discover -s tests -t .');
    const message = (name: string): string | undefined => cases.find((each) => each.name === name)?.message;
    expect(message('Add.test_wrong')).toContain('AssertionError: 2 != 3');
    expect(message('Add.test_parts')).toContain('AssertionError: 1 != 0');
    expect(message('tests/test_missing.py')).toContain("cannot import name 'sub'");
  });
});

describe('a command whose tool is not known', () => {
  test('passes or fails by its exit code, without counts', async () => {
    const place = await makePlace(await makeTree({}));
    const [good, bad] = [
      await runCheck(testCheck('echo hi'), place),
      await runCheck(testCheck('exit 3'), place),
    ];
    expect(good).toMatchObject({ run: { passed: true, counts: null }, cases: [] });
    expect(bad).toMatchObject({ run: { passed: false, counts: null, end: { exitCode: 3 } } });
  });

  test('the tool its ecosystem knows reports all the same, where the environment is enough', async () => {
    const tree = await makeTree({
      'run.sh': 'node --test\n',
      'a.test.js': `require('node:test').test('works');`,
    });
    const { run } = await runCheck({ ...testCheck('sh run.sh'), tool: 'node-test' }, await makePlace(tree));
    expect(run).toMatchObject({ passed: true, counts: { passed: 1 } });
  });

  test('programs that set-up put into the tool folder are found, also from a package below', async () => {
    const tree = await makeTree({});
    const place = await makePlace(tree);
    const bin = '.ptc-tools/node_modules/.bin';
    const setup = [
      `mkdir -p ${bin} && printf '#!/bin/sh\\necho ours' > ${bin}/thing && chmod +x ${bin}/thing`,
    ];
    await setUpTree([{ folder: '', setup, registries: [] }], place);
    expect((await runCheck(testCheck('thing'), place)).run.end.output).toBe('ours\n');
    const below = { ...testCheck(`mkdir -p 'a $b/"c' && cd 'a $b/"c' && thing`), folder: 'a $b/"c' };
    expect((await runCheck(below, place)).run.end.output).toBe('ours\n');
  });
});

describe('commands that do not end well', () => {
  test('a hanging test is a failed check with its limit named', async () => {
    const place = await makePlace(await makeTree({}), { timeoutMs: 200 });
    const { run } = await runCheck(testCheck('sleep 60'), place);
    expect(run).toMatchObject({ passed: false, end: { limit: 'timeout' } });
  });

  test('a test that never stops printing is a failed check with its limit named', async () => {
    const { run } = await runCheck(testCheck('yes'), await makePlace(await makeTree({})));
    expect(run).toMatchObject({ passed: false, end: { limit: 'output' } });
  });

  test('a cancelled run rejects with the reason of the signal', async () => {
    const stop = new AbortController();
    const place = await makePlace(await makeTree({}), { signal: stop.signal });
    const run = runCheck(testCheck('sleep 60'), place);
    stop.abort(new Error('stop now'));
    await expect(run).rejects.toThrow('stop now');
  });
});

describe('reports that cannot be trusted', () => {
  /** Runs vitest's reporter over a report that `write` (shell, the file in $1) leaves behind. */
  async function runWriting(write: string): Promise<CheckedRun> {
    const tree = await makeTree({
      ...manifest('./vitest.js run'),
      'vitest.js': `#!/bin/bash\nfor word; do set -- "\${word#--outputFile.junit=}"; done\n${write}\n`,
    });
    return await runCheck(testCheck('chmod +x vitest.js; npm test'), await makePlace(tree));
  }

  test('a well-formed one is read', async () => {
    const { cases } = await runWriting(
      `echo '<testsuites><testsuite><testcase classname="a.js" name="ok"/></testsuite></testsuites>' > "$1"`,
    );
    expect(outcomes(cases)).toEqual(['passed a.js: ok']);
  });

  test.each([
    ['missing', 'true'],
    ['no XML', 'echo "not xml <" > "$1"'],
    ['other XML', 'echo "<html></html>" > "$1"'],
    ['a link to a real report', 'echo "<testsuites/>" > real.xml; ln -s "$PWD/real.xml" "$1"'],
    ['a folder', 'mkdir "$1"'],
    ['a pipe nobody writes to', 'mkfifo "$1"'],
    ['too large', 'head -c 30000000 /dev/zero > "$1"'],
  ])('one that is %s means no counts', async (_, write) => {
    const { run, cases } = await runWriting(write);
    expect(run).toMatchObject({ passed: true, counts: null });
    expect(cases).toEqual([]);
  });

  test('the folder of the report is removed after the run', async () => {
    const place = await makePlace(await makeTree({}));
    await runCheck(testCheck('true'), place);
    expect(await readdir(place.reports)).toEqual([]);
  });
});

test('set-up may reach the registries of its package, checks nothing, and a failed set-up command ends the set-up', async () => {
  const specs: CommandSpec[] = [];
  const plain = plainCommands();
  const commands = {
    ...plain,
    run: async (spec: CommandSpec) => {
      specs.push(spec);
      return await plain.run(spec);
    },
  };
  const place = await makePlace(await makeTree({}), { commands });
  const setup = await setUpTree(
    [{ folder: '', setup: ['true', 'exit 4', 'echo never'], registries: ['pypi.org'] }],
    place,
  );
  await runCheck(testCheck('true'), place);
  expect(setup.map(({ end }) => end.exitCode)).toEqual([0, 4]);
  expect(specs.map((spec) => spec.network)).toEqual([
    { registries: ['pypi.org'] },
    { registries: ['pypi.org'] },
    'none',
  ]);
});
