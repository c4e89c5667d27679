import { describe, expect, test } from 'vitest';
import { classifyFailure, type Failure } from '../../../../src/runner/checks/proof/classify-failure.ts';
import { type FileChange } from '../../../../src/runner/checks/proof/file-change.ts';

const CHANGES: readonly FileChange[] = [
  {
    path: 'calc.go',
    before: 'package calc\n\nfunc Add(a, b int) int { return a }\n\ntype Calc struct {\n\tA int\n}\n',
    after:
      'package calc\n\nfunc Sub(a int) int { return a }\n\ntype Calc struct {\n\tA, B int\n\tC int\n}\nfunc (c *Calc) Total() int { return 1 }\nconst (\n\tLimit = 3\n)\n',
  },
  { path: 'fresh/fresh.go', before: null, after: 'package fresh\n' },
  {
    path: 'src/lib.rs',
    before: 'pub fn add() {}\npub struct Calc { pub a: i64 }\n',
    after:
      'pub fn add() {}\npub async fn sub() {}\npub mod fresh;\npub struct Calc {\n    pub a: i64,\n    pub limit: i64,\n}\npub enum Kind {\n    Small,\n}\nimpl Calc {\n    pub fn total(&self) {}\n}\nmacro_rules! sum { () => {} }\n',
  },
  {
    path: 'src/main/java/calc/Calc.java',
    before: 'class Calc {\n  public static int add(int a) { return other(a); }\n}\n',
    after:
      'class Calc {\n  public static int add(int a) { return sub(a); }\n  public static List<String> sub(int a) { return a; }\n  static final int LIMIT = 3;\n}\n',
  },
  { path: 'src/main/java/calc/fresh/Fresh.java', before: null, after: 'public record Fresh() {}' },
  { path: 'src/main/kotlin/calc/More.kt', before: null, after: 'fun String.more() = 1\n' },
  { path: 'src/test/java/calc/Helper.java', before: null, after: 'class Helper {}' },
];

function classify(file: string, message: string, status: Failure['status'] = 'error'): string {
  return classifyFailure({ file, status, message, tree: '/tree/base' }, CHANGES);
}

const GO = 'calc_test.go';
const RUST = 'tests/api.rs';
const JAVA = 'src/test/java/calc/CalcTest.java';

const at = (error: string): string => `${error}\n --> tests/api.rs:1:5\n  |\n`;
const javac = (symbol: string): string =>
  `[ERROR] /tree/base/${JAVA}:[6,27] cannot find symbol\n[ERROR]   symbol:   ${symbol}\n[ERROR]   location: class calc.Calc`;

describe('what the change creates is the missing subject', () => {
  test.each([
    [GO, './calc_test.go:7:12: undefined: Sub'],
    [GO, 'calc_test.go:7:12: undefined: calc.Sub\ncalc_test.go:8:1: undefined: Limit'],
    [GO, './calc_test.go:7:12: c.Total undefined (type *Calc has no field or method Total)'],
    [GO, './calc_test.go:7:12: unknown field C in struct literal of type Calc'],
    [
      GO,
      'calc_test.go:4:2: no required module provides package example.com/calc/fresh; to add it:\n\tgo get x',
    ],
    [RUST, at('error[E0425]: cannot find function `sub` in crate `calc`')],
    [RUST, at('error[E0432]: unresolved imports `calc::sub`, `calc::fresh`')],
    [RUST, at('error[E0433]: failed to resolve: could not find `fresh` in `calc`')],
    [RUST, at('error[E0433]: cannot find `fresh` in `calc`')],
    [RUST, at('error[E0412]: cannot find type `Kind` in this scope')],
    [RUST, at('error[E0599]: no variant or associated item named `Small` found for enum `Kind`')],
    [RUST, at('error[E0599]: no method named `total` found for struct `Calc` in the current scope')],
    [RUST, at('error[E0609]: no field `limit` on type `Calc`')],
    [RUST, at('error[E0560]: struct `Calc` has no field named `limit`')],
    [RUST, at('error: cannot find macro `sum` in this scope')],
    [JAVA, javac('method sub(int)')],
    [JAVA, javac('variable LIMIT')],
    [JAVA, `${javac('class Fresh')}\n[ERROR] /tree/base/${JAVA}:[2,1] package calc.fresh does not exist`],
    [JAVA, `/tree/base/${JAVA}:6: error: cannot find symbol\n  x\n  ^\n  symbol:   method sub(int)`],
    [
      'src/test/kotlin/MoreTest.kt',
      "e: file:///tree/base/src/test/kotlin/MoreTest.kt:3:5 Unresolved reference 'more'.",
    ],
  ])('%s: %s', (file, message) => {
    expect(classify(file, message)).toBe('missing-subject');
  });
});

describe('anything else that keeps a test from being compiled proves nothing', () => {
  test.each([
    ['a name that was there', GO, './calc_test.go:7:12: undefined: Add'],
    ['a name of nobody', GO, './calc_test.go:7:12: undefined: Sub\n./calc_test.go:8:1: undefined: Nobody'],
    [
      'a package from elsewhere',
      GO,
      'calc_test.go:4:2: no required module provides package example.org/other;',
    ],
    ['another kind of error', GO, './calc_test.go:7:12: not enough arguments in call to Add'],
    ['a crate from elsewhere', RUST, at('error[E0432]: unresolved import `itoa`')],
    ['a type error', RUST, at('error[E0308]: mismatched types')],
    ['a method that is only called', JAVA, javac('method other(int)')],
    ['test material', JAVA, javac('class Helper')],
  ])('%s', (_, file, message) => {
    expect(classify(file, message)).toBe('load-error');
  });

  test('neither does an error of another file', () => {
    expect(classify(GO, './other_test.go:7:12: undefined: Sub')).toBe('load-error');
  });

  test('nor does it when only the output of the whole command is known', () => {
    expect(classify(GO, './calc_test.go:7:12: undefined: Nobody', 'failed')).toBe('load-error');
  });
});

test.each([
  ['Go', GO, 'calc_test.go:7: got 0\n    calc_test.go:8: undefined: Sub'],
  [
    'Rust',
    'src/lib.rs',
    "thread 'tests::adds' panicked at src/lib.rs:12:36:\nassertion `left == right` failed",
  ],
  [
    'Java',
    JAVA,
    'expected: <2> but was: <0>\norg.opentest4j.AssertionFailedError\n\tat calc.CalcTest.adds(CalcTest.java:5)',
  ],
])('a test of %s that ran and failed failed by assertion', (_, file, message) => {
  expect(classify(file, message, 'failed')).toBe('assertion');
});
