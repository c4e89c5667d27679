import { describe, expect, test } from 'vitest';
import { type Files, tellProof } from '../../../helpers/check-bed.ts';

const OLD = ['a', 'b', 'c'].map((name) => `export const ${name}: number = '${name}';\ndebugger;\n`).join('');

function project(lint: string): Files {
  return {
    'package.json': JSON.stringify({ type: 'module', scripts: { lint, typecheck: 'tsc --noEmit' } }),
    'tsconfig.json': '{"compilerOptions": {"strict": true, "types": []}, "include": ["src"]}',
    'src/old.ts': OLD,
  };
}

const MORE = { 'src/old.ts': `${OLD}debugger;\n`, 'src/new.ts': 'export const d: number = true;\n' };
const DEBUGGER = expect.stringMatching(
  /^src\/old\.ts: .*no-debugger.* \(lines 2, 4, 6, 7: 1 more than before\)$/,
);

describe('oxlint and tsc', () => {
  test('what was there before is known, wherever it has moved', async () => {
    const base = project('oxlint --deny=no-debugger src');
    const { proof } = await tellProof({ ownModules: true, base, change: { 'src/old.ts': `\n\n${OLD}` } });
    expect(proof).toMatchObject({ verdict: 'unproven', newFailures: [], knownFailures: [] });
    expect(proof.checks.map(({ head }) => head?.counts?.failed)).toEqual([3, 3]);
  });

  test('what the change adds is named', async () => {
    const base = project('oxlint --deny=no-debugger src');
    const { proof } = await tellProof({ ownModules: true, base, change: MORE });
    expect(proof).toMatchObject({
      verdict: 'red',
      newFailures: [
        DEBUGGER,
        "src/new.ts: TS2322: Type 'boolean' is not assignable to type 'number'. (line 1)",
      ],
    });
  });

  test('a script that no words reach is read as it prints', async () => {
    const base = {
      ...project('oxlint --deny=no-debugger src && echo done'),
      'tsconfig.json': '{"files": []}',
    };
    const { proof } = await tellProof({ ownModules: true, base, change: MORE });
    expect(proof.newFailures).toEqual([DEBUGGER]);
  });

  test('a linter that finds faults and lets them pass does not fail', async () => {
    const { proof } = await tellProof({
      ownModules: true,
      base: project('oxlint --deny=no-debugger src || true'),
      change: { 'src/old.ts': OLD.replaceAll(': number', '') },
    });
    expect(proof.checks.map(({ kind, head }) => [kind, head?.passed])).toEqual([
      ['lint', true],
      ['typecheck', true],
    ]);
  });
});

test('a tool that prints more than is kept is read as a whole', async () => {
  const print = (count: number): string =>
    `for (let i = 0; i < ${count}; i += 1) console.log('src/a.js:' + i + ':1: unused name_' + i + ' is declared and never used anywhere');\nprocess.exitCode = 1;\n`;
  const base = {
    'package.json': JSON.stringify({ type: 'commonjs', scripts: { lint: 'node lint.js' } }),
    'lint.js': print(3_000),
  };
  const { proof } = await tellProof({ base, change: { 'lint.js': print(3_001) } });
  expect(proof.newFailures).toEqual([
    'src/a.js: unused name_3000 is declared and never used anywhere (line 3000)',
  ]);
});
