import { rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type CheckPackage, type FoundChecks } from '../../../src/runner/checks/check.ts';
import { ECOSYSTEMS } from '../../../src/runner/checks/ecosystems/ecosystems.ts';
import { findChecks } from '../../../src/runner/checks/find-checks.ts';
import { type Files, makeFolder, makeTree, NO_COMMANDS, writeFiles } from '../../helpers/check-bed.ts';

async function findAll(files: Files, commands = {}): Promise<FoundChecks> {
  return await findChecks(await makeTree(files), { ...NO_COMMANDS, ...commands });
}

/** What is found in the root alone. */
async function find(files: Files, commands = {}): Promise<Pick<CheckPackage, 'setup' | 'checks'>> {
  const [root] = (await findAll(files, commands)).packages;
  return { setup: root?.setup ?? [], checks: root?.checks ?? [] };
}

function manifest(fields: object): Files {
  return { 'package.json': JSON.stringify({ name: 'sample', ...fields }) };
}

describe('npm', () => {
  test('a lock file is installed exactly', async () => {
    const found = await find({ ...manifest({}), 'package-lock.json': '{}' });
    expect(found.setup).toEqual(['npm ci --no-audit --no-fund']);
  });

  test('without a lock file dependencies are installed and no lock file is written', async () => {
    const found = await find(manifest({ devDependencies: { left: '1' } }));
    expect(found.setup).toEqual(['npm install --no-audit --no-fund --no-package-lock']);
  });

  test('nothing is installed where there is nothing to install', async () => {
    expect((await find(manifest({ scripts: { test: 'node --test' } }))).setup).toEqual([]);
  });

  test('test, lint and typecheck scripts become checks, with the tool behind the tests', async () => {
    const scripts = { test: 'vitest run', lint: 'eslint .', 'type-check': 'tsc' };
    expect((await find(manifest({ scripts }))).checks).toEqual([
      { name: 'test', kind: 'test', folder: '', command: 'npm test', tool: 'vitest' },
      { name: 'lint', kind: 'lint', folder: '', command: 'npm run lint', tool: 'eslint' },
      { name: 'typecheck', kind: 'typecheck', folder: '', command: 'npm run type-check', tool: 'unknown' },
    ]);
  });

  test('the placeholder that npm init writes is no test', async () => {
    const scripts = { test: 'echo "Error: no test specified" && exit 1', lint: 'eslint .' };
    expect((await find(manifest({ scripts }))).checks.map((check) => check.kind)).toEqual(['lint']);
  });

  test.each([
    ['text that is not JSON', '{'],
    ['a list', '[]'],
    ['scripts of a wrong type', '{"scripts": {"test": 5}}'],
    ['scripts that are no object', '{"scripts": "test"}'],
  ])('a package.json with %s has no checks', async (_, text) => {
    expect((await find({ 'package.json': text })).checks).toEqual([]);
  });
});

describe('pnpm and yarn', () => {
  test.each([
    ['9.0', 'pnpm@10'],
    ['6.0', 'pnpm@8'],
    ['5.4', 'pnpm@7'],
  ])('a pnpm lock file of format %s is installed by %s', async (format, manager) => {
    const found = await find({
      ...manifest({ scripts: { test: 'vitest' } }),
      'pnpm-lock.yaml': `lockfileVersion: '${format}'\n`,
    });
    expect(found.setup[1]).toMatch(new RegExp(` ${manager}$`));
    expect(found.setup[2]).toBe('pnpm install --frozen-lockfile');
    expect(found.checks[0]).toMatchObject({ command: 'pnpm test', tool: 'vitest' });
  });

  test('the version that the manifest names is the one installed', async () => {
    const found = await find({
      ...manifest({ packageManager: 'pnpm@9.1.0+sha512.abc' }),
      'pnpm-lock.yaml': '',
    });
    expect(found.setup[1]).toMatch(/ pnpm@9\.1\.0$/);
  });

  test('a version that is none is never handed to the shell', async () => {
    const found = await find({ ...manifest({ packageManager: 'pnpm@9.1.0;id' }), 'pnpm-lock.yaml': '' });
    expect(found.setup.join('\n')).not.toContain('id');
  });

  test.each([
    ['# yarn lockfile v1\n', 'yarn@1.22.22', 'yarn install --frozen-lockfile'],
    ['__metadata:\n  version: 6\n', '@yarnpkg/cli-dist@3', 'yarn install --immutable'],
    ['__metadata:\n  version: 8\n', '@yarnpkg/cli-dist@4', 'yarn install --immutable'],
  ])('a yarn.lock that starts with %j is installed by %s', async (lock, manager, install) => {
    const found = await find({ ...manifest({ scripts: { test: 'jest' } }), 'yarn.lock': lock });
    expect(found.setup[1]?.endsWith(` ${manager}`)).toBe(true);
    expect(found.setup[2]).toBe(install);
    expect(found.checks[0]).toMatchObject({ command: 'yarn run test', tool: 'jest' });
  });
});

