import { spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { findChecks } from '../../../../src/runner/checks/find-checks.ts';
import { runCheck } from '../../../../src/runner/checks/run-check.ts';
import { setUpTree } from '../../../../src/runner/checks/set-up-tree.ts';
import { withToolFolder } from '../../../../src/runner/checks/tool-folder.ts';
import { type Files, makePlace, makeTree, NO_COMMANDS, tellProof } from '../../../helpers/check-bed.ts';
import { describeWith, hasTool } from '../../../helpers/required-tool.ts';

const TIMEOUT_MS = 300_000;

const CALC: Files = { 'calc.js': 'exports.add = (a, b) => a - b;\n' };

function manifest(fields: object): Files {
  return { 'package.json': JSON.stringify({ name: 'sample', version: '1.0.0', ...fields }) };
}

/** A fix with three new files of tests: one that asserts, one whose subject is new, one that passes anyway. */
function change(imports: string, equal: string): Files {
  const file = (module: string, body: string): string =>
    `${imports}\nconst subject = require('${module}');\n${body}\n`;
  return {
    'calc.js': 'exports.add = (a, b) => a + b;\n',
    'sub.js': 'exports.sub = (a, b) => a - b;\n',
    'test/add.test.js': file('../calc', `it('adds', () => { ${equal}(subject.add(1, 1), 2); });`),
    'test/sub.test.js': file('../sub', `it('subtracts', () => { ${equal}(subject.sub(1, 1), 0); });`),
    'test/any.test.js': file(
      '../calc',
      `describe('any', () => { it('passes', () => { ${equal}(1, 1); }); });`,
    ),
  };
}

const OLD_TEST: Files = {
  'test/old.test.js': `describe('old', () => { it('works', () => {}); it.skip('later', () => {}); });\n`,
};

const EXPECTED = ['adds: assertion', 'any > passes: passed', 'subtracts: missing-subject'];

describe('jest', () => {
  test('tests are counted, run alone, and the ways to fail told apart', { timeout: TIMEOUT_MS }, async () => {
    const { proof, commands } = await tellProof({
      base: {
        ...manifest({ scripts: { test: 'jest' }, devDependencies: { jest: '29.7.0' } }),
        ...CALC,
        ...OLD_TEST,
      },
      change: change('const equal = (a, b) => expect(a).toBe(b);', 'equal'),
    });
    expect(proof).toMatchObject({ verdict: 'green', reasons: [] });
    expect(proof.checks[0]?.head?.counts).toEqual({ passed: 4, failed: 0, skipped: 1 });
    expect(proof.tests.map(({ name, base }) => `${name}: ${base}`).sort()).toEqual(EXPECTED);
    expect(commands.at(-1)).toContain('npm test -- --runTestsByPath test/add.test.js');
  });
});

describe('mocha', () => {
  const mocha = { scripts: { test: 'mocha "test/**/*.test.js"' }, devDependencies: { mocha: '11.7.4' } };

  test('its own output stays, and its failures and hooks are reported', { timeout: TIMEOUT_MS }, async () => {
    const tree = await makeTree({
      ...manifest(mocha),
      'test/a.test.js': `describe('a', () => { it('fails', () => { throw new Error('inside'); }); });
describe('b', () => { before(() => { throw new Error('hook'); }); it('never', () => {}); });`,
    });
    const place = await makePlace(tree);
    const found = await findChecks(tree, NO_COMMANDS);
    await setUpTree(found.packages, place);
    const check = found.packages[0]?.checks[0];
    if (check === undefined) throw new Error('no check was found');
    const { run, cases } = await runCheck(check, place);
    expect(run.end.output).toContain('1) fails');
    expect(cases.map(({ file, name, status }) => [file, name, status])).toEqual([
      ['test/a.test.js', 'a > fails', 'failed'],
      ['test/a.test.js', 'b > "before all" hook for "never"', 'error'],
    ]);
  });

  test('the ways to fail are told apart', { timeout: TIMEOUT_MS }, async () => {
    const only = { ...mocha, scripts: { test: 'mocha' } };
    const files = change("const assert = require('node:assert');", 'assert.equal');
    const { proof } = await tellProof({
      base: { ...manifest(only), '.mocharc.json': '{"extension": ["test.js"]}', ...CALC, ...OLD_TEST },
      change: files,
    });
    expect(proof).toMatchObject({ verdict: 'green', reasons: [] });
    expect(proof.checks[0]?.head?.counts).toEqual({ passed: 4, failed: 0, skipped: 1 });
    expect(proof.tests.find(({ name }) => name === 'subtracts')?.base).toBe('missing-subject');
  });
});

/** The lock file that the manager itself writes for a manifest. */
async function makeLock(files: Files, write: string, lock: string): Promise<Files> {
  const tree = await makeTree(files);
  const place = await makePlace(tree);
  const found = await findChecks(tree, NO_COMMANDS);
  const managers = found.packages.map((each) => ({ ...each, setup: each.setup.slice(0, -1) }));
  const setup = await setUpTree(managers, place);
  expect(setup.map(({ end }) => (end.exitCode === 0 ? 'ok' : end.output))).toEqual(['ok', 'ok']);
  const { exitCode, output } = await place.commands.run({
    command: withToolFolder(write, ''),
    tree,
    writable: [],
    env: {},
    network: { registries: found.packages.flatMap(({ registries }) => registries) },
    timeoutMs: TIMEOUT_MS,
    signal: place.signal,
  });
  if (exitCode !== 0) throw new Error(output);
  return { [lock]: await readFile(join(tree, lock), 'utf8') };
}

describeWith('git', hasTool('git'), 'package managers that the machine lacks', () => {
  test.each([
    ['pnpm', 'pnpm@10.20.0', 'pnpm install --lockfile-only', 'pnpm-lock.yaml'],
    ['yarn classic', 'yarn@1.22.22', 'yarn install', 'yarn.lock'],
    ['yarn berry', 'yarn@4.10.3', 'yarn install --no-immutable --mode=update-lockfile', 'yarn.lock'],
  ])(
    '%s installs by its lock file and runs the tests',
    { timeout: TIMEOUT_MS },
    async (_, manager, write, lock) => {
      const files = {
        ...manifest({
          packageManager: manager,
          scripts: { test: 'mocha' },
          devDependencies: { mocha: '11.7.4' },
        }),
        '.gitignore': 'node_modules\n.pnp.*\n.yarn\n',
        'test/a.js': `it('works', () => {});\n`,
      };
      const tree = await makeTree({ ...files, ...(await makeLock(files, write, lock)) });
      spawnSync('git', ['init', '-q'], { cwd: tree });
      spawnSync('git', ['add', '.'], { cwd: tree });
      const place = await makePlace(tree);
      const found = await findChecks(tree, NO_COMMANDS);
      const setup = await setUpTree(found.packages, place);
      expect(setup.map(({ end }) => (end.exitCode === 0 ? 'ok' : end.output))).toEqual(['ok', 'ok', 'ok']);
      const check = found.packages[0]?.checks[0];
      if (check === undefined) throw new Error('no check was found');
      const { run, cases } = await runCheck(check, place);
      expect(run.end.output).toContain('1 passing');
      expect(cases).toEqual([{ file: 'test/a.js', name: 'works', status: 'passed', message: '' }]);
      const left = spawnSync('git', ['status', '--porcelain'], { cwd: tree, encoding: 'utf8' });
      expect(left.stdout.split('\n').filter((line) => /^(?:\?\?| M)/.test(line))).toEqual([]);
    },
  );
});

const hasVenv = spawnSync('/usr/bin/python3', ['-c', 'import venv, ensurepip']).status === 0;

describeWith('python3 with venv', hasVenv, 'pytest', () => {
  test(
    'a fresh environment for each tree, and the ways to fail told apart',
    { timeout: TIMEOUT_MS },
    async () => {
      const { proof } = await tellProof({
        base: {
          'pyproject.toml':
            '[project]\nname = "calc"\nversion = "1"\n[tool.setuptools]\npackages = ["calc"]\n',
          'calc/__init__.py': 'def add(a, b): return a - b\n',
          'tests/test_old.py': 'def test_old(): pass\n',
        },
        change: {
          'calc/__init__.py': 'def add(a, b): return a + b\ndef sub(a, b): return a - b\n',
          'tests/test_add.py': 'import calc\ndef test_add(): assert calc.add(1, 1) == 2\n',
          'tests/test_sub.py': 'from calc import sub\ndef test_sub(): assert sub(1, 1) == 0\n',
        },
      });
      expect(proof.tests.map(({ name, base }) => `${name}: ${base}`)).toEqual([
        'test_add: assertion',
        'test_sub: missing-subject',
      ]);
      expect(proof).toMatchObject({ verdict: 'green', reasons: [] });
    },
  );
});
