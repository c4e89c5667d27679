import { describe, expect, test } from 'vitest';
import { isTestFile, isTestMaterial } from '../../../../src/runner/checks/proof/test-files.ts';
import { testParts } from '../../../../src/runner/checks/proof/test-part.ts';

test.each([
  'calc_test.go',
  'tests/api.rs',
  'crates/a/tests/big/main.rs',
  'src/deep/tests.rs',
  'src/test/java/com/example/CalcTest.java',
  'core/src/integrationTest/kotlin/CalcIT.kt',
])('%s holds tests', (path) => {
  expect(isTestFile(path)).toBe(true);
});

test.each([
  'tests/common/mod.rs',
  'testdata/a.json',
  'src/test/java/Helper.java',
  'src/test/resources/a.xml',
])('%s is made for tests', (path) => {
  expect([isTestFile(path), isTestMaterial(path)]).toEqual([false, true]);
});

test.each(['calc.go', 'src/lib.rs', 'src/main/java/com/example/Test.java', 'src/contest.rs', 'latest/a.go'])(
  '%s is none of the tests',
  (path) => {
    expect(isTestMaterial(path)).toBe(false);
  },
);

describe('of a change to a file the base is tested with', () => {
  const part = (path: string, before: string | null, after: string | null): string | null =>
    testParts([{ path, before, after }], new Set(['src/lib.rs', 'spec.ts', 'src/new.rs']))[0]?.content ??
    null;
  const TESTS = '#[cfg(test)]\nmod tests { #[test] fn a() {} }';

  test('all, when it is a test', () => {
    expect(part('spec.ts', 'old', 'new')).toBe('new');
    expect(part('tests/api.rs', null, 'new')).toBe('new');
  });

  test('the unit tests alone, when it is a Rust file', () => {
    expect(part('src/lib.rs', 'fn a() {}\n', `fn a() { fix() }\n${TESTS}\n`)).toBe(`fn a() {}\n\n${TESTS}\n`);
  });

  test('nothing, when its tests cannot be told from the rest', () => {
    expect(part('src/lib.rs', 'fn a() {}\n', 'fn a() { fix() }\n#[test]\nfn b() {}\n')).toBeNull();
    expect(part('src/new.rs', null, `fn new() {}\n${TESTS}\n`)).toBeNull();
  });

  test('nothing, when it is no test', () => {
    expect(part('calc.ts', 'old', 'new')).toBeNull();
    expect(part('spec.ts', 'old', null)).toBeNull();
  });

  test('a new Rust module is its unit tests, declared where the change declares it', () => {
    const changes = [
      { path: 'src/lib.rs', before: 'fn a() {}\n', after: `mod new;\nfn a() {}\n${TESTS}\n` },
      { path: 'src/new.rs', before: null, after: `pub fn fix() {}\n${TESTS}\n` },
      { path: 'src/other.rs', before: null, after: `pub fn fix() {}\n${TESTS}\n` },
    ];
    const declared = '#[cfg(test)]\nmod new;\n';
    expect(testParts(changes, new Set())).toEqual([
      {
        path: 'src/lib.rs',
        before: 'fn a() {}\n',
        content: `fn a() {}\n\n${TESTS}\n\n${declared}`,
        leftOut: `fn a() {}\n\n${declared}`,
      },
      { path: 'src/new.rs', before: null, content: expect.stringContaining(TESTS), leftOut: '' },
    ]);
  });
});
