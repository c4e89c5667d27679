import { describe, expect, test } from 'vitest';
import { type Fault } from '../../../../src/runner/checks/lint/fault.ts';
import { isCut, readFaultText } from '../../../../src/runner/checks/lint/fault-text.ts';
import { createOutputWindow } from '../../../../src/runner/command/output-window.ts';

/** `error src/a.ts:12 rule text` for each. */
function read(output: string): readonly string[] {
  const told = ({ severity, file, line, text }: Fault): string => `${severity} ${file}:${line} ${text}`;
  return readFaultText(output).map(told);
}

/** Each output is as the tool printed it, shortened. */
describe('what is printed is read', () => {
  test('tsc', () => {
    const output = `src/a.ts(2,7): error TS2322: Type 'string' is not assignable to type 'number'.
  Types of property 'a' are incompatible.
app/(auth)/[id].tsx(3,55): error TS2554: Expected 1 arguments, but got 2.`;
    expect(read(output)).toEqual([
      "error src/a.ts:2 TS2322: Type 'string' is not assignable to type 'number'.",
      'error app/(auth)/[id].tsx:3 TS2554: Expected 1 arguments, but got 2.',
    ]);
  });

  test('tsc --pretty', () => {
    const output = `src/a.ts:2:7 - error TS2322: Type 'string' is not assignable to type 'number'.

2 const x: number = 'text';
        ~

Found 1 error in src/a.ts:2`;
    expect(read(output)).toEqual([
      "error src/a.ts:2 TS2322: Type 'string' is not assignable to type 'number'.",
    ]);
  });

  test('eslint', () => {
    const output = `
/t/src/b.js
  1:7   error    'unused' is assigned a value but never used  no-unused-vars
  3:57  warning  Unexpected var, use let or const instead     no-var

/t/src/my file.js
  1:1  error  Parsing error: Unexpected token

✖ 3 problems (2 errors, 1 warning)
  0 errors and 1 warning potentially fixable with the \`--fix\` option.`;
    expect(read(output)).toEqual([
      "error /t/src/b.js:1 no-unused-vars 'unused' is assigned a value but never used",
      'warning /t/src/b.js:3 no-var Unexpected var, use let or const instead',
      'error /t/src/my file.js:1 Parsing error: Unexpected token',
    ]);
  });

  test('next lint and stylelint', () => {
    const output = `./pages/index.js
7:3  Error: Do not use <img>.  @next/next/no-img-element

a.css
 1:3  ✖  Unexpected unknown property "colr"  property-no-unknown
`;
    expect(read(output)).toEqual([
      'error ./pages/index.js:7 @next/next/no-img-element Do not use <img>.',
      'error a.css:1 property-no-unknown Unexpected unknown property "colr"',
    ]);
  });

  test('oxlint', () => {
    const output = `
  ! eslint(no-unused-vars): Variable 'x' is declared but never used.
   ,-[src/a.ts:2:7]
 1 | import { nothing } from './none';
 2 | const x: number = 'text';
   :       |
   :       \`-- 'x' is declared here
   \`----
  help: Consider removing this declaration.

  x eslint(no-debugger): \`debugger\` statement is not allowed
   ,-[src/b.js:3:24]
   \`----

Found 1 warning and 1 error.
Finished in 17ms on 2 files with 96 rules using 2 threads.`;
    expect(read(output)).toEqual([
      "warning src/a.ts:2 eslint(no-unused-vars): Variable 'x' is declared but never used.",
      'error src/b.js:3 eslint(no-debugger): `debugger` statement is not allowed',
    ]);
  });

  test('oxlint --format=unix', () => {
    const output = `src/b.js:3:24: \`debugger\` statement is not allowed [Warning/eslint(no-debugger)]

1 problems`;
    expect(read(output)).toEqual([
      'warning src/b.js:3 eslint(no-debugger) `debugger` statement is not allowed',
    ]);
  });

  test('biome', () => {
    const output = `src/a.ts:2:7 lint/correctness/noUnusedVariables  FIXABLE  ━━━━━━━━━━━━━━━━━━

  ! This variable x is unused.
  
    1 │ import { nothing } from './none';
  > 2 │ const x: number = 'text';
      │       ^
  
  i Unused variables are often the result of typos.

src/b.js format ━━━━━━━━━━━━━━━━━━━━━━━

  × File content differs from formatting output

Checked 2 files in 2ms. No fixes applied.
check ━━━━━━━━━━━━━━━━━━━━━━━

  × Some errors were emitted while running checks.`;
    expect(read(output)).toEqual([
      'warning src/a.ts:2 lint/correctness/noUnusedVariables This variable x is unused.',
      'error src/b.js:null format File content differs from formatting output',
    ]);
  });

  test('biome --reporter=github', () => {
    const output =
      '::error title=lint/suspicious/noDebugger,file=/t/src/b.js,line=3,endLine=3,col=24,endColumn=33::This is unexpected: a debugger.';
    expect(read(output)).toEqual([
      'error /t/src/b.js:3 lint/suspicious/noDebugger This is unexpected: a debugger.',
    ]);
  });

  test('ruff', () => {
    const output = `F401 [*] \`os\` imported but unused
 --> pkg/a.py:1:8
  |
1 | import os, sys
  |        ^^
help: Remove unused import

unformatted: File would be reformatted
  --> pkg/b.py:2:1

Found 7 errors.
[*] 3 fixable with \`--fix\` (1 unsafe fix available with \`--fix --unsafe-fixes\`).`;
    expect(read(output)).toEqual([
      'error pkg/a.py:1 F401 [*] `os` imported but unused',
      'error pkg/b.py:2 unformatted: File would be reformatted',
    ]);
  });

  test('flake8, ruff in one line and mypy', () => {
    const output = `./pkg/a.py:1:1: F401 'os' imported but unused
pkg/a.py:1:8: F401 [*] \`os\` imported but unused
pkg/a.py:5: error: Argument 1 to "f" has incompatible type "str"; expected "int"  [arg-type]
pkg/a.py:5: note: See the documentation
Found 3 errors in 1 file (checked 1 source file)`;
    expect(read(output)).toEqual([
      "error ./pkg/a.py:1 F401 'os' imported but unused",
      'error pkg/a.py:1 F401 [*] `os` imported but unused',
      'error pkg/a.py:5 Argument 1 to "f" has incompatible type "str"; expected "int"  [arg-type]',
    ]);
  });

  test('pyright', () => {
    const output = `/t/pkg/a.py
  /t/pkg/a.py:4:12 - error: Type "int" is not assignable to return type "str"
    "int" is not assignable to "str" (reportReturnType)
  /t/pkg/a.py:6:7 - warning: Import "x" could not be resolved (reportMissingModuleSource)
1 error, 1 warning, 0 informations`;
    expect(read(output)).toEqual([
      'error /t/pkg/a.py:4 Type "int" is not assignable to return type "str"',
      'warning /t/pkg/a.py:6 Import "x" could not be resolved (reportMissingModuleSource)',
    ]);
  });

  test('go vet and golangci-lint', () => {
    const output = `# lab
vet: ./b.go:2:29: undefined: y
a.go:5:24: fmt.Printf format %d has arg "x" of wrong type string
main.go:9:15: Error return value of \`f.Close\` is not checked (errcheck)
	defer f.Close()
	             ^`;
    expect(read(output)).toEqual([
      'error ./b.go:2 undefined: y',
      'error a.go:5 fmt.Printf format %d has arg "x" of wrong type string',
      'error main.go:9 Error return value of `f.Close` is not checked (errcheck)',
    ]);
  });

  test('cargo clippy', () => {
    const output = `    Checking lab v0.1.0 (/t)
error: unused variable: \`x\`
 --> src/main.rs:2:17
  |
2 | fn main() { let x = 5; }
  |                 ^ help: if this is intentional, prefix it with an underscore: \`_x\`
  |
  = note: \`-D unused-variables\` implied by \`-D warnings\`

warning: function \`unused\` is never used
 --> src/main.rs:1:4
note: the lint level is defined here
 --> src/main.rs:9:4

error: could not compile \`lab\` (bin "lab") due to 4 previous errors`;
    expect(read(output)).toEqual([
      'error src/main.rs:2 unused variable: `x`',
      'warning src/main.rs:1 function `unused` is never used',
    ]);
  });

  test('tools that something runs for several packages', () => {
    const output = `web:lint: /t/web/a.js
web:lint:   1:7   error  Unexpected debugger  no-debugger
packages/api typecheck: src/a.ts(2,7): error TS2322: Type mismatch.
[lint] src/b.py:1:1: F401 unused
src/a.py:12: error: Unsupported operand  [operator]`;
    expect(read(output)).toEqual([
      'error /t/web/a.js:1 no-debugger Unexpected debugger',
      'error src/a.ts:2 TS2322: Type mismatch.',
      'error src/b.py:1 F401 unused',
      'error src/a.py:12 Unsupported operand  [operator]',
    ]);
  });

  test('formatters', () => {
    const output = `Checking formatting...
[warn] src/my file.ts
[warn] Code style issues found in the above file. Run Prettier with --write to fix.
Would reformat: pkg/a.py
1 file would be reformatted
Diff in /t/src/main.rs:1:
 fn unused() {}`;
    expect(read(output)).toEqual([
      'error src/my file.ts:null is not formatted',
      'error pkg/a.py:null is not formatted',
      'error /t/src/main.rs:1 is not formatted',
    ]);
  });
});

