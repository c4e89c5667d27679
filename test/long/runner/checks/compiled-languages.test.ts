import { expect, test } from 'vitest';
import { findChecks } from '../../../../src/runner/checks/find-checks.ts';
import { runCheck } from '../../../../src/runner/checks/run-check.ts';
import { setUpTree } from '../../../../src/runner/checks/set-up-tree.ts';
import { type Files, makePlace, makeTree, NO_COMMANDS, tellProof } from '../../../helpers/check-bed.ts';
import { describeWith, hasTool } from '../../../helpers/required-tool.ts';

const TIMEOUT_MS = 300_000;

/** What is seen of a change: a fix with an asserting test, a new function with one, and a test of neither. */
const EXPECTED = ['adds: assertion', 'passes: passed', 'subtracts: missing-subject'];

type Row = { readonly name: string; readonly base: string };

function rows(tests: readonly Row[]): readonly string[] {
  return tests.map(({ name, base }) => `${name.replace(/^Test/, '').toLowerCase()}: ${base}`).sort();
}

describeWith('go', hasTool('go', ['version']), 'go test', () => {
  const goTest = (name: string, body: string): string =>
    `package calc\n\nimport "testing"\n\nfunc Test${name}(t *testing.T) {\n\t${body}\n}\n`;

  test(
    'a fix is proven by tests that fail, and by one that does not compile',
    { timeout: TIMEOUT_MS },
    async () => {
      const calc = (operator: string, more = ''): string =>
        `package calc\n\nimport "github.com/google/uuid"\n\nfunc Add(a, b int) int { return a ${operator} b }\n\nfunc Name() string { return uuid.Nil.String() }\n${more}`;
      const { proof } = await tellProof({
        base: {
          'go.mod': 'module example.com/calc\n\ngo 1.21\n\nrequire github.com/google/uuid v1.6.0\n',
          'go.sum':
            'github.com/google/uuid v1.6.0 h1:NIvaJDMOsjHA8n1jAhLSgzrAzy1Hgr+hNrb57e+94F0=\ngithub.com/google/uuid v1.6.0/go.mod h1:TIyPZe4MgqvfeYDBFedMoGGpEw/LqOeaOT+nhxU+yHo=\n',
          'calc.go': calc('-'),
          'old_test.go': goTest('Old', 't.Run("skipped", func(t *testing.T) { t.Skip(Name()) })'),
        },
        change: {
          'calc.go': calc('+', 'func Sub(a, b int) int { return a - b }\n'),
          'add_test.go': goTest('Adds', 'if got := Add(1, 1); got != 2 { t.Errorf("got %d", got) }'),
          'any_test.go': goTest('Passes', ''),
          'sub_test.go': goTest('Subtracts', 'if Sub(1, 1) != 0 { t.Fatal("wrong") }'),
        },
      });
      expect(rows(proof.tests)).toEqual(EXPECTED);
      expect(proof).toMatchObject({ verdict: 'green', reasons: [], deletedTests: [], newFailures: [] });
      expect(proof.checks[0]?.head?.counts).toEqual({ passed: 4, failed: 0, skipped: 1 });
      expect(proof.tests.map(({ file }) => file).sort()).toEqual([
        'add_test.go',
        'any_test.go',
        'sub_test.go',
      ]);
    },
  );
});

describeWith('cargo', hasTool('cargo'), 'cargo test', () => {
  test('unit tests inside of the fixed file prove the fix', { timeout: TIMEOUT_MS }, async () => {
    const lib = (operator: string, tests: string, more = ''): string =>
      `pub fn add(a: i64, b: i64) -> i64 { a ${operator} b }
pub fn name() -> String { itoa::Buffer::new().format(1u8).to_owned() }
${more}
#[cfg(test)]
mod tests {
    use super::*;
    #[test]
    fn old() { assert_eq!(name(), "1"); }
${tests}}
`;
    const { proof } = await tellProof({
      base: {
        'Cargo.toml':
          '[package]\nname = "calc"\nversion = "0.1.0"\nedition = "2021"\n[dependencies]\nitoa = "1"\n',
        'src/lib.rs': lib('-', ''),
        'tests/old.rs': '#[test]\n#[ignore]\nfn later() {}\n',
      },
      change: {
        'src/lib.rs': lib(
          '+',
          '    #[test]\n    fn adds() { assert_eq!(add(1, 1), 2); }\n    #[test]\n    fn passes() {}\n',
          'pub fn sub(a: i64, b: i64) -> i64 { a - b }\nmod fresh;\n',
        ),
        'tests/sub.rs': '#[test]\nfn subtracts() { assert_eq!(calc::sub(1, 1), 0); }\n',
        'src/fresh.rs':
          'pub fn zero() -> i64 { 0 }\n#[cfg(test)]\nmod tests {\n    #[test]\n    fn zeros() { assert_eq!(super::zero(), 0); }\n}\n',
      },
    });
    const named = proof.tests.map((row) => ({ ...row, name: row.name.replace(/^.*::/, '') }));
    expect(rows(named)).toEqual([...EXPECTED, 'zeros: missing-subject']);
    expect(proof).toMatchObject({ verdict: 'green', reasons: [], deletedTests: [], newFailures: [] });
    expect(proof.checks[0]?.head?.counts).toEqual({ passed: 5, failed: 0, skipped: 1 });
    const files = ['src/fresh.rs', 'src/lib.rs', 'src/lib.rs', 'tests/sub.rs'];
    expect(proof.tests.map(({ file }) => file).sort()).toEqual(files);
  });
});

