import { expect, test } from 'vitest';
import { readGoOutput } from '../../../../src/runner/checks/reporters/go-output.ts';

const OUTPUT = `go: downloading example.org/x v1.0.0
# example.com/m/broken
broken/broken_test.go:2:40: no required module provides package example.com/m/fresh; to add it:
\tgo get example.com/m/fresh
FAIL\texample.com/m/broken [setup failed]
=== RUN   TestAdd
no line end    calc_test.go:7: got 0
--- FAIL: TestAdd (0.00s)
=== RUN   TestLoud
loud--- PASS: TestLoud (0.00s)
=== RUN   TestOuter
=== RUN   TestOuter/a_b
=== PAUSE TestOuter/a_b
=== RUN   TestOuter/bad
=== PAUSE TestOuter/bad
=== CONT  TestOuter/a_b
    calc_test.go:10: fine
=== CONT  TestOuter/bad
    calc_test.go:11: sad
=== NAME  TestOuter/a_b
    calc_test.go:12: fine too
--- FAIL: TestOuter (0.00s)
    --- PASS: TestOuter/a_b (0.00s)
    --- FAIL: TestOuter/bad (0.00s)
=== RUN   TestSkip
    calc_test.go:9: later
--- SKIP: TestSkip (0.00s)
--- PASS: TestNobodyStarted (0.00s)
=== RUN   ExampleAdd
--- FAIL: ExampleAdd (0.00s)
got:
3
want:
1
=== RUN   TestHangs
panic: test timed out after 1s
goroutine 23 [running]:
FAIL\texample.com/m\t0.006s
# example.com/m/two [example.com/m/two.test]
vet: two/two_test.go:4:33: undefined: calc.Sub
FAIL\texample.com/m/two [build failed]
=== RUN   TestAdd
--- PASS: TestAdd (0.00s)
PASS
ok  \texample.com/m/three\t0.003s
?   \texample.com/m/four\t[no test files]
FAIL
`;

test('tests are read with their package, outcome and what they printed', () => {
  const { tests } = readGoOutput(OUTPUT);
  expect(tests.map(({ package: path, name, status }) => `${path} ${name}: ${status}`)).toEqual([
    'example.com/m TestAdd: failed',
    'example.com/m TestLoud: passed',
    'example.com/m TestOuter: failed',
    'example.com/m TestOuter/a_b: passed',
    'example.com/m TestOuter/bad: failed',
    'example.com/m TestSkip: skipped',
    'example.com/m ExampleAdd: failed',
    'example.com/m TestHangs: failed',
    'example.com/m/three TestAdd: passed',
  ]);
  const message = (name: string): string | undefined => tests.find((each) => each.name === name)?.message;
  expect(message('TestAdd')).toBe('no line end    calc_test.go:7: got 0');
  expect(message('TestOuter/bad')).toBe('calc_test.go:11: sad');
  expect(message('TestOuter/a_b')).toBe('');
  expect(message('ExampleAdd')).toBe('got:\n3\nwant:\n1');
  expect(message('TestHangs')).toContain('timed out');
});

test('packages that could not be built are named, and the errors of their files', () => {
  const { unbuilt, errors } = readGoOutput(OUTPUT);
  expect(unbuilt).toEqual(['example.com/m/broken', 'example.com/m/two']);
  expect(errors.map(({ file }) => file)).toEqual(['broken/broken_test.go', 'two/two_test.go']);
  expect(errors[0]?.message).toContain('\n\tgo get example.com/m/fresh');
});

test('any other text has no tests', () => {
  expect(readGoOutput('make: nothing to be done\n')).toEqual({ tests: [], unbuilt: [], errors: [] });
});
