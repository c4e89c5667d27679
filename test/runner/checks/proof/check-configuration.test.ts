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
    'bunfig.toml',
    'tsconfig.json',
    'tsconfig.build.json',
    'pytest.ini',
    'tox.ini',
    'tests/conftest.py',
    'mypy.ini',
    'ruff.toml',
    '.coveragerc',
    '.flake8',
    '.golangci.yml',
    'clippy.toml',
    'crates/a/.cargo/config.toml',
    'rustfmt.toml',
    'src/test/resources/junit-platform.properties',
    'ci.runsettings',
    'Directory.Build.props',
    '.rspec',
    'Rakefile',
    'spec/spec_helper.rb',
    'phpunit.xml.dist',
    'phpunit.dist.xml',
    'phpstan.neon',
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

  const POM = '<project><version>1</version></project>';
  const surefire = '<plugin><artifactId>maven-surefire-plugin</artifactId><skip>true</skip></plugin>';
  const GRADLE = "dependencies {\n  testImplementation 'a:b:1'\n}\ntest {\n  useJUnitPlatform()\n}\n";
  const MAKE = 'all: build\n\tcc a.c\ntest: all\n\t./run-tests\n';

  test.each([
    ['Cargo.toml', '[lints.clippy]\nall = "deny"\n', '[lints.clippy]\nall = "allow"\n', true],
    ['Cargo.toml', '[dependencies]\na = "1"\n', '[dependencies]\na = "2"\n', false],
    ['pom.xml', POM, POM.replace('</project>', `<build>${surefire}</build></project>`), true],
    ['pom.xml', POM, POM.replace('</', '<properties><skipTests>true</skipTests></properties></'), true],
    ['pom.xml', POM, POM.replace('>1<', '>2<'), false],
    ['app/build.gradle', GRADLE, GRADLE.replace('useJUnitPlatform()', 'enabled = false'), true],
    ['build.gradle.kts', '', 'tasks.withType<Test> {\n  enabled = false\n}\n', true],
    ['build.gradle', GRADLE, GRADLE.replace('a:b:1', 'a:b:2'), false],
    ['composer.json', '{"scripts":{"test":"phpunit"}}', '{"scripts":{"test":"true"}}', true],
    ['composer.json', '{}', '{"require":{"a/b":"1"}}', false],
    ['Makefile', MAKE, MAKE.replace('./run-tests', 'true'), true],
    ['Makefile', MAKE, `CC = true\n${MAKE}`, true],
    ['Makefile', MAKE, MAKE.replace('cc a.c', 'cc b.c'), false],
    ['Makefile', MAKE, null, true],
  ])('%s from %j to %j is %s', (path, before, after, expected) => {
    expect(isConfiguration(path, before, after)).toBe(expected);
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
