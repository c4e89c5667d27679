import { describe, expect, test } from 'vitest';
import { checkConfiguration } from '../../../../src/runner/checks/proof/check-configuration.ts';
import { isTestFile, isTestMaterial } from '../../../../src/runner/checks/proof/test-files.ts';

function isConfiguration(path: string, before: string | null = 'a', after: string | null = 'b'): boolean {
  return checkConfiguration([{ path, before, after }]).length === 1;
}

describe('files that configure the checks', () => {
  test.each([
    '.github/ptc.yml',
    'vitest.config.ts',
    'packages/a/jest.config.cjs',
    'jest.setup.js',
    'vite.config.mts',
    'vitest.workspace.ts',
    'eslint.config.js',
    '.eslintrc.json',
    '.eslintrc',
    '.mocharc.yml',
    'tsconfig.json',
    'tsconfig.build.json',
    'pytest.ini',
    'tox.ini',
    'tests/conftest.py',
    'mypy.ini',
    'ruff.toml',
    '.coveragerc',
    '.flake8',
  ])('%s', (path) => {
    expect(isConfiguration(path)).toBe(true);
    expect(isConfiguration(path, 'a', null)).toBe(true);
  });

  test.each(['src/config.ts', 'README.md', 'src/jest.ts', 'test/a.test.ts', 'pytest.py', 'docs/tsconfig.md'])(
    '%s is none',
    (path) => {
      expect(isConfiguration(path)).toBe(false);
    },
  );

  test.each([
    ['a script', '{"scripts":{"test":"vitest"}}', '{"scripts":{"test":"true"}}', true],
    ['the settings of jest', '{}', '{"jest":{"testMatch":[]}}', true],
    ['a dependency', '{"scripts":{}}', '{"scripts":{},"dependencies":{"a":"1"}}', false],
    ['only the layout', '{"scripts":{"a":"b"}}', '{\n  "scripts": { "a": "b" }\n}', false],
    ['its becoming no JSON', '{}', '{', true],
    ['a new one without scripts', null, '{}', false],
  ])('package.json with %s changed: %j to %j is %s', (_, before, after, expected) => {
    expect(isConfiguration('package.json', before, after)).toBe(expected);
  });

  test.each([
    ['pytest', '[project]\nname="a"\n[tool.pytest.ini_options]\naddopts="-q"\n', true],
    ['the linter', '[project]\nname="a"\n[tool.ruff.lint]\nselect=[]\n', true],
    ['the project', '[project]\nname="b"\n', false],
  ])('pyproject.toml with the settings of %s changed', (_, after, expected) => {
    expect(isConfiguration('pyproject.toml', '[project]\nname="a"\n', after)).toBe(expected);
  });
});

describe('tests by their names', () => {
  test.each(['a.test.ts', 'src/a.spec.jsx', 'test.js', 'src/__tests__/a.js', 'tests/test_a.py', 'a_test.py'])(
    '%s holds tests',
    (path) => {
      expect([isTestFile(path), isTestMaterial(path)]).toEqual([true, true]);
    },
  );

  test.each(['test/helpers/bed.ts', 'a/fixtures/x.json', 'conftest.py', 'src/__snapshots__/a.snap'])(
    '%s belongs to tests and holds none',
    (path) => {
      expect([isTestFile(path), isTestMaterial(path)]).toEqual([false, true]);
    },
  );

  test.each(['src/contest.ts', 'src/latest.js', 'src/testing.py', 'specification/a.md'])(
    '%s is none',
    (path) => {
      expect([isTestFile(path), isTestMaterial(path)]).toEqual([false, false]);
    },
  );
});