test.each([
  'npm error Lifecycle script `lint` failed with error:',
  '> sample@1.0.0 lint',
  '[12:30:45] Starting lint.all: now',
  'see https://example.org/a.html:80: it says',
  "Oops! Something went wrong! :(\n\nESLint: 9.39.1\n\nError: Cannot find module 'x'\n    at Object.<anonymous> (/t/a.js:1:7)",
  'sh: 1: eslint: not found',
  '✨  Done in 0.31s.',
])('%j tells no fault', (output) => {
  expect(readFaultText(output)).toEqual([]);
});

test('long lines and blank ones take no long time', () => {
  const nasty = ['.'.repeat(4_000), `src/a.js\n 1:1  error  x${' '.repeat(1_900)}a b`, '\n'.repeat(4_000)];
  const output = nasty.map((text) => `${text}\n`.repeat(100)).join('');
  expect(isCut(output)).toBe(false);
  expect(readFaultText(output)).toHaveLength(100);
});

describe('output of which a part is missing', () => {
  test('what the window of a command leaves out is noticed', () => {
    const window = createOutputWindow();
    for (let line = 1; line <= 2_000; line += 1)
      window.add(Buffer.from(`src/a.py:${line}:1: F401 unused import\n`));
    expect(isCut(window.text())).toBe(true);
  });

  test('output that is there as a whole is not taken for cut', () => {
    const window = createOutputWindow();
    window.add(Buffer.from('src/a.py:1:1: F401 unused import\n'));
    expect(isCut(window.text())).toBe(false);
  });

  test('a tool that shows no more than so many faults is noticed', () => {
    expect(isCut('The number of diagnostics exceeds the limit allowed.\nDiagnostics not shown: 12.\n')).toBe(
      true,
    );
  });
});