function javaTest(name: string, body: string): Files {
  const imports = 'import org.junit.jupiter.api.*;\nimport static org.junit.jupiter.api.Assertions.*;\n';
  return {
    [`src/test/java/calc/${name}Test.java`]: `package calc;\n${imports}class ${name}Test {\n${body}\n}\n`,
  };
}

function calcJava(operator: string, more = ''): Files {
  return {
    'src/main/java/calc/Calc.java': `package calc;\npublic class Calc {\n  public static int add(int a, int b) { return a ${operator} b; }\n${more}}\n`,
  };
}

describeWith('mvn', hasTool('mvn'), 'mvn test', () => {
  const POM = `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>example</groupId><artifactId>calc</artifactId><version>1</version>
  <properties>
    <maven.compiler.source>17</maven.compiler.source><maven.compiler.target>17</maven.compiler.target>
    <project.build.sourceEncoding>UTF-8</project.build.sourceEncoding>
  </properties>
  <dependencies><dependency>
    <groupId>org.junit.jupiter</groupId><artifactId>junit-jupiter</artifactId><version>5.10.2</version>
    <scope>test</scope>
  </dependency></dependencies>
  <build><plugins><plugin><artifactId>maven-surefire-plugin</artifactId><version>3.2.5</version></plugin></plugins></build>
</project>
`;

  test(
    'a fix is proven by tests that fail, and by one that does not compile',
    { timeout: TIMEOUT_MS },
    async () => {
      const { proof } = await tellProof({
        base: {
          'pom.xml': POM,
          ...calcJava('-'),
          ...javaTest('Old', '@Test void old() {}\n@Test @Disabled void later() {}'),
        },
        change: {
          ...calcJava('+', '  public static int sub(int a, int b) { return a - b; }\n'),
          ...javaTest(
            'Add',
            '@Test void adds() { assertEquals(2, Calc.add(1, 1)); }\n@Test void passes() {}',
          ),
          ...javaTest('Sub', '@Test void subtracts() { assertEquals(0, Calc.sub(1, 1)); }'),
        },
      });
      expect(rows(proof.tests)).toEqual(EXPECTED);
      expect(proof).toMatchObject({ verdict: 'green', reasons: [], deletedTests: [], newFailures: [] });
      expect(proof.checks[0]?.head?.counts).toEqual({ passed: 4, failed: 0, skipped: 1 });
      const folder = 'src/test/java/calc';
      expect(new Set(proof.tests.map(({ file }) => file))).toEqual(
        new Set([`${folder}/AddTest.java`, `${folder}/SubTest.java`]),
      );
    },
  );
});

describeWith('gradle', hasTool('gradle'), 'gradle test', () => {
  const BUILD = `apply plugin: 'java'
repositories { mavenCentral() }
dependencies { testCompile 'junit:junit:4.13.2' }
`;
  const OLD = `package calc;
import org.junit.*;
public class OldTest {
  @Test public void works() {}
  @Test @Ignore public void later() {}
  @Test public void fails() { Assert.assertEquals(2, Calc.add(1, 1)); }
}
`;

  test('every run is reported, though nothing changed since the last', { timeout: TIMEOUT_MS }, async () => {
    const tree = await makeTree({
      'settings.gradle': "include 'core'\n",
      'core/build.gradle': BUILD,
      ...inFolder('core', calcJava('-')),
      'core/src/test/java/calc/OldTest.java': OLD,
    });
    const place = await makePlace(tree);
    const { packages } = await findChecks(tree, NO_COMMANDS);
    const setup = await setUpTree(packages, place);
    expect(setup.map(({ end }) => (end.exitCode === 0 ? 'ok' : end.output))).toEqual(['ok', 'ok', 'ok']);
    const check = packages.flatMap(({ checks }) => checks).find(({ tool }) => tool === 'gradle');
    if (check === undefined) throw new Error('no check was found');
    const expected = { passed: 1, failed: 1, skipped: 1 };
    const file = 'core/src/test/java/calc/OldTest.java';
    for (const files of [[], [file]]) {
      const { run, cases } = await runCheck(check, place, files);
      expect({ counts: run.counts, output: run.counts === null ? run.end.output : '' }).toEqual({
        counts: expected,
        output: '',
      });
      expect(new Set(cases.map((each) => each.file))).toEqual(new Set([file]));
    }
  });
});

function inFolder(folder: string, files: Files): Files {
  return Object.fromEntries(Object.entries(files).map(([path, text]) => [`${folder}/${path}`, text]));
}
