import { afterEach, expect, test } from 'vitest';
import { creating } from '../../helpers/new-files.ts';
import { describeWith, hasTool } from '../../helpers/required-tool.ts';
import { runnerBed } from '../../helpers/runner-bed.ts';
import {
  calls,
  inOrder,
  type JobChoice,
  type ScriptedMailbox,
  toldModel,
} from '../../helpers/scripted-mailbox.ts';

const bed = runnerBed();
afterEach(() => bed.clear());

const FINISH = ['finish', { title: 'Make it', body: 'As asked.' }] as const;
const LIMITS = {
  attempts: 2,
  checkTimeoutMs: 200_000,
  jobTimeoutMs: 280_000,
  memoryMb: 4096,
  processes: 512,
  fileSizeMb: 512,
};

/** A job that hands these files in, and hands the same in again when they come back. */
const handIn = (
  files: Readonly<Record<string, string>>,
  choice: Partial<JobChoice> = {},
): Promise<ScriptedMailbox> =>
  bed.runFromNothing(inOrder(calls(['apply_patch', { diff: creating(files) }], FINISH), calls(FINISH)), {
    limits: LIMITS,
    ...choice,
  });
const told = (mailbox: ScriptedMailbox): readonly string[] =>
  mailbox.events().flatMap((event) => (event.type === 'model.request' ? [toldModel(event)] : []));
const commands = (mailbox: ScriptedMailbox): readonly string[] =>
  mailbox.events().flatMap((event) => (event.type === 'command' ? [event.command] : []));

test('packages that Python imports are installed without any manifest', async () => {
  const mailbox = await handIn(
    {
      'settings.py':
        'import colorama\nimport yaml\n\n\ndef read(text):\n    colorama.init()\n    return yaml.safe_load(text)\n',
      'test_settings.py':
        'from settings import read\n\n\ndef test_reads():\n    assert read("a: 1") == {"a": 1}\n',
    },
    { dependencies: ['colorama==0.4.6', 'python>=3.9'] },
  );
  expect(mailbox.result()).toMatchObject({
    status: 'done',
    proof: { verdict: 'green', tests: [{ name: 'test_reads', base: 'missing-subject' }] },
  });
  expect(commands(mailbox)).toContain('pip install PyYAML colorama==0.4.6');
});

test('packages that JavaScript imports are installed without any manifest', async () => {
  const mailbox = await handIn({
    'wait.mjs': "import ms from 'ms';\n\nexport const wait = (text) => ms(text);\n",
    'wait.test.mjs': `import assert from 'node:assert/strict';
import { test } from 'node:test';
import { wait } from './wait.mjs';

test('waits', () => assert.equal(wait('2s'), 2000));
`,
  });
  expect(mailbox.result()).toMatchObject({ status: 'done', proof: { verdict: 'green' } });
});

test('a package that does not exist comes back with what the installer says', async () => {
  const mailbox = await handIn({
    'a.py': 'import no_such_package_at_all_here\n',
    'test_a.py': 'import a\n\n\ndef test_a():\n    assert a\n',
  });
  expect(mailbox.result()).toMatchObject({
    status: 'failed',
    problem: { code: 'checks-red' },
    proof: { stages: [{ state: 'passed' }, { state: 'passed' }, { state: 'failed' }] },
  });
  expect(told(mailbox)[1]).toContain('pip install no_such_package_at_all_here');
});

const PACKAGE = {
  'package.json': JSON.stringify({
    type: 'module',
    scripts: { test: 'node --test', build: 'tsc --noEmit false --outDir dist' },
    devDependencies: { typescript: '5.9.3' },
  }),
  'tsconfig.json': JSON.stringify({
    compilerOptions: { strict: true, noEmit: true, module: 'nodenext', types: [], rootDir: 'src' },
    include: ['src'],
  }),
  'test/sum.test.js': `import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sum } from '../dist/sum.js';

test('adds', () => assert.equal(sum(1, 2), 3));
`,
};

test('types are checked after the installation, and a fault in them stops the tests', async () => {
  const source = 'export const sum = (a: number, b: number): string => a + b;\n';
  const mailbox = await handIn({ ...PACKAGE, 'src/sum.ts': source }, { limits: { ...LIMITS, attempts: 1 } });
  expect(mailbox.result()).toMatchObject({
    status: 'failed',
    proof: {
      verdict: 'red',
      checks: [{ kind: 'typecheck', head: { passed: false } }],
      stages: [{ state: 'passed' }, { state: 'failed' }, { state: 'not-run' }],
    },
  });
  expect(commands(mailbox)).not.toContain('npm test');
});

test('a package is built before it is tested', async () => {
  const source = 'export const sum = (a: number, b: number): number => a + b;\n';
  const mailbox = await handIn({ ...PACKAGE, 'src/sum.ts': source });
  expect(commands(mailbox)).toEqual(expect.arrayContaining(['npm run build', 'npm test']));
  expect(told(mailbox)).toHaveLength(1);
  expect(mailbox.result().proof).toMatchObject({
    verdict: 'green',
    checks: [
      { kind: 'typecheck', head: { passed: true } },
      { kind: 'test', head: { passed: true, counts: { passed: 1, failed: 0 } } },
    ],
    stages: [{ state: 'passed' }, { state: 'passed' }, { state: 'passed' }],
  });
});

describeWith('go', hasTool('go', ['version']), 'where there is Go', () => {
  test('a module is vetted and tested', async () => {
    const mailbox = await handIn({
      'go.mod': 'module example.test/sum\n\ngo 1.21\n',
      'sum.go': 'package sum\n\nfunc Sum(a, b int) int { return a + b }\n',
      'sum_test.go':
        'package sum\n\nimport "testing"\n\nfunc TestSum(t *testing.T) {\n\tif Sum(1, 2) != 3 {\n\t\tt.Fatal("wrong")\n\t}\n}\n',
    });
    expect(commands(mailbox)).toEqual(expect.arrayContaining(['go vet ./...', 'go test ./...']));
    expect(mailbox.result()).toMatchObject({ status: 'done', proof: { verdict: 'green' } });
  });
});

describeWith('cargo', hasTool('cargo'), 'where there is Rust', () => {
  test('a crate with its tests inside is checked and tested', async () => {
    const mailbox = await handIn({
      'Cargo.toml': '[package]\nname = "sum"\nversion = "0.1.0"\nedition = "2021"\n',
      'src/lib.rs':
        'pub fn sum(a: i32, b: i32) -> i32 {\n    a + b\n}\n\n#[cfg(test)]\nmod tests {\n    use super::*;\n\n    #[test]\n    fn adds() {\n        assert_eq!(sum(1, 2), 3);\n    }\n}\n',
    });
    expect(commands(mailbox)).toContain('cargo check --all-targets');
    expect(mailbox.result()).toMatchObject({ status: 'done', proof: { verdict: 'green' } });
  });
});
