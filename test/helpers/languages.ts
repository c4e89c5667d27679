import { type Files } from './check-bed.ts';
import { type ScriptedTurn } from './scripted-model.ts';

/** A small real project of one language, with a dependency from its registry and a bug. */
export interface Language {
  readonly name: string;
  /** Programs a machine must have. */
  readonly programs: readonly (readonly [program: string, ...args: string[]])[];
  readonly files: Files;
  /** A new test that shows the bug. */
  readonly test: { readonly path: string; readonly text: string; readonly name: string };
  readonly fix: { readonly path: string; readonly before: string; readonly after: string };
}

const PACKAGE = (more: object): string => `${JSON.stringify({ type: 'module', ...more }, null, 2)}\n`;

const javaScript: Language = {
  name: 'JavaScript',
  programs: [['npm']],
  files: {
    'package.json': PACKAGE({ scripts: { test: 'node --test' }, dependencies: { ms: '2.1.3' } }),
    '.gitignore': 'node_modules/\n',
    'src/age.js':
      "import ms from 'ms';\n\nexport function age(milliseconds) {\n  if (milliseconds < 1000) return 'old';\n  return ms(milliseconds, { long: true });\n}\n",
    'test/age.test.js':
      "import assert from 'node:assert/strict';\nimport { test } from 'node:test';\nimport { age } from '../src/age.js';\n\ntest('a minute', () => {\n  assert.equal(age(60_000), '1 minute');\n});\n",
  },
  test: {
    path: 'test/moment.test.js',
    name: 'a moment',
    text: "import assert from 'node:assert/strict';\nimport { test } from 'node:test';\nimport { age } from '../src/age.js';\n\ntest('a moment', () => {\n  assert.equal(age(5), 'just now');\n});\n",
  },
  fix: {
    path: 'src/age.js',
    before: "  if (milliseconds < 1000) return 'old';",
    after: "  if (milliseconds < 1000) return 'just now';",
  },
};

const typeScript: Language = {
  name: 'TypeScript',
  programs: [['npm']],
  files: {
    'package.json': PACKAGE({
      scripts: { test: 'vitest run', typecheck: 'tsc --noEmit' },
      devDependencies: { typescript: '5.9.2', vitest: '3.2.4' },
    }),
    'tsconfig.json':
      '{ "compilerOptions": { "strict": true, "module": "nodenext", "skipLibCheck": true, "noEmit": true }, "include": ["src"] }\n',
    '.gitignore': 'node_modules/\n',
    'src/price.ts':
      'export interface Item {\n  readonly cents: number;\n}\n\nexport function total(items: readonly Item[]): number {\n  return items.map((item) => item.cents).reduce((sum, cents) => sum + cents);\n}\n',
    'test/price.test.ts':
      "import { expect, test } from 'vitest';\nimport { total } from '../src/price.js';\n\ntest('two items', () => {\n  expect(total([{ cents: 1 }, { cents: 2 }])).toBe(3);\n});\n",
  },
  test: {
    path: 'test/empty.test.ts',
    name: 'nothing costs nothing',
    text: "import { expect, test } from 'vitest';\nimport { total } from '../src/price.js';\n\ntest('nothing costs nothing', () => {\n  expect(total([])).toBe(0);\n});\n",
  },
  fix: {
    path: 'src/price.ts',
    before: '  return items.map((item) => item.cents).reduce((sum, cents) => sum + cents);',
    after: '  return items.map((item) => item.cents).reduce((sum, cents) => sum + cents, 0);',
  },
};

const python: Language = {
  name: 'Python',
  programs: [['python3', '-m', 'venv', '--help']],
  files: {
    'pyproject.toml':
      '[build-system]\nrequires = ["setuptools"]\nbuild-backend = "setuptools.build_meta"\n\n[project]\nname = "ages"\nversion = "0.1"\ndependencies = ["six"]\n\n[project.optional-dependencies]\ntest = ["pytest"]\n\n[tool.setuptools.packages.find]\nwhere = ["src"]\n',
    '.gitignore': '*.egg-info/\n__pycache__/\n.pytest_cache/\n',
    'src/ages/__init__.py': `import math\n\nimport six\n\n\ndef years(days):\n    return math.floor(days / 365.25)\n\n\ndef label(days):\n    return six.text_type(years(days))\n`,
    'tests/test_ages.py': "from ages import label\n\n\ndef test_two_years():\n    assert label(731) == '2'\n",
  },
  test: {
    path: 'tests/test_leap.py',
    name: 'test_a_day_less_than_a_year_is_one',
    text: 'from ages import years\n\n\ndef test_a_day_less_than_a_year_is_one():\n    assert years(365) == 1\n',
  },
  fix: {
    path: 'src/ages/__init__.py',
    before: '    return math.floor(days / 365.25)',
    after: '    return math.floor(days / 365.25 + 0.5)',
  },
};

