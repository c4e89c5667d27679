import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { makeFolder, tellProof } from '../../../helpers/check-bed.ts';
import { describeWith } from '../../../helpers/required-tool.ts';

const TIMEOUT_MS = 300_000;

const MANY = Array.from({ length: 30 }, (_, index) => `const unused${index} = ${index};`).join('\n');

test(
  'eslint and tsc: old faults are known, the new ones named, whatever lines have moved',
  { timeout: TIMEOUT_MS },
  async () => {
    const { proof } = await tellProof({
      base: {
        'package.json': JSON.stringify({
          name: 'sample',
          version: '1.0.0',
          type: 'module',
          scripts: { lint: 'eslint .' },
          devDependencies: { eslint: '9.39.1', '@eslint/js': '9.39.1', typescript: '5.9.3' },
        }),
        'eslint.config.js': "import js from '@eslint/js';\nexport default [js.configs.recommended];\n",
        'tsconfig.json': '{"compilerOptions": {"strict": true, "noEmit": true}, "include": ["src"]}',
        'src/old.js': `${MANY}\n`,
        'src/types.ts': 'export const wrong: number = "text";\n',
      },
      change: {
        'src/old.js': `// A new line.\n${MANY}\ndebugger;\n`,
        'src/types.ts': '// A new line.\nexport const wrong: number = "text";\nwrong.trim();\n',
      },
    });
    expect(proof.verdict).toBe('red');
    expect(proof.newFailures).toEqual([
      "src/old.js: no-debugger Unexpected 'debugger' statement. (line 32)",
      "src/types.ts: TS2339: Property 'trim' does not exist on type 'number'. (line 3)",
    ]);
    expect(
      proof.checks.map(({ kind, base, head }) => [kind, base?.counts?.failed, head?.counts?.failed]),
    ).toEqual([
      ['lint', 30, 31],
      ['typecheck', 1, 2],
    ]);
    expect(proof.checks[0]?.head?.end.output).toContain('src/old.js:32:1: error: no-debugger');
  },
);

const hasVenv = spawnSync('/usr/bin/python3', ['-c', 'import venv, ensurepip']).status === 0;

describeWith('python3 with venv', hasVenv, 'ruff and mypy', () => {
  test('old faults are known, and a second of the same is new', { timeout: TIMEOUT_MS }, async () => {
    const venv = join(await makeFolder(), 'venv');
    const install = `/usr/bin/python3 -m venv ${venv} && ${venv}/bin/pip install -q ruff==0.14.6 mypy==1.18.2`;
    const installed = spawnSync('/bin/bash', ['-c', install], { encoding: 'utf8' });
    expect(installed.status === 0 ? 'ok' : installed.stderr).toBe('ok');
    const { proof } = await tellProof({
      base: {
        'pyproject.toml': '[tool.ruff.lint]\nselect = ["F"]\n[tool.mypy]\nstrict = true\n',
        'calc.py': 'import os\n\n\ndef add(a: int) -> str:\n    return a\n',
      },
      change: {
        'calc.py':
          'import os\nimport sys\n\n\ndef add(a: int) -> str:\n    return a\n\n\ndef sub(a: int) -> str:\n    return a\n',
      },
      checks: { lint: `${venv}/bin/ruff check .`, typecheck: `${venv}/bin/mypy .` },
    });
    const returns = 'Incompatible return value type (got "int", expected "str")  [return-value]';
    expect(proof.newFailures).toEqual([
      'calc.py: [F401] `sys` imported but unused (line 2)',
      `calc.py: ${returns} (lines 6, 10: 1 more than before)`,
    ]);
    expect(proof.knownFailures).toEqual([]);
  });
});
