import { expect, test } from 'vitest';
import { type Files, tellProof } from '../../../helpers/check-bed.ts';
import { describeWith, hasTool } from '../../../helpers/required-tool.ts';

const TIMEOUT_MS = 180_000;

function manifest(name: string, fields: object): string {
  return JSON.stringify({ name, version: '1.0.0', ...fields });
}

/** An app that shows a calculator's results; both are members, and the app has the tests. */
const MEMBERS: Files = {
  'packages/calc/package.json': manifest('@sample/calc', { main: 'calc.js' }),
  'packages/calc/calc.js': 'exports.add = (a, b) => a + b;\n',
  'packages/app/app.js':
    "const { add } = require('@sample/calc');\nexports.show = (a, b) => `= ${add(a, a)}`;\n",
};

function change(imports: string): Files {
  const file = (module: string, body: string): string =>
    `${imports}\nconst assert = require('node:assert');\nconst subject = require('${module}');\n${body}\n`;
  return {
    'packages/app/app.js': MEMBERS['packages/app/app.js']?.replace('a, a', 'a, b') ?? '',
    'packages/app/twice.js': 'exports.twice = (a) => 2 * a;\n',
    'packages/app/test/show.test.js': file(
      '../app.js',
      `it('shows', () => { assert.equal(subject.show(1, 2), '= 3'); });`,
    ),
    'packages/app/test/twice.test.js': file(
      '../twice.js',
      `it('doubles', () => { assert.equal(subject.twice(2), 4); });`,
    ),
  };
}

const PROVEN = [
  'packages/app/test/show.test.js shows: assertion',
  'packages/app/test/twice.test.js doubles: missing-subject',
];

describeWith('npm', hasTool('npm'), 'a change in a member is proven in the folder of the member', () => {
  test('npm workspace, node --test', { timeout: TIMEOUT_MS }, async () => {
    const { proof, commands } = await tellProof({
      base: {
        ...MEMBERS,
        'package.json': manifest('root', { workspaces: ['packages/*'] }),
        'packages/app/package.json': manifest('@sample/app', {
          dependencies: { '@sample/calc': '1.0.0' },
          scripts: { test: 'node --test' },
        }),
        'packages/app/test/old.test.js': `require('node:test').it('old', () => {});\n`,
      },
      change: change("const { it } = require('node:test');"),
    });
    expect(commands).toEqual([
      'base: npm install --no-audit --no-fund --no-package-lock',
      'base: cd packages/app && npm test',
      'proof: npm install --no-audit --no-fund --no-package-lock',
      'proof: cd packages/app && npm test',
      'base: cd packages/app && npm test -- test/show.test.js test/twice.test.js',
    ]);
    expect(proof.tests.map(({ file, name, base }) => `${file} ${name}: ${base}`).sort()).toEqual(PROVEN);
    expect(proof).toMatchObject({ verdict: 'green', checks: [{ head: { counts: { passed: 3 } } }] });
  });

  test('pnpm workspace, mocha', { timeout: TIMEOUT_MS }, async () => {
    const { proof, commands } = await tellProof({
      base: {
        ...MEMBERS,
        'package.json': manifest('root', { packageManager: 'pnpm@10.20.0' }),
        'pnpm-workspace.yaml': 'packages:\n  - packages/*\n',
        'packages/app/package.json': manifest('@sample/app', {
          dependencies: { '@sample/calc': 'workspace:*' },
          devDependencies: { mocha: '11.7.4' },
          scripts: { test: 'mocha "test/*.test.js"' },
        }),
        'packages/app/test/old.test.js': `it('old', () => {});\n`,
      },
      change: change(''),
    });
    expect(commands.filter((command) => command.includes('pnpm test'))).toEqual([
      'base: cd packages/app && pnpm test',
      'proof: cd packages/app && pnpm test',
      'base: cd packages/app && pnpm test test/show.test.js',
      'base: cd packages/app && pnpm test test/twice.test.js',
    ]);
    expect(proof.tests.map(({ file, name, base }) => `${file} ${name}: ${base}`).sort()).toEqual(PROVEN);
    expect(proof).toMatchObject({ verdict: 'green', checks: [{ head: { counts: { passed: 3 } } }] });
  });

  test('bun workspace, bun test', { timeout: TIMEOUT_MS }, async () => {
    const { proof, commands } = await tellProof({
      base: {
        ...MEMBERS,
        'package.json': manifest('root', { packageManager: 'bun@1.4.5', workspaces: ['packages/*'] }),
        'packages/app/package.json': manifest('@sample/app', {
          dependencies: { '@sample/calc': 'workspace:*' },
        }),
        'packages/app/test/old.test.js': `import { it } from 'bun:test';\nit.skip('old', () => {});\n`,
      },
      change: change("const { it } = require('bun:test');"),
    });
    expect(commands.at(-1)).toBe(
      'base: cd packages/app && bun test ./test/show.test.js ./test/twice.test.js',
    );
    expect(proof.tests.map(({ file, name, base }) => `${file} ${name}: ${base}`).sort()).toEqual(PROVEN);
    expect(proof).toMatchObject({
      verdict: 'green',
      checks: [{ head: { counts: { passed: 2, failed: 0, skipped: 1 } } }],
    });
  });
});
