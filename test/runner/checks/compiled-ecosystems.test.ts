import { describe, expect, test } from 'vitest';
import { findChecks } from '../../../src/runner/checks/find-checks.ts';
import { readToolCommand } from '../../../src/runner/checks/tool-command.ts';
import { type Files, makeTree, NO_COMMANDS } from '../../helpers/check-bed.ts';

/** Set-up and checks as `<folder>: <commands>`. */
async function find(files: Files): Promise<readonly string[]> {
  const { packages } = await findChecks(await makeTree(files), NO_COMMANDS);
  return packages.flatMap(({ setup, checks }) => [
    ...setup,
    ...checks.filter(({ kind }) => kind === 'test').map(({ command, tool }) => `${tool}: ${command}`),
  ]);
}

describe('go', () => {
  test('modules are downloaded and tested', async () => {
    expect(await find({ 'go.mod': 'module m\n' })).toEqual(['go mod download', 'go-test: go test ./...']);
  });

  test('vendored modules are not downloaded', async () => {
    const files = { 'go.mod': 'module m\n', 'vendor/modules.txt': '', 'vendor/x/go.mod': 'module x\n' };
    expect(await find(files)).toEqual(['go-test: go test ./...']);
  });

  test('every module of a workspace is tested by itself', async () => {
    const files = { 'go.work': 'use (\n./a\n./b\n)\n', 'a/go.mod': 'module a\n', 'b/go.mod': 'module b\n' };
    expect(await find(files)).toEqual([
      'cd a && go mod download',
      'go-test: cd a && go test ./...',
      'cd b && go mod download',
      'go-test: cd b && go test ./...',
    ]);
  });
});

describe('cargo', () => {
  test('a lock file is kept to', async () => {
    expect(await find({ 'Cargo.toml': '[package]\n', 'Cargo.lock': '' })).toEqual([
      'cargo fetch --locked',
      'cargo-test: cargo test',
    ]);
  });

  test('a workspace is set up and tested as one, packages that it leaves out by themselves', async () => {
    const workspace =
      '[workspace]\nmembers = [\n  "crates/*", # all\n]\nexclude = ["crates/odd"]\n[profile.dev]\n';
    const files = { 'Cargo.toml': workspace, 'crates/a/Cargo.toml': '', 'crates/odd/Cargo.toml': '' };
    expect(await find(files)).toEqual([
      'cargo fetch',
      'cargo-test: cargo test --workspace',
      'cd crates/odd && cargo fetch',
      'cargo-test: cd crates/odd && cargo test',
    ]);
  });
});

describe('maven and gradle', () => {
  test("a project's modules are tested with it, offline and after what runs the tests was fetched", async () => {
    const pom = '<project><modules><module>core</module><module> web/pom.xml </module></modules></project>';
    const files = { 'pom.xml': pom, 'core/pom.xml': '', 'core/deep/pom.xml': '', 'web/pom.xml': '' };
    const [setup, ...checks] = await find(files);
    expect(setup).toMatch(/^mvn -B -q test '-Dtest=/);
    expect(checks).toEqual(['maven: mvn -B -o test']);
  });

  test('wrappers are used where they are', async () => {
    const maven = await find({ 'pom.xml': '', mvnw: '' });
    expect(maven.map((command) => command.split(' -B', 1)[0])).toEqual(['sh ./mvnw', 'maven: sh ./mvnw']);
    const gradle = await find({ 'build.gradle.kts': '', gradlew: '' });
    expect(gradle.at(-1)).toBe('gradle: sh ./gradlew --no-daemon --offline test');
  });

  test('the projects of a gradle build are tested with it', async () => {
    const found = await find({ 'settings.gradle': '', 'app/build.gradle': '' });
    expect(found.filter((each) => each.includes('test'))).toEqual([
      'gradle: gradle --no-daemon --offline test',
    ]);
  });
});

test.each([
  ['go test ./...', 'go-test', []],
  ['go test ./... -args -x', 'go-test', null],
  ['cargo +stable test --workspace', 'cargo-test', []],
  ['cargo test -- --nocapture', 'cargo-test', null],
  ['./mvnw -B verify', 'maven', []],
  ['./gradlew :app:test', 'gradle', []],
  ['gradle integrationTest', 'gradle', []],
  ['cargo build', 'unknown', null],
  ['go vet ./...', 'unknown', null],
  ['mvn clean', 'unknown', null],
  ['gradle assemble', 'unknown', null],
] as const)('the tool of %j is %s', (command, tool, separators) => {
  expect(readToolCommand(command, {}, 'test')).toEqual({ tool, separators });
});