describe('bun', () => {
  const lock = { 'bun.lock': '{}' };

  test('its lock file is installed exactly, by a bun of the registry', async () => {
    const found = await find({
      ...manifest({ packageManager: 'bun@1.4.5', scripts: { test: 'vitest' } }),
      ...lock,
    });
    expect(found.setup[1]).toMatch(/ bun@1\.4\.5$/);
    expect(found.setup[2]).toBe('bun install --backend=copyfile --frozen-lockfile');
    expect(found.checks[0]).toMatchObject({ command: 'bun run test', tool: 'vitest' });
  });

  test('without a test script its own test runner runs the test files', async () => {
    const found = await find({ ...manifest({}), ...lock, 'src/a.test.ts': '' });
    expect(found.checks).toMatchObject([{ kind: 'test', command: 'bun test', tool: 'bun-test' }]);
    expect((await find({ ...manifest({}), ...lock })).checks).toEqual([]);
  });
});

describe('python', () => {
  test('a project with tests gets an environment of its own, its extras and pytest', async () => {
    const found = await find({
      'pyproject.toml':
        '[build-system]\nrequires = ["setuptools"]\n[project.optional-dependencies]\ntest = [\n  "x[y]",\n]\ndocs = []\n',
      'requirements-dev.txt': '',
      'tests/test_a.py': '',
    });
    expect(found.setup.slice(1)).toEqual([
      'python3 -m venv .ptc-tools/venv',
      'pip install -r requirements-dev.txt',
      "pip install -e '.[test]'",
      'python -m pytest --version || pip install pytest',
    ]);
    expect(found.checks).toEqual([
      { name: 'pytest', kind: 'test', folder: '', command: 'python -m pytest', tool: 'pytest' },
    ]);
  });

  test.each([
    ['uv', { 'uv.lock': '' }, / uv sync --active --frozen --inexact --extra test$/],
    ['Poetry', { 'poetry.lock': '' }, / poetry install --no-interaction --extras test \|\| /],
    ['PDM', { 'pdm.lock': '' }, / pdm install --frozen-lockfile -G test$/],
  ])('a lock file of %s is installed by it, into the environment of the tree', async (_, lock, install) => {
    const pyproject = '[project.optional-dependencies]\ntest = []\n';
    const { setup } = await find({ 'pyproject.toml': pyproject, 'test_a.py': '', ...lock });
    expect(setup.slice(0, 2)).toEqual([expect.any(String), 'python3 -m venv .ptc-tools/venv']);
    expect(setup.at(-2)).toMatch(install);
  });

  test('requirements among the tests make no project of their folder', async () => {
    const found = await findAll({ 'setup.py': '', 'tests/requirements.txt': '', 'tests/test_a.py': '' });
    expect(found.packages.map(({ folder }) => folder)).toEqual(['']);
  });

  test('dependency groups for tests are installed by a pip that knows them', async () => {
    const found = await find({
      'pyproject.toml': '[tool.pytest.ini_options]\n[dependency-groups]\ndev = []\n',
    });
    expect(found.setup).toContain('pip install --upgrade pip');
    expect(found.setup).toContain('pip install --group dev');
  });

  test.each([
    ['pytest.ini', ''],
    ['setup.cfg', '[tool:pytest]\n'],
    ['tox.ini', '[pytest]\n'],
    ['pkg/deep/er/thing_test.py', ''],
  ])('%s alone makes it a project that pytest checks', async (path, content) => {
    expect((await find({ [path]: content })).checks.map((check) => check.tool)).toEqual(['pytest']);
  });

  test.each([
    ['Run `python -m unittest` to test.', 'python -m unittest'],
    [
      'python3 -m unittest discover -v -s tests -p "*_test.py" and look',
      'python -m unittest discover -v -s tests -p "*_test.py"',
    ],
    ['run: python -m unittest discover tests', 'python -m unittest discover tests'],
    ['One module: python -m unittest tests.test_a. All: python -m unittest.', 'python -m unittest'],
  ])('the documented %j is how tests are run where pytest is named nowhere', async (text, command) => {
    const found = await find({ 'README.md': text, 'tests/test_a.py': 'import unittest\n' });
    expect(found.checks).toEqual([{ name: 'unittest', kind: 'test', folder: '', command, tool: 'unittest' }]);
    expect(found.setup.join()).not.toContain('pytest');
  });

  test.each([
    ['documents that say nothing', {}],
    ['pytest named beside it', { 'README.md': 'python -m unittest or pytest' }],
    [
      'pytest among the requirements',
      { 'README.md': 'python -m unittest', 'requirements-dev.txt': 'pytest>=8\n' },
    ],
    ['one module alone', { 'README.md': 'python -m unittest tests.test_a' }],
  ])('with %s pytest runs the tests', async (_, files) => {
    const found = await find({ ...files, 'tests/test_a.py': 'import unittest\n' });
    expect(found.checks.map((check) => check.tool)).toEqual(['pytest']);
  });

  test('unittest finds the source folder of a project that cannot be installed', async () => {
    const files = { 'README.md': 'python -m unittest', 'src/calc/__init__.py': '', 'tests/test_a.py': '' };
    expect((await find(files)).checks[0]?.command).toBe('PYTHONPATH="src:$PYTHONPATH" python -m unittest');
    expect((await find({ ...files, 'setup.py': ' ' })).checks[0]?.command).toBe('python -m unittest');
  });

  test('Python files without tests are not checked', async () => {
    expect(await find({ 'setup.py': '', 'main.py': '' })).toEqual({ setup: [], checks: [] });
  });
});