const go: Language = {
  name: 'Go',
  programs: [['go', 'version']],
  files: {
    'go.mod': 'module example.com/ids\n\ngo 1.21\n\nrequire github.com/google/uuid v1.6.0\n',
    'go.sum':
      'github.com/google/uuid v1.6.0 h1:NIvaJDMOsjHA8n1jAhLSgzrAzy1Hgr+hNrb57e+94F0=\ngithub.com/google/uuid v1.6.0/go.mod h1:TIyPZe4MgqvfeYDBFedMoGGpEw/LqOeaOT+nhxU+yHo=\n',
    'ids.go':
      'package ids\n\nimport "github.com/google/uuid"\n\n// Valid tells whether the text is an id, and not the nil one.\nfunc Valid(text string) bool {\n\t_, err := uuid.Parse(text)\n\treturn err == nil\n}\n',
    'ids_test.go':
      'package ids\n\nimport "testing"\n\nfunc TestGarbage(t *testing.T) {\n\tif Valid("garbage") {\n\t\tt.Error("garbage is no id")\n\t}\n}\n',
  },
  test: {
    path: 'nil_test.go',
    name: 'TestNil',
    text: 'package ids\n\nimport "testing"\n\nfunc TestNil(t *testing.T) {\n\tif Valid("00000000-0000-0000-0000-000000000000") {\n\t\tt.Error("the nil id is no id")\n\t}\n}\n',
  },
  fix: {
    path: 'ids.go',
    before: '\t_, err := uuid.Parse(text)\n\treturn err == nil',
    after: '\tid, err := uuid.Parse(text)\n\treturn err == nil && id != uuid.Nil',
  },
};

const rust: Language = {
  name: 'Rust',
  programs: [['cargo', '--version']],
  files: {
    'Cargo.toml':
      '[package]\nname = "digits"\nversion = "0.1.0"\nedition = "2021"\n\n[dependencies]\nitoa = "=1.0.15"\n',
    'Cargo.lock':
      '# This file is automatically @generated by Cargo.\n# It is not intended for manual editing.\nversion = 4\n\n[[package]]\nname = "digits"\nversion = "0.1.0"\ndependencies = [\n "itoa",\n]\n\n[[package]]\nname = "itoa"\nversion = "1.0.15"\nsource = "registry+https://github.com/rust-lang/crates.io-index"\nchecksum = "4a5f13b858c8d314ee3e8f639011f7ccefe71f97f96e50151fb991f267928e2c"\n',
    '.gitignore': '/target\n',
    'src/lib.rs':
      '/// How many digits a number has, its sign not counted.\npub fn digits(number: i64) -> usize {\n    itoa::Buffer::new().format(number).len()\n}\n',
    'tests/positive.rs': '#[test]\nfn counts_digits() {\n    assert_eq!(digits::digits(120), 3);\n}\n',
  },
  test: {
    path: 'tests/negative.rs',
    name: 'does_not_count_the_sign',
    text: '#[test]\nfn does_not_count_the_sign() {\n    assert_eq!(digits::digits(-7), 1);\n}\n',
  },
  fix: {
    path: 'src/lib.rs',
    before: '    itoa::Buffer::new().format(number).len()',
    after: '    itoa::Buffer::new().format(number.unsigned_abs()).len()',
  },
};

const java: Language = {
  name: 'Java',
  programs: [['mvn', '--version']],
  files: {
    'pom.xml': `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>example</groupId><artifactId>names</artifactId><version>1</version>
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
`,
    '.gitignore': 'target/\n',
    'src/main/java/names/Names.java':
      'package names;\n\npublic class Names {\n  public static String initial(String name) {\n    return name.substring(0, 1).toUpperCase();\n  }\n}\n',
    'src/test/java/names/NamesTest.java':
      'package names;\n\nimport static org.junit.jupiter.api.Assertions.assertEquals;\n\nimport org.junit.jupiter.api.Test;\n\nclass NamesTest {\n  @Test\n  void takesTheFirstLetter() {\n    assertEquals("A", Names.initial("ada"));\n  }\n}\n',
  },
  test: {
    path: 'src/test/java/names/EmptyNameTest.java',
    name: 'anEmptyNameHasNone',
    text: 'package names;\n\nimport static org.junit.jupiter.api.Assertions.assertEquals;\n\nimport org.junit.jupiter.api.Test;\n\nclass EmptyNameTest {\n  @Test\n  void anEmptyNameHasNone() {\n    assertEquals("", Names.initial(""));\n  }\n}\n',
  },
  fix: {
    path: 'src/main/java/names/Names.java',
    before: '    return name.substring(0, 1).toUpperCase();',
    after: '    return name.isEmpty() ? "" : name.substring(0, 1).toUpperCase();',
  },
};

export const LANGUAGES: readonly Language[] = [javaScript, typeScript, python, go, rust, java];

/** What an agent does: the test first, then the fix. */
export const turnsFor = ({ test, fix }: Language): readonly ScriptedTurn[] => [
  { tools: [{ name: 'read_file', input: { path: fix.path } }] },
  {
    tools: [
      {
        name: 'apply_patch',
        input: { diff: `--- /dev/null\n+++ b/${test.path}\n@@\n${lines('+', test.text)}` },
      },
    ],
  },
  {
    tools: [
      {
        name: 'apply_patch',
        input: {
          diff: `--- a/${fix.path}\n+++ b/${fix.path}\n@@\n${lines('-', fix.before)}${lines('+', fix.after)}`,
        },
      },
    ],
  },
  { tools: [{ name: 'finish', input: { title: `Mend ${fix.path}`, body: `Shown by ${test.name}.` } }] },
];

const lines = (sign: string, text: string): string =>
  text
    .replace(/\n$/, '')
    .split('\n')
    .map((line) => `${sign}${line}\n`)
    .join('');
