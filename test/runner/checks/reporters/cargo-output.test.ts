import { expect, test } from 'vitest';
import { readCargoOutput } from '../../../../src/runner/checks/reporters/cargo-output.ts';

const OUTPUT = `   Compiling calc-x v0.1.0 (/tree)
warning: unused variable: \`x\`
 --> src/lib.rs:3:9

    Finished \`test\` profile [unoptimized + debuginfo] target(s) in 0.69s
     Running unittests src/lib.rs (target/debug/deps/calc_x-0422f435a69e17f4)

running 4 tests
test deep::tests::works ... ok
test tests::later ... ignored, reason
test tests::panics - should panic ... ok
test tests::adds ... FAILED

failures:

---- tests::adds stdout ----
test tests::spoofed ... ok

thread 'tests::adds' (21039) panicked at src/lib.rs:12:36:
assertion \`left == right\` failed
error[E0425]: quoted
 --> src/quoted.rs:1:1


failures:
    tests::adds

test result: FAILED. 2 passed; 1 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.08s

error: test failed, to rerun pass \`--lib\`
     Running tests/api.rs (target/debug/deps/api-d196e30b0fdef04e)

running 2 tests
test one ... ok
error: test failed, to rerun pass \`--test api\`

Caused by:
  process didn't exit successfully: \`/tree/target/debug/deps/api-d196e30b0fdef04e\` (signal: 6, SIGABRT)
   Doc-tests calc_x

running 1 test
test src/lib.rs - add (line 2) - compile fail ... ok

test result: ok. 1 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.10s
`;

test('tests are read target by target, with the panics of those that fail', () => {
  const { targets, errors } = readCargoOutput(OUTPUT);
  expect(targets.map(({ kind, path, crate, complete }) => ({ kind, path, crate, complete }))).toEqual([
    { kind: 'unit', path: 'src/lib.rs', crate: 'calc_x', complete: true },
    { kind: 'integration', path: 'tests/api.rs', crate: 'api', complete: false },
    { kind: 'doc', path: '', crate: 'calc_x', complete: true },
  ]);
  expect(targets.flatMap(({ tests }) => tests.map(({ name, status }) => `${name}: ${status}`))).toEqual([
    'deep::tests::works: passed',
    'tests::later: skipped',
    'tests::panics: passed',
    'tests::adds: failed',
    'one: passed',
    'src/lib.rs - add (line 2): passed',
  ]);
  expect(targets[0]?.tests[3]?.message).toContain('assertion `left == right` failed');
  expect(errors).toEqual([]);
});

test('errors of the compiler are read with their file and their whole text', () => {
  const { errors, targets } = readCargoOutput(`   Compiling calc v0.1.0
error[E0432]: unresolved imports \`calc::sub\`, \`calc::Other\`
 --> tests/bad.rs:2:14
  |
2 | use calc::{sub, Other};
  |            ^^^ no \`sub\` in the root
  = help: consider
  --> /rustc/library/core/src/cmp.rs:264:4

error[E0308]: mismatched types
  --> src/lib.rs:4:32

error: could not compile \`calc\` (test "bad") due to 2 previous errors
`);
  expect(targets).toEqual([]);
  expect(errors.map(({ file }) => file)).toEqual(['tests/bad.rs', 'src/lib.rs']);
  expect(errors[0]?.message).toContain('no `sub` in the root');
});

test('output in which tests are missing, though all went well, is no report', () => {
  const mixed = OUTPUT.replace('test deep::tests::works ... ok', 'test deep::tests::works ... hello\nok');
  expect(() => readCargoOutput(mixed)).toThrow();
});
