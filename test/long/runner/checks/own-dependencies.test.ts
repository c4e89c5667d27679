import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type CheckedRun } from '../../../../src/runner/checks/check.ts';
import { findChecks } from '../../../../src/runner/checks/find-checks.ts';
import { packagesFor } from '../../../../src/runner/checks/packages-for.ts';
import { openBaseChecks } from '../../../../src/runner/checks/proof/base-checks.ts';
import { type Files, makeFolder, makePlace, NO_COMMANDS, writeFiles } from '../../../helpers/check-bed.ts';
import { describeWith, hasTool } from '../../../helpers/required-tool.ts';

const TIMEOUT_MS = 120_000;

interface Repository {
  readonly files: Files;
  /** What one of the two trees has in place of the repository's own. */
  readonly change: Files;
}

/** Two worktrees of one repository side by side, both set up, the changed one first, then both checked. */
async function checkBoth({ files, change }: Repository): Promise<readonly CheckedRun[]> {
  const folder = await makeFolder();
  const [original, changed] = [join(folder, 'original'), join(folder, 'changed')];
  await writeFiles(original, { ...files, '.gitignore': 'node_modules\n*.egg-info\n' });
  const git = (...args: readonly string[]): void => {
    const user = ['-c', 'user.name=a', '-c', 'user.email=a@example.com'];
    const { status, stderr } = spawnSync('git', [...user, ...args], { cwd: original, encoding: 'utf8' });
    if (status !== 0) throw new Error(stderr);
  };
  git('init', '-q');
  git('add', '.');
  git('commit', '-qm', 'first');
  git('worktree', 'add', '-q', '--detach', changed);
  await writeFiles(changed, change);
  const prepared = [];
  for (const tree of [changed, original]) {
    const packages = packagesFor(await findChecks(tree, NO_COMMANDS), Object.keys(change));
    const checks = openBaseChecks(await makePlace(tree));
    await checks.setUp(packages);
    prepared.push({ checks, packages });
  }
  const runs = [];
  for (const { checks, packages } of prepared) runs.push(...(await checks.run(packages)).runs);
  return runs;
}

/** What each tree's only test says: that it saw the changed code, and where that lay. */
const SAID = [
  { passed: true, counts: { passed: 1, failed: 0, skipped: 0 }, said: ['changed', 'changed'] },
  { passed: true, counts: { passed: 1, failed: 0, skipped: 0 }, said: ['original', 'original'] },
];

function said({ run }: CheckedRun): (typeof SAID)[number] | null {
  const [, value = '', place = ''] = /saw (\w+) in (\S+)/.exec(run.end.output) ?? [];
  const tree = /\/(original|changed)\//.exec(place)?.[1] ?? '';
  return run.counts && { passed: run.passed, counts: run.counts, said: [value, tree] };
}

const hasVenv = spawnSync('/usr/bin/python3', ['-c', 'import venv, ensurepip']).status === 0;

describeWith('python3 with venv, and git', hasVenv && hasTool('git'), 'an editable install', () => {
  test(
    'the tests of a changed worktree import its code, not the other checkout',
    { timeout: TIMEOUT_MS },
    async () => {
      const runs = await checkBoth({
        files: {
          'README.md': 'Run `python -m unittest discover -s tests`.\n',
          'pyproject.toml':
            '[project]\nname = "calc"\nversion = "1"\n[build-system]\nrequires = ["setuptools"]\nbuild-backend = "setuptools.build_meta"\n',
          'src/calc/__init__.py': 'VALUE = "original"\n',
          'tests/test_calc.py':
            'import calc, unittest\nclass Calc(unittest.TestCase):\n    def test_saw(self): print("saw", calc.VALUE, "in", calc.__file__)\n',
        },
        change: { 'src/calc/__init__.py': 'VALUE = "changed"\n' },
      });
      expect(runs.map(said)).toEqual(SAID);
    },
  );
});

describeWith('npm and git', hasTool('npm') && hasTool('git'), 'an npm workspace', () => {
  test(
    'the tests of a changed worktree import its member, not that of the other checkout',
    { timeout: TIMEOUT_MS },
    async () => {
      const manifest = (fields: object): string => JSON.stringify({ version: '1.0.0', ...fields });
      const runs = await checkBoth({
        files: {
          'package.json': manifest({ name: 'root', private: true, workspaces: ['packages/*'] }),
          'packages/calc/package.json': manifest({ name: '@sample/calc', main: 'calc.js' }),
          'packages/calc/calc.js': 'module.exports = { value: "original", place: __filename };\n',
          'packages/app/package.json': manifest({
            name: '@sample/app',
            dependencies: { '@sample/calc': '1.0.0' },
            scripts: { test: 'node --test' },
          }),
          'packages/app/app.test.js':
            "const { value, place } = require('@sample/calc');\nrequire('node:test')('saw', () => console.log('saw', value, 'in', place));\n",
        },
        change: {
          'packages/calc/calc.js': 'module.exports = { value: "changed", place: __filename };\n',
          'packages/app/note.txt': '',
        },
      });
      expect(runs.map(said)).toEqual(SAID);
    },
  );
});
