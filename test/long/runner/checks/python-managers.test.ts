import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { type CheckPackage } from '../../../../src/runner/checks/check.ts';
import { type CheckPlace } from '../../../../src/runner/checks/check-place.ts';
import { findChecks } from '../../../../src/runner/checks/find-checks.ts';
import { runCheck } from '../../../../src/runner/checks/run-check.ts';
import { setUpTree } from '../../../../src/runner/checks/set-up-tree.ts';
import { makePlace, makeTree, NO_COMMANDS } from '../../../helpers/check-bed.ts';
import { describeWith } from '../../../helpers/required-tool.ts';

const TIMEOUT_MS = 180_000;

const FILES = {
  '.gitignore': '*.egg-info\n__pycache__\n.pytest_cache\n.pdm-python\n',
  'src/calc/__init__.py': 'import iniconfig\ndef add(a, b): return a + b\n',
  'tests/test_calc.py': 'import calc\ndef test_adds(): assert calc.add(1, 1) == 2\n',
};

const PROJECT = `[project]
name = "calc"
version = "1"
requires-python = ">=3.9"
dependencies = ["iniconfig"]
[build-system]
requires = ["setuptools"]
build-backend = "setuptools.build_meta"
[dependency-groups]
dev = ["pytest"]
`;

const POETRY_PROJECT = `[tool.poetry]
name = "calc"
version = "1"
description = ""
authors = []
packages = [{ include = "calc", from = "src" }]
[tool.poetry.dependencies]
python = ">=3.9"
iniconfig = "*"
[tool.poetry.group.dev.dependencies]
pytest = "*"
[build-system]
requires = ["poetry-core"]
build-backend = "poetry.core.masonry.api"
`;

/** Sets a tree up, so that every command ends well. */
async function setUp(
  packages: readonly Pick<CheckPackage, 'folder' | 'setup' | 'registries'>[],
  place: CheckPlace,
): Promise<void> {
  const runs = await setUpTree(packages, place);
  expect(runs.map(({ end }) => (end.exitCode === 0 ? 'ok' : end.output))).toEqual(runs.map(() => 'ok'));
}

const hasVenv = spawnSync('/usr/bin/python3', ['-c', 'import venv, ensurepip']).status === 0;

describeWith('python3 with venv', hasVenv, 'managers of Python projects', () => {
  test.each([
    ['uv', PROJECT, 'uv.lock', 'uv lock'],
    ['poetry', POETRY_PROJECT, null, ''],
    ['pdm', PROJECT, 'pdm.lock', "uvx --with 'hishel<2' pdm lock -q"],
  ])(
    '%s fills the environment of the tree with the project in place and what its tests need',
    { timeout: TIMEOUT_MS },
    async (_, pyproject, lockFile, lock) => {
      const tree = await makeTree({
        ...FILES,
        'pyproject.toml': pyproject,
        ...(lockFile === null ? {} : { [lockFile]: '' }),
      });
      const place = await makePlace(tree);
      const { packages } = await findChecks(tree, NO_COMMANDS);
      const [root] = packages;
      const [check] = root?.checks ?? [];
      if (root === undefined || check === undefined) throw new Error('no check was found');
      // The manager makes its lock file itself, before it is asked to install by it.
      const install = root.setup.findIndex(
        (command) => command.startsWith('UV_') || command.startsWith('PDM_'),
      );
      const parts = [
        root.setup.slice(0, install),
        lock === '' ? [] : [`rm ${lockFile}`, lock],
        root.setup.slice(install),
      ];
      await setUp([{ ...root, setup: parts.flat() }], place);
      spawnSync('git', ['init', '-q'], { cwd: tree });
      const { run, cases } = await runCheck(check, place);
      expect(run).toMatchObject({ passed: true, counts: { passed: 1 } });
      expect(cases).toMatchObject([{ file: 'tests/test_calc.py', name: 'test_adds' }]);
      const left = spawnSync('git', ['status', '--porcelain'], { cwd: tree, encoding: 'utf8' }).stdout.match(
        /\S+$/gm,
      );
      expect(left).toEqual(
        [
          ...Object.keys(FILES).map((path) => path.replace(/\/.*/, '/')),
          'pyproject.toml',
          lockFile ?? 'poetry.lock',
        ].sort(),
      );
    },
  );
});