test('commands of the owner take the place of those found, kind by kind', async () => {
  const files = manifest({ scripts: { test: 'vitest', lint: 'eslint .' }, dependencies: { a: '1' } });
  const found = await find(files, { setup: ['make deps'], test: 'npx jest --ci' });
  expect(found.setup).toEqual(['make deps']);
  expect(found.checks).toEqual([
    { name: 'test', kind: 'test', folder: '', command: 'npx jest --ci', tool: 'jest' },
    { name: 'lint', kind: 'lint', folder: '', command: 'npm run lint', tool: 'eslint' },
  ]);
});

test('a repository of two ecosystems is set up and checked for both', async () => {
  const found = await find({ ...manifest({ scripts: { test: 'mocha' } }), 'test_a.py': '' });
  expect(found.checks.map((check) => check.tool)).toEqual(['mocha', 'pytest']);
});

test('an empty repository has no checks', async () => {
  expect(await find({})).toEqual({ setup: [], checks: [] });
});

test('a manifest that is a link out of the tree is not read', async () => {
  const outside = await makeTree(manifest({ scripts: { test: 'vitest' } }));
  const tree = await makeFolder();
  await symlink(join(outside, 'package.json'), join(tree, 'package.json'));
  expect(await findChecks(tree, NO_COMMANDS)).toEqual({ packages: [] });
  await rm(join(tree, 'package.json'));
  await writeFiles(tree, manifest({ scripts: { test: 'vitest' } }));
  expect((await findChecks(tree, NO_COMMANDS)).packages).toHaveLength(1);
});

