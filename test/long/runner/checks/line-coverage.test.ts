import { expect, test } from 'vitest';
import { type Coverage, type Proof } from '../../../../src/protocol/proof.ts';
import { type Files, type Story, tellProof } from '../../../helpers/check-bed.ts';
import { describeWith, hasTool } from '../../../helpers/required-tool.ts';

function manifest(script: string, fields: object = {}): Files {
  return { 'package.json': JSON.stringify({ type: 'module', scripts: { test: script }, ...fields }) };
}

function missing(coverage: Coverage | null): readonly string[] | undefined {
  return coverage?.files.flatMap(({ path, uncoveredLines }) =>
    uncoveredLines.map(([first, last]) => `${path}:${first}-${last}`),
  );
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
      'src/sign.test.ts': `import { expect, test } from 'vitest';
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
  const settings = { transform: {}, coverageThreshold: { global: { lines: 100 } } };
  const { coverage, verdict } = await proofOf({
    base: {
      'package.json': JSON.stringify({
        scripts: { test: 'jest' },
        devDependencies: { jest: '29.7.0' },
        jest: settings,
      }),
      'src/sign.js': 'exports.sign = () => 0;\n',
    },
    change: {
      'src/sign.js':
        'exports.sign = (value) => {\n  if (value < 0) {\n    return -1;\n  }\n  return 1;\n};\n',
      'src/(idle).js': 'exports.idle = 1;\n',
      'src/sign.test.js':
        "const { sign } = require('./sign');\ntest('sign', () => expect(sign(3)).toBe(1));\n",
    },
  });
  expect(verdict).toBe('green');
  expect(missing(coverage)).toEqual(['src/sign.js:3-3', 'src/(idle).js:1-1']);
});

describeWith('python3', hasTool('python3'), 'pytest', () => {
  const BASE: Files = {
    'requirements.txt': 'pytest==8.4.2\n',
    'signs/sign.py': 'def sign(value):\n    return 0\n',
    'signs/__init__.py': '',
  };
  const CHANGE: Files = {
    'signs/sign.py': 'def sign(value):\n    if value < 0:\n        return -1\n\n    # one\n    return 1\n',
    'signs/idle.py': 'IDLE = 1\n',
    'test_sign.py': 'from signs.sign import sign\n\ndef test_sign():\n    assert sign(3) == 1\n',
  };

  test('with pytest-cov it tells it, a limit or not', async () => {
    const base = {
      ...BASE,
      'requirements.txt': 'pytest==8.4.2\npytest-cov==7.0.0\n',
      'pytest.ini': '[pytest]\naddopts = --cov-fail-under=99\n',
    };
    const { coverage, verdict } = await proofOf({ base, change: CHANGE });
    expect(verdict).toBe('green');
    expect(coverage).toMatchObject({ covered: 2, coverable: 4 });
    expect(missing(coverage)).toEqual(['signs/sign.py:3-3', 'signs/idle.py:1-1']);
  });

  test('without it nothing is said', async () => {
    const { coverage, verdict } = await proofOf({ base: BASE, change: CHANGE });
    expect({ coverage, verdict }).toEqual({ coverage: null, verdict: 'green' });
  });
});
