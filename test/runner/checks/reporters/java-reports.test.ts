import { utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type TestCase } from '../../../../src/runner/checks/check.ts';
import { gradle } from '../../../../src/runner/checks/reporters/gradle.ts';
import { readJavacErrors } from '../../../../src/runner/checks/reporters/javac-errors.ts';
import { maven } from '../../../../src/runner/checks/reporters/maven.ts';
import { type Files, makeTree } from '../../../helpers/check-bed.ts';

const END = { exitCode: 0, limit: null, durationMs: 1, output: '', outputBytes: 0 };

function suite(cases: string): string {
  return `<?xml version="1.0"?><testsuite name="calc.CalcTest">${cases}</testsuite>`;
}

const CASES = `<testcase name="adds" classname="calc.CalcTest"><failure message="expected: &lt;2&gt;"/></testcase>
<testcase name="throws" classname="calc.CalcTest"><error message="boom">trace</error></testcase>
<testcase name="works" classname="calc.CalcTest$Inner"/>
<testcase name="later" classname="calc.CalcTest(suffix)"><skipped/></testcase>
<testcase name="" classname="calc.BadTest"><error message="set-up"/></testcase>
<testcase name="made" classname="calc.Generated"/>`;

const SOURCES: Files = {
  'pom.xml': '<project/>',
  'core/pom.xml': '<project/>',
  'core/src/test/java/calc/CalcTest.java': '',
  'core/src/test/kotlin/calc/BadTest.kt': '',
};

const EXPECTED = [
  'failed core/src/test/java/calc/CalcTest.java: adds',
  'failed core/src/test/java/calc/CalcTest.java: throws',
  'passed core/src/test/java/calc/CalcTest.java: Inner > works',
  'skipped core/src/test/java/calc/CalcTest.java: later',
  'error core/src/test/kotlin/calc/BadTest.kt: core/src/test/kotlin/calc/BadTest.kt',
  'passed : made',
];

function lines(cases: readonly TestCase[] | null): readonly string[] | undefined {
  return cases?.map(({ file, name, status }) => `${status} ${file}: ${name}`);
}

/** A report folder as it stands when the command has ended. */
async function reportFolder(printed = '', more: Files = {}): Promise<string> {
  const folder = await makeTree({ started: '', 'maven.txt': printed, 'gradle.txt': printed, ...more });
  // The reports of a test stand there before this folder does.
  await utimes(join(folder, 'started'), new Date(2_000), new Date(2_000));
  return folder;
}

const REPORT = 'core/target/surefire-reports/TEST-calc.CalcTest.xml';

describe('maven', () => {
  test("every module's tests are read, with the files of their classes", async () => {
    const place = await makeTree({ ...SOURCES, [REPORT]: suite(CASES) });
    expect(lines(await maven.read(await reportFolder(), place, END))).toEqual(EXPECTED);
  });

  test('reports of an earlier run do not count', async () => {
    const place = await makeTree({ ...SOURCES, [REPORT]: suite(CASES) });
    await utimes(join(place, REPORT), new Date(1_000), new Date(1_000));
    expect(await maven.read(await reportFolder(), place, END)).toBeNull();
  });

  test('a file that does not compile is one case with the errors of that file', async () => {
    const place = await makeTree(SOURCES);
    const at = (file: string): string =>
      `[ERROR] ${place}/core/src/test/java/calc/${file}.java:[6,27] cannot find symbol\n  symbol:   method sub(int,int)\n`;
    const printed = `[INFO] COMPILATION ERROR :\n${at('CalcTest')}${at('Other')}[INFO] 2 errors\n`;
    const folder = await reportFolder(printed);
    expect(await maven.read(folder, place, END)).toBeNull();
    const cases = await maven.read(folder, place, { ...END, exitCode: 1 });
    expect(lines(cases)).toEqual([
      'error core/src/test/java/calc/CalcTest.java: core/src/test/java/calc/CalcTest.java',
      'error core/src/test/java/calc/Other.java: core/src/test/java/calc/Other.java',
    ]);
    expect(cases?.[0]?.message).toContain('method sub(int,int)');
    expect(cases?.[0]?.message).not.toContain('Other');
  });

  test('classes are run alone by name, and modules without them do not fail', () => {
    expect(maven.only(['core/src/test/java/calc/CalcTest.java', 'a/BTest.kt'], '/tree')).toContain(
      '-Dtest=CalcTest,BTest',
    );
  });
});

describe('gradle', () => {
  test('the tests of every project are read, with the files of their classes', async () => {
    const folder = await reportFolder('', { 'xml/pcore!test/TEST-calc.CalcTest.xml': suite(CASES) });
    expect(lines(await gradle.read(folder, await makeTree(SOURCES), END))).toEqual(EXPECTED);
  });

  test('nothing written is no report', async () => {
    expect(await gradle.read(await reportFolder(), await makeTree(SOURCES), END)).toBeNull();
  });
});

test("errors of Gradle's javac and of Kotlin are read", () => {
  const errors =
    readJavacErrors(`:core:compileTestJava/tree/src/test/java/OldTest.java:2: error: package x does not exist
> Task :compileTestJava FAILED
/tree/src/test/java/ATest.java:6: error: cannot find symbol
    Calc.sub(1);
        ^
  symbol:   method sub(int)
/tree/src/test/java/BTest.java:7: error: ';' expected
1 error
e: file:///tree/src/test/kotlin/CTest.kt:3:5 Unresolved reference 'more'.
BUILD FAILED in 5s`);
  expect(errors.map(({ file }) => file)).toEqual([
    '/tree/src/test/java/OldTest.java',
    '/tree/src/test/java/ATest.java',
    '/tree/src/test/java/BTest.java',
    '/tree/src/test/kotlin/CTest.kt',
  ]);
  expect(errors[1]?.message).toContain('symbol:   method sub(int)');
});