describe('the registries that a set-up may reach', () => {
  const registriesOf = async (files: Files, commands = {}): Promise<Record<string, readonly string[]>> => {
    const { packages } = await findAll(files, commands);
    return Object.fromEntries(packages.map(({ folder, registries }) => [folder, registries]));
  };
  const NPM = { 'package-lock.json': '{}', ...manifest({ scripts: { test: 'vitest run' } }) };
  const NPM_HOSTS = ['registry.npmjs.org', 'registry.yarnpkg.com', 'repo.yarnpkg.com'];
  const GO = { 'go.mod': 'module example.com/a\n', 'a_test.go': 'package a\n' };
  const GO_HOSTS = ['proxy.golang.org', 'sum.golang.org'];
  const inside = (folder: string, files: Files): Files =>
    Object.fromEntries(Object.entries(files).map(([path, text]) => [`${folder}/${path}`, text]));

  test('are those of its own ecosystem', async () => {
    expect(await registriesOf(NPM)).toEqual({ '': NPM_HOSTS });
    expect(await registriesOf(GO)).toEqual({ '': GO_HOSTS });
  });

  test('are those of the folders below too, and of none beside', async () => {
    const files = { ...NPM, ...inside('go', GO), ...inside('web', NPM) };
    expect(await registriesOf(files)).toEqual({
      '': [...NPM_HOSTS, ...GO_HOSTS],
      go: GO_HOSTS,
      web: NPM_HOSTS,
    });
  });

  test('are all that the tree speaks of for the commands of the owner and of a Makefile', async () => {
    expect(await registriesOf(inside('go', GO), { setup: ['./set-up.sh'] })).toMatchObject({ '': GO_HOSTS });
    const make = { Makefile: 'deps:\n\tpip install x\ntest:\n\t./test.sh\n', 'requirements.txt': '' };
    expect(await registriesOf(make)).toEqual({ '': ['pypi.org', 'files.pythonhosted.org'] });
  });

  test('are none where nothing is set up', async () => {
    expect(await registriesOf(manifest({ scripts: { test: 'node --test' } }))).toEqual({ '': [] });
  });

  test('are never the git host', async () => {
    const hosts = ECOSYSTEMS.flatMap(({ registries }) => registries);
    expect(hosts.filter((host) => /(^|\.)(git(hub|lab)?|ghe|bitbucket)\b/.test(host))).toEqual([]);
  });
});

describe('a folder without any manifest', () => {
  test('unittests beside what they test need nothing to be installed, not even pip', async () => {
    const found = await find({ 'a.py': '', 'test_a.py': 'import unittest\n' });
    expect(found.checks).toMatchObject([{ command: 'python -m unittest', tool: 'unittest' }]);
    expect(found.setup.at(-1)).toBe('python3 -m venv --without-pip .ptc-tools/venv');
  });

  test.each([
    ['a test function', { 'test_a.py': 'import unittest\n\ndef test_a():\n    pass\n' }],
    ['pytest imported', { 'test_a.py': 'import pytest, unittest\n' }],
    ['tests in a folder', { 'tests/test_a.py': 'import unittest\n' }],
    ['a conftest', { 'conftest.py': '', 'test_a.py': 'import unittest\n' }],
  ])('%s wants pytest', async (_what, files) => {
    const found = await find(files);
    expect(found.checks).toMatchObject([{ command: 'python -m pytest' }]);
    expect(found.setup).toContain('python3 -m venv .ptc-tools/venv');
  });

  test('tests of Node are run by Node, unless a package is anywhere below', async () => {
    const files = { 'a.test.mjs': "import { test } from 'node:test';\n" };
    expect((await find(files)).checks).toMatchObject([{ command: 'node --test', tool: 'node-test' }]);
    expect((await find({ ...files, 'app/package.json': '{}' })).checks).toEqual([]);
    expect((await find({ 'a.test.mjs': "import { test } from 'vitest';\n" })).checks).toEqual([]);
  });
});
