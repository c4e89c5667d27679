import { describe, expect, test } from 'vitest';
import { type TestCase } from '../../../../src/runner/checks/check.ts';
import { cargoTest } from '../../../../src/runner/checks/reporters/cargo-test.ts';
import { goTest } from '../../../../src/runner/checks/reporters/go-test.ts';
import { type Files, makeTree } from '../../../helpers/check-bed.ts';

const END = { exitCode: 0, limit: null, durationMs: 1, output: '', outputBytes: 0 };

function lines(cases: readonly TestCase[] | null): readonly string[] | undefined {
  return cases?.map(({ file, name, status }) => `${status} ${file}: ${name}`);
}

describe('go test', () => {
  const FILES: Files = {
    'go.mod': 'module example.com/m\n',
    'calc_test.go': 'package m\nfunc TestAdd(t *testing.T) {}\nfunc ExampleAdd() {}\n',
    'sub/one_test.go': 'package sub\nfunc TestOne(t *testing.T) {}\n',
    'sub/two_test.go': 'package sub_test\nfunc TestÜber (t *testing.T) {}\n',
    'nested/go.mod': 'module "example.com/m/v2"\n',
    'nested/x/x_test.go': 'package x\nfunc TestX(t *testing.T) {}\n',
  };

  async function read(printed: string): Promise<readonly TestCase[] | null> {
    return await goTest.read(await makeTree({ 'go-test.txt': printed }), await makeTree(FILES), END);
  }

  function passed(name: string, path: string): string {
    return `=== RUN   ${name}\n--- PASS: ${name} (0.00s)\nok  \t${path}\t0.1s\n`;
  }

  test('tests are found in the files of their packages, nested modules included', async () => {
    const printed = [
      passed('TestAdd', 'example.com/m'),
      passed('ExampleAdd', 'example.com/m'),
      passed('TestÜber', 'example.com/m/sub'),
      passed('TestX', 'example.com/m/v2/x'),
      passed('TestAdd', 'example.org/elsewhere'),
    ];
    expect(lines(await read(printed.join('')))).toEqual([
      'passed calc_test.go: TestAdd',
      'passed calc_test.go: ExampleAdd',
      'passed sub/two_test.go: TestÜber',
      'passed nested/x/x_test.go: TestX',
      'passed : TestAdd',
    ]);
  });

  test('of a package that cannot be built, the test files with errors did not load', async () => {
    const cases = await read(
      'sub/two_test.go:7:2: undefined: Sub\nsub/other.go:1:1: x\nFAIL\texample.com/m/sub [build failed]\n',
    );
    expect(lines(cases)).toEqual(['error sub/two_test.go: sub/two_test.go']);
    expect(cases?.[0]?.message).toBe('sub/two_test.go:7:2: undefined: Sub');
  });

  test('where it is not a test file that fails, none of them loaded', async () => {
    const cases = await read('calc.go:7:2: undefined: Sub\nFAIL\texample.com/m/sub [build failed]\n');
    expect(lines(cases)).toEqual([
      'error sub/one_test.go: sub/one_test.go',
      'error sub/two_test.go: sub/two_test.go',
    ]);
  });

  test('files are run alone by the names of their tests, and all where there are none', async () => {
    const place = await makeTree(FILES);
    expect(await goTest.only(['calc_test.go', 'sub/one_test.go'], place)).toEqual([
      '-run',
      '^(?:TestAdd|ExampleAdd|TestOne)$',
    ]);
    expect(await goTest.only(['calc_test.go', 'go.mod'], place)).toEqual([]);
  });

  test('without any test there is no report', async () => {
    expect(await read('make: done\n')).toBeNull();
    expect(await goTest.read(await makeTree({}), await makeTree(FILES), END)).toBeNull();
  });
});

describe('cargo test', () => {
  const FILES: Files = {
    'Cargo.toml': '[workspace]\nmembers = ["a", "b"]\n',
    'a/Cargo.toml': '[package]\nname = "crate-a"\n',
    'a/src/lib.rs': '',
    'a/src/deep/mod.rs': '',
    'a/src/deep/er.rs': '',
    'a/tests/api.rs': '',
    'a/tests/common/mod.rs': '',
    'b/Cargo.toml': '[package]\nname = "b"\n',
    'b/src/lib.rs': '',
    'b/tests/api.rs': '',
  };

  async function read(printed: string): Promise<readonly TestCase[] | null> {
    return await cargoTest.read(await makeTree({ 'cargo-test.txt': printed }), await makeTree(FILES), END);
  }

  function target(title: string, ...names: readonly string[]): string {
    const tests = names.map((name) => `test ${name} ... ok\n`).join('');
    return `     ${title}\n\nrunning ${names.length} tests\n${tests}\ntest result: ok. x\n\n`;
  }

  test('tests are found in the modules of their packages', async () => {
    const printed = [
      target(
        'Running unittests src/lib.rs (target/debug/deps/crate_a-0422f435a69e17f4)',
        'tests::x',
        'deep::er::tests::x',
        'deep::tests::x',
      ),
      target('Running tests/api.rs (target/debug/deps/api-d196e30b0fdef04e)', 'x', 'common::x'),
      target('Running unittests src/lib.rs (target/debug/deps/b-0422f435a69e17f4)', 'tests::x'),
      target('Running tests/api.rs (target/debug/deps/api-0196e30b0fdef04e)', 'x'),
      target(
        'Doc-tests crate_a',
        'src/lib.rs - add (line 2)',
        'src/lib.rs - (line 9)',
        'a/src/deep/er.rs - sub (line 2)',
      ),
    ];
    expect(lines(await read(printed.join('').replace('Doc', '  Doc')))).toEqual([
      'passed a/src/lib.rs: tests::x',
      'passed a/src/deep/er.rs: deep::er::tests::x',
      'passed a/src/deep/mod.rs: deep::tests::x',
      'passed a/tests/api.rs: x',
      'passed a/tests/common/mod.rs: common::x',
      'passed b/src/lib.rs: tests::x',
      'passed b/tests/api.rs: x',
      'passed a/src/lib.rs: doc add',
      'passed a/src/lib.rs: doc',
      'passed a/src/deep/er.rs: doc sub',
    ]);
  });

  test('an abort is told of the file of its target', async () => {
    const cases = await read(
      '     Running tests/api.rs (target/debug/deps/api-d196e30b0fdef04e)\n\nrunning 2 tests\ntest x ... ok\n',
    );
    // Which package's file it is cannot be told: no unit tests came before.
    expect(lines(cases)).toEqual(['passed : x', 'error : api']);
  });

  test('a file that does not compile is one case', async () => {
    const cases = await read('error[E0425]: cannot find function `sub`\n --> b/tests/api.rs:1:1\n\n');
    expect(lines(cases)).toEqual(['error b/tests/api.rs: b/tests/api.rs']);
  });

  test('integration tests are run alone by name, unit tests with all others', () => {
    expect(cargoTest.only(['a/tests/api.rs', 'tests/big/main.rs'], '/tree')).toEqual([
      '--test=api',
      '--test=big',
    ]);
    expect(cargoTest.only(['tests/api.rs', 'src/lib.rs'], '/tree')).toEqual([]);
  });

  test('without any test there is no report', async () => {
    expect(await read('nothing')).toBeNull();
  });
});
