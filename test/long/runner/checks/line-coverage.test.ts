import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { type Coverage, type Proof } from '../../../../src/protocol/proof.ts';
import { type Files, makeFolder, type Story, tellProof } from '../../../helpers/check-bed.ts';
import { describeWith, hasTool } from '../../../helpers/required-tool.ts';

function manifest(script: string): Files {
  return { 'package.json': JSON.stringify({ type: 'module', scripts: { test: script } }) };
}

function missing(coverage: Coverage | null): readonly string[] | undefined {
  return coverage?.files.flatMap(({ path, uncoveredLines }) =>
    uncoveredLines.map(([first, last]) => `${path}:${first}-${last}`),
  );
}

function run(program: string, words: readonly string[]): void {
  const { status, stderr } = spawnSync(program, words, { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
}

async function proofOf(story: Story): Promise<Proof> {
  return (await tellProof(story)).proof;
}

const SIGN = `// The sign of a number.
export function sign(value) {
  if (value < 0) {
    return -1;
  }

  return value > 0 ? 1 : 0;
}

export const never = () => {
  const answer = 42;
  return answer;
};
`;

test('vitest tells it where its package for that is installed, thresholds or not', async () => {
  const { coverage, verdict } = await proofOf({
    base: {
      ...manifest('vitest run'),
      'vitest.config.js':
        'export default { test: { coverage: { thresholds: { lines: 100 }, reporter: ["text"] } } };\n',
      'src/sign.ts': 'export const sign = (_: number): number => 0;\n',
    },
    change: {
      'src/sign.ts': SIGN.replace('(value)', '(value: number): number'),
      'src/[idle].ts': 'export const idle = 1;\n',
      'src/sign.test.ts': `import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { sign } from './sign.ts';
test('sign', () => expect(sign(3)).toBe(1));
`,
    },
    ownModules: true,
  });
  expect(verdict).toBe('green');
  expect(missing(coverage)).toEqual(['src/sign.ts:4-4', 'src/sign.ts:11-12', 'src/[idle].ts:1-1']);
});

describeWith('go', hasTool('go', ['version']), 'go test', () => {
  test('it tells it of every package of the module, in a folder of the repository too', async () => {
    const { coverage, verdict } = await proofOf({
      base: {
        'go/go.mod': 'module example.com/sign\n\ngo 1.20\n',
        'go/sign.go': 'package sign\n\nfunc Sign(value int) int {\n\treturn 0\n}\n',
      },
      change: {
        'go/sign.go': `package sign

import "example.com/sign/low"

// Sign is 1 or -1.
func Sign(value int) int {
	if value < 0 {
		return low.Least()
	}
	return 1
}
`,
        'go/low/low.go':
          'package low\n\nfunc Least() int {\n\treturn -1\n}\n\nfunc Never() int {\n\treturn -2\n}\n',
        'go/sign_test.go': `package sign

import "testing"

func TestSign(t *testing.T) {
	if Sign(-3) != -1 {
		t.Fatal("wrong")
	}
}
`,
      },
    });
    expect(verdict).toBe('green');
    expect(coverage).toMatchObject({ covered: 4, coverable: 7 });
    expect(missing(coverage)).toEqual(['go/sign.go:10-10', 'go/low/low.go:7-8']);
  });
});

test('jest tells it, thresholds or not', async () => {
  const tools = await makeFolder();
  run('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline', '--prefix', tools, 'jest@29.7.0']);
  const settings = { transform: {}, coverageThreshold: { global: { lines: 100 } } };
  const { coverage, verdict } = await proofOf({
    base: {
      'package.json': JSON.stringify({ scripts: { test: 'jest' }, jest: settings }),
      'src/sign.js': 'exports.sign = () => 0;\n',
    },
    change: {
      'src/sign.js':
        'exports.sign = (value) => {\n  if (value < 0) {\n    return -1;\n  }\n  return 1;\n};\n',
      'src/(idle).js': 'exports.idle = 1;\n',
      'src/sign.test.js':
        "const { sign } = require('./sign');\ntest('sign', () => expect(sign(3)).toBe(1));\n",
    },
    checks: { setup: [`ln -s ${tools}/node_modules node_modules`] },
  });
  expect(verdict).toBe('green');
  expect(missing(coverage)).toEqual(['src/sign.js:3-3', 'src/(idle).js:1-1']);
});

describeWith('python3', hasTool('python3', ['-m', 'pip', '--version']), 'pytest', () => {
  test('with pytest-cov it tells it, a limit or not; without it nothing is said', async () => {
    const tools = await makeFolder();
    const packages = ['pytest==8.4.2', 'pytest-cov==7.0.0'];
    run('python3', ['-m', 'pip', 'install', '--quiet', '--no-compile', '--target', tools, ...packages]);
    const story = {
      base: { 'signs/sign.py': 'def sign(value):\n    return 0\n', 'signs/__init__.py': '' },
      change: {
        'signs/sign.py':
          'def sign(value):\n    if value < 0:\n        return -1\n\n    # one\n    return 1\n',
        'signs/idle.py': 'IDLE = 1\n',
        'test_sign.py': 'from signs.sign import sign\n\ndef test_sign():\n    assert sign(3) == 1\n',
        'pytest.ini': '[pytest]\naddopts = --cov-fail-under=99\n',
      },
    };
    const command = `PYTHONPATH=${tools} python3 -m pytest`;
    const told = await proofOf({ ...story, checks: { setup: [], test: command } });
    expect(told.verdict).toBe('green');
    expect(told.coverage).toMatchObject({ covered: 2, coverable: 4 });
    expect(missing(told.coverage)).toEqual(['signs/sign.py:3-3', 'signs/idle.py:1-1']);

    const change = { ...story.change, 'pytest.ini': '[pytest]\n' };
    const without = { setup: [], test: `${command} -p no:pytest_cov` };
    const silent = await proofOf({ ...story, change, checks: without });
    expect({ verdict: silent.verdict, coverage: silent.coverage }).toEqual({
      verdict: 'green',
      coverage: null,
    });
  });
});

describeWith('mvn', hasTool('mvn'), 'mvn test', () => {
  test('a build with JaCoCo tells it', async () => {
    const pom = `<project xmlns="http://maven.apache.org/POM/4.0.0">
<modelVersion>4.0.0</modelVersion><groupId>example</groupId><artifactId>sign</artifactId><version>1</version>
<properties><maven.compiler.source>8</maven.compiler.source><maven.compiler.target>8</maven.compiler.target></properties>
<dependencies><dependency><groupId>junit</groupId><artifactId>junit</artifactId><version>4.13.2</version><scope>test</scope></dependency></dependencies>
<build><plugins><plugin><groupId>org.jacoco</groupId><artifactId>jacoco-maven-plugin</artifactId><version>0.8.13</version>
<executions><execution><goals><goal>prepare-agent</goal></goals></execution></executions></plugin></plugins></build>
</project>`;
    const { coverage, verdict } = await proofOf({
      base: {
        'pom.xml': pom,
        'src/main/java/calc/Sign.java':
          'package calc;\npublic class Sign {\n  public static int of(int value) {\n    return 0;\n  }\n}\n',
      },
      change: {
        'src/main/java/calc/Sign.java':
          'package calc;\npublic class Sign {\n  public static int of(int value) {\n    if (value < 0)\n      return -1;\n    return 1;\n  }\n}\n',
        'src/test/java/calc/SignTest.java':
          'package calc;\nimport org.junit.*;\npublic class SignTest { @Test public void sign() { Assert.assertEquals(1, Sign.of(3)); } }\n',
      },
    });
    expect(verdict).toBe('green');
    expect(coverage).toMatchObject({ covered: 2, coverable: 3 });
    expect(missing(coverage)).toEqual(['src/main/java/calc/Sign.java:5-5']);
  });
});
