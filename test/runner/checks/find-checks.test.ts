import { rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type FoundChecks } from '../../../src/runner/checks/check.ts';
import { findChecks } from '../../../src/runner/checks/find-checks.ts';
import { type Files, makeFolder, makeTree, NO_COMMANDS, writeFiles } from '../../helpers/check-bed.ts';

async function find(files: Files, commands = {}): Promise<FoundChecks> {
  return await findChecks(await makeTree(files), { ...NO_COMMANDS, ...commands });
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
      { name: 'test', kind: 'test', command: 'npm test', tool: 'vitest' },
      { name: 'lint', kind: 'lint', command: 'npm run lint', tool: 'unknown' },
      { name: 'typecheck', kind: 'typecheck', command: 'npm run type-check', tool: 'unknown' },
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
      { name: 'pytest', kind: 'test', command: 'python -m pytest', tool: 'pytest' },
    ]);
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

  test('Python files without tests are not checked', async () => {
    expect(await find({ 'setup.py': '', 'main.py': '' })).toEqual({ setup: [], checks: [] });
  });
});

test('commands of the owner take the place of those found, kind by kind', async () => {
  const files = manifest({ scripts: { test: 'vitest', lint: 'eslint .' }, dependencies: { a: '1' } });
  const found = await find(files, { setup: ['make deps'], test: 'npx jest --ci' });
  expect(found.setup).toEqual(['make deps']);
  expect(found.checks).toEqual([
    { name: 'test', kind: 'test', command: 'npx jest --ci', tool: 'jest' },
    { name: 'lint', kind: 'lint', command: 'npm run lint', tool: 'unknown' },
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
  expect(await findChecks(tree, NO_COMMANDS)).toEqual({ setup: [], checks: [] });
  await rm(join(tree, 'package.json'));
  await writeFiles(tree, manifest({ scripts: { test: 'vitest' } }));
  expect((await findChecks(tree, NO_COMMANDS)).checks).toHaveLength(1);
});
