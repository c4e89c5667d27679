import { expect, test } from 'vitest';
import { type Coverage, type Proof } from '../../../../src/protocol/proof.ts';
import { type Files, type Story, tellProof } from '../../../helpers/check-bed.ts';

function manifest(script: string): Files {
  return { 'package.json': JSON.stringify({ type: 'module', scripts: { test: script } }) };
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

function signTest(module: string, imports = `import assert from 'node:assert'`): string {
  return `import { test } from 'node:test';
${imports};
import { sign } from '${module}';
test('sign', () => assert.equal(sign(3), 1));
`;
}

const NODE_BASE: Files = {
  ...manifest('node --test'),
  'src/sign.js': 'export const sign = () => 0;\n',
  'test/sign.test.js': signTest('../src/sign.js').replace(', 1', ', 0'),
};

test('node:test tells which changed lines were run, also of a file beside them that nothing loads', async () => {
  const { coverage, verdict, checks } = await proofOf({
    base: NODE_BASE,
    change: {
      'src/sign.js': SIGN,
      'src/idle.js': 'export const idle = 1;\n',
      'test/sign.test.js': signTest('../src/sign.js'),
      'README.md': '# Signs\n',
    },
  });
  expect(verdict).toBe('green');
  expect(checks[0]?.head?.counts).toEqual({ passed: 1, failed: 0, skipped: 0 });
  expect(coverage).toMatchObject({ covered: 4, coverable: 8 });
  expect(missing(coverage)).toEqual(['src/sign.js:4-4', 'src/sign.js:11-12', 'src/idle.js:1-1']);
});

test('a module in the older format counts lines as well, and lines that were there before do not count', async () => {
  const old = 'exports.zero = () => {\n  return 0;\n};\n';
  const { coverage } = await proofOf({
    base: {
      'package.json': JSON.stringify({ scripts: { test: 'node --test' } }),
      'sign.js': old,
      'sign.test.mjs': signTest('./sign.js'),
    },
    change: {
      'sign.js': `${old}exports.sign = (value) => {\n  if (value < 0) return -1;\n  else return 1;\n};\n`,
    },
  });
  expect(coverage).toEqual({ covered: 3, coverable: 3, files: [] });
});

test('what is built from a changed file runs elsewhere, so nothing is said of it', async () => {
  const { coverage, verdict } = await proofOf({
    base: {
      ...manifest('mkdir -p dist && cp src/*.js dist/ && node --test'),
      'src/sign.js': 'export const sign = () => 0;\n',
      'test/sign.test.js': signTest('../dist/sign.js').replace(', 1', ', 0'),
    },
    change: { 'src/sign.js': SIGN, 'test/sign.test.js': signTest('../dist/sign.js') },
  });
  expect({ coverage, verdict }).toEqual({ coverage: null, verdict: 'green' });
});

test('a change that is red is not measured', async () => {
  const { coverage, verdict } = await proofOf({ base: NODE_BASE, change: { 'src/sign.js': SIGN } });
  expect({ coverage, verdict }).toEqual({ coverage: null, verdict: 'red' });
});

test('tests that fail when they are measured leave the verdict alone and tell nothing', async () => {
  const stubborn = `import assert from 'node:assert';\nassert.equal(process.env.NODE_V8_COVERAGE, undefined)`;
  const { coverage, verdict, checks } = await proofOf({
    base: NODE_BASE,
    change: { 'src/sign.js': SIGN, 'test/sign.test.js': signTest('../src/sign.js', stubborn) },
  });
  expect(verdict).toBe('green');
  expect(checks[0]?.head?.passed).toBe(true);
  expect(coverage).toBeNull();
});
