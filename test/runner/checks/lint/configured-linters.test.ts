import { describe, expect, test } from 'vitest';
import { type Check } from '../../../../src/runner/checks/check.ts';
import { findChecks } from '../../../../src/runner/checks/find-checks.ts';
import { type Files, makeTree, NO_COMMANDS } from '../../../helpers/check-bed.ts';

/** Every check that is no test, as `kind command (tool)`. */
async function find(files: Files): Promise<readonly string[]> {
  const { packages } = await findChecks(await makeTree(files), NO_COMMANDS);
  const told = ({ kind, command, tool }: Check): string => `${kind} ${command} (${tool})`;
  return packages.flatMap(({ checks }) => checks.filter(({ kind }) => kind !== 'test').map(told));
}

function manifest(fields: object): Files {
  return { 'package.json': JSON.stringify(fields) };
}

const NODE = { devDependencies: { eslint: '9', typescript: '5', '@biomejs/biome': '2', oxlint: '1' } };

describe('what a JavaScript package configures without a script', () => {
  test.each([
    ['eslint.config.mjs', 'lint npx --no-install eslint . (eslint)'],
    ['.eslintrc.json', 'lint npx --no-install eslint . (eslint)'],
    ['biome.json', 'lint npx --no-install biome lint . (biome)'],
    ['.oxlintrc.json', 'lint npx --no-install oxlint (oxlint)'],
    ['tsconfig.json', 'typecheck npx --no-install tsc --noEmit (unknown)'],
  ])('%s', async (file, check) => {
    expect(await find({ ...manifest(NODE), [file]: '{}' })).toEqual([check]);
    expect(await find({ ...manifest({}), [file]: '{}' })).toEqual([]);
    expect(await find({ ...manifest(NODE), [`deep/${file}`]: '{}' })).toEqual([]);
  });

  test.each([
    ['pnpm-lock.yaml', 'lint pnpm exec eslint . (eslint)'],
    ['yarn.lock', 'lint yarn run eslint . (eslint)'],
    ['bun.lock', 'lint bun run eslint . (eslint)'],
  ])('under the package manager of %s', async (lock, check) => {
    expect(await find({ ...manifest(NODE), [lock]: '', 'eslint.config.js': '' })).toEqual([check]);
  });

  test('a script goes before, and of two linters one is run', async () => {
    const files = { 'tsconfig.json': '{}', 'biome.json': '{}', 'eslint.config.js': '' };
    expect(await find({ ...manifest({ ...NODE, scripts: { lint: 'standard' } }), ...files })).toEqual([
      'lint npm run lint (unknown)',
      'typecheck npx --no-install tsc --noEmit (unknown)',
    ]);
    expect(await find({ ...manifest(NODE), ...files })).toHaveLength(2);
  });
});

describe('what a Python project configures', () => {
  test.each([
    [{ 'pyproject.toml': '[tool.ruff.lint]\nselect = ["F"]\n' }, 'lint ruff check . (ruff)'],
    [{ 'ruff.toml': '' }, 'lint ruff check . (ruff)'],
    [{ '.flake8': '[flake8]\n' }, 'lint flake8 --extend-exclude=.ptc-tools (unknown)'],
    [{ 'setup.cfg': '[flake8]\n' }, 'lint flake8 --extend-exclude=.ptc-tools (unknown)'],
    [{ 'pyproject.toml': '[tool.mypy]\nstrict = true\n' }, 'typecheck mypy . (unknown)'],
    [{ 'mypy.ini': '[mypy]\nfiles = src\n' }, 'typecheck mypy (unknown)'],
  ])('%j', async (files, check) => {
    expect(await find({ 'test_a.py': '', ...files })).toEqual([check]);
  });

  test('what its requirements do not bring is installed', async () => {
    const tree = await makeTree({ 'test_a.py': '', 'pyproject.toml': '[tool.ruff]\n[tool.mypy]\n' });
    const { packages } = await findChecks(tree, NO_COMMANDS);
    expect(packages[0]?.setup.slice(-2)).toEqual([
      'ruff --version || pip install ruff',
      'mypy --version || pip install mypy',
    ]);
  });

  test('a project that configures none has none', async () => {
    expect(await find({ 'test_a.py': '', 'pyproject.toml': '[tool.pytest.ini_options]\n' })).toEqual([]);
  });
});

test('Go and Rust', async () => {
  expect(await find({ 'go.mod': 'module a\n', '.golangci.yml': '' })).toEqual([
    'lint golangci-lint run ./... (golangci-lint)',
  ]);
  const clippy = 'lint cargo clippy --all-targets --keep-going -- -D warnings (unknown)';
  const cargo = '[package]\nname = "a"\n';
  expect(await find({ 'Cargo.toml': `${cargo}[lints.clippy]\nall = "deny"\n` })).toEqual([clippy]);
  expect(await find({ 'Cargo.toml': cargo, 'clippy.toml': '' })).toEqual([clippy]);
  expect(await find({ 'Cargo.toml': cargo, 'go.mod': 'module a\n' })).toEqual([]);
});
