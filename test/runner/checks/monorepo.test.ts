import { describe, expect, test } from 'vitest';
import { type FoundChecks } from '../../../src/runner/checks/check.ts';
import { findChecks } from '../../../src/runner/checks/find-checks.ts';
import { openBaseChecks } from '../../../src/runner/checks/proof/base-checks.ts';
import { firstPackages, packagesFor } from '../../../src/runner/checks/packages-for.ts';
import { type Files, makePlace, makeTree, NO_COMMANDS, tellProof } from '../../helpers/check-bed.ts';

const NODE_TEST = { type: 'module', scripts: { test: 'node --test' } };

function manifest(fields: object): string {
  return JSON.stringify({ name: 'sample', ...fields });
}

async function find(files: Files, commands = {}): Promise<FoundChecks> {
  return await findChecks(await makeTree(files), { ...NO_COMMANDS, ...commands });
}

function folders({ packages }: Pick<FoundChecks, 'packages'>): readonly string[] {
  return packages.map((each) => each.folder);
}

describe('packages below the root', () => {
  test('each folder with a manifest and tests is a package, its commands typed in the root', async () => {
    const found = await find({
      'package.json': manifest({ scripts: { lint: 'eslint .' } }),
      'services/web shop/package.json': manifest({ ...NODE_TEST, dependencies: { a: '1' } }),
      'services/api/pyproject.toml': '[tool.pytest.ini_options]\n',
    });
    expect(folders(found)).toEqual(['', 'services/api', 'services/web shop']);
    const [root, api, shop] = found.packages;
    expect(root?.checks.map((check) => check.command)).toEqual(['npm run lint']);
    expect(api?.setup[1]).toBe('cd services/api && python3 -m venv .ptc-tools/venv');
    expect(api?.checks).toEqual([
      {
        name: 'services/api: pytest',
        kind: 'test',
        folder: 'services/api',
        command: 'cd services/api && python -m pytest',
        tool: 'pytest',
      },
    ]);
    expect(shop?.setup).toEqual([
      "cd 'services/web shop' && npm install --no-audit --no-fund --no-package-lock",
    ]);
    expect(shop?.checks).toMatchObject([
      { command: "cd 'services/web shop' && npm test", tool: 'node-test' },
    ]);
  });

  test.each(['node_modules', 'vendor', 'target', 'build', 'dist', 'venv', '.cache', 'test/fixtures'])(
    'none is looked for in %s',
    async (folder) => {
      const nested = { [`a/${folder}/b/package.json`]: manifest(NODE_TEST) };
      expect(folders(await find({ 'package.json': manifest(NODE_TEST), ...nested }))).toEqual(['']);
    },
  );

  test('a manifest without any check makes no package', async () => {
    expect(folders(await find({ 'a/package.json': '{"type": "module"}' }))).toEqual([]);
  });

  test('they are bounded in depth and number', async () => {
    const many = Array.from({ length: 210 }, (_, index) => [`p${index}/package.json`, manifest(NODE_TEST)]);
    const deep = {
      'a/b/c/d/package.json': manifest(NODE_TEST),
      'a/b/c/d/e/package.json': manifest(NODE_TEST),
    };
    expect(folders(await find(deep))).toEqual(['a/b/c/d']);
    expect((await find(Object.fromEntries(many))).packages).toHaveLength(200);
  });

  test('with a listing of the files the tree is not walked', async () => {
    const tree = await makeTree({
      'a/package.json': manifest(NODE_TEST),
      'b/package.json': manifest(NODE_TEST),
      'c/node_modules/d/package.json': manifest(NODE_TEST),
    });
    const listed = ['a/package.json', 'c/node_modules/d/package.json', 'gone/package.json'];
    expect(folders(await findChecks(tree, NO_COMMANDS, listed))).toEqual(['a']);
  });

  test("the owner's commands stand for the whole repository", async () => {
    const files = {
      'a/package.json': manifest({ scripts: { test: 'vitest', lint: 'eslint .' }, dependencies: { b: '1' } }),
    };
    const found = await find(files, { setup: ['make deps'], test: 'make test' });
    expect(found.packages).toMatchObject([
      { folder: '', setup: ['make deps'], checks: [{ command: 'make test' }] },
      { folder: 'a', setup: [], checks: [{ command: 'cd a && npm run lint' }] },
    ]);
  });
});

describe('workspaces', () => {
  const member = manifest({ scripts: { test: 'node --test', lint: 'eslint .' }, dependencies: { a: '1' } });

  test.each([
    ['npm', { 'package.json': manifest({ workspaces: ['./packages/*', '!packages/out'] }) }],
    ['yarn', { 'package.json': manifest({ workspaces: { packages: ['packages/*/', '!packages/out'] } }) }],
    [
      'pnpm',
      {
        'package.json': manifest({}),
        'pnpm-workspace.yaml': 'packages:\n  - packages/*\n  - "!packages/out"\n',
      },
    ],
  ])('a member of a workspace of %s is installed by its root', async (_, root) => {
    const found = await find({
      ...root,
      'packages/in/package.json': member,
      'packages/out/package.json': member,
    });
    const [, inside, outside] = found.packages;
    expect(inside).toMatchObject({ folder: 'packages/in', installedBy: '', setup: [] });
    expect(inside?.checks.map((check) => check.kind)).toEqual(['test', 'lint']);
    expect(outside).toMatchObject({ folder: 'packages/out', installedBy: null });
    expect(outside?.setup).not.toEqual([]);
  });

  test.each([
    ['vitest run', ['lint']],
    ['npm test --workspaces', ['test', 'lint']],
    ['turbo run test', ['test', 'lint']],
  ])('beside a root tested by `%s`, a member has the checks %j of its own', async (command, kinds) => {
    const found = await find({
      'package.json': manifest({ workspaces: ['*'], scripts: { test: command } }),
      'a/package.json': member,
    });
    expect(found.packages[1]?.checks.map((check) => check.kind)).toEqual(kinds);
  });

  test.each([
    ['pnpm', { 'pnpm-lock.yaml': '', 'pnpm-workspace.yaml': 'packages: [a]' }, 'cd a && pnpm test'],
    ['yarn', { 'yarn.lock': '' }, 'cd a && yarn run test'],
    ['bun', { 'bun.lock': '' }, 'cd a && bun run test'],
  ])('a member is run by the manager of its root: %s', async (_, files, command) => {
    const root = { ...files, 'package.json': manifest({ workspaces: ['a'] }) };
    const found = await find({ ...root, 'a/package.json': member });
    expect(found.packages[1]?.checks[0]).toMatchObject({ kind: 'test', command });
  });

  test.each(['{1..99999999}', '*a*a*a*a*a*a*a*a*a*a*a*a*a*a*b', '{a,b}'.repeat(20)])(
    'a pattern as endless as %j matches nothing',
    async (pattern) => {
      const root = { 'package.json': manifest({ workspaces: [pattern] }) };
      const name = 'a'.repeat(40);
      const found = await find({ ...root, [`${name}/package.json`]: member });
      expect(found.packages.map((each) => each.installedBy)).toContain(null);
    },
  );

  test('a member of a workspace of uv is installed by its root', async () => {
    const found = await find({
      'pyproject.toml': '[tool.uv.workspace]\nmembers = ["packages/*"]\nexclude = [\n  "packages/out",\n]\n',
      'uv.lock': '',
      'packages/in/pyproject.toml': '[tool.pytest.ini_options]\n',
      'packages/out/pyproject.toml': '[tool.pytest.ini_options]\n',
    });
    expect(found.packages[0]?.setup).toContainEqual(expect.stringContaining(' --all-packages'));
    expect(found.packages.map((each) => each.installedBy)).toEqual([null, '', null]);
  });

  test('the root of a workspace below the root is there for its members, checks or not', async () => {
    const found = await find({
      'web/package.json': manifest({ workspaces: ['packages/*'] }),
      'web/packages/a/package.json': member,
    });
    expect(folders(found)).toEqual(['web', 'web/packages/a']);
    expect(folders({ packages: packagesFor(found, ['web/packages/a/x.js']) })).toEqual([
      'web',
      'web/packages/a',
    ]);
  });
});

describe('the packages that matter', () => {
  const pkg = (folder: string) => ({ folder, installedBy: null, setup: [], registries: [], checks: [] });
  const found = { packages: ['', 'a', 'a-b', 'a/b'].map(pkg) };

  test.each([
    [[], ['']],
    [['README.md'], ['']],
    [['a/x.js'], ['', 'a']],
    [['a/b/c/x.js'], ['', 'a/b']],
    [
      ['a-b/x.js', 'a/b.js'],
      ['', 'a', 'a-b'],
    ],
    [['abc/x.js'], ['']],
  ])('for a change of %j they are %j', (paths, expected) => {
    expect(folders({ packages: packagesFor(found, paths) })).toEqual(expected);
  });

  test('before the change is known they are the root, or the only one there is', () => {
    expect(folders({ packages: firstPackages(found) })).toEqual(['']);
    expect(folders({ packages: firstPackages({ packages: [pkg('a')] }) })).toEqual(['a']);
    expect(firstPackages({ packages: [pkg('a'), pkg('b')] })).toEqual([]);
  });
});

test('a package below the root is set up and checked on the base when a change first needs it, once', async () => {
  const tree = await makeTree({});
  const place = await makePlace(tree);
  const packageIn = (folder: string) => ({
    folder,
    installedBy: null,
    setup: [`echo set up ${folder}`],
    registries: [],
    checks: [
      { name: folder, kind: 'test', folder, command: `echo check ${folder}`, tool: 'unknown' },
    ] as const,
  });
  const [root, a] = [packageIn(''), packageIn('a')];
  const base = openBaseChecks(place);
  const [first, both, again] = await Promise.all([base.run([root]), base.run([root, a]), base.run([a])]);
  expect(first.runs).toHaveLength(1);
  expect(both.runs.map(({ check }) => check.folder)).toEqual(['', 'a']);
  expect(again.runs[0]).toBe(both.runs[1]);
  expect(place.done.map(({ command }) => command).sort()).toEqual([
    'echo check ',
    'echo check a',
    'echo set up ',
    'echo set up a',
  ]);
});

test('a change in a nested package is proven by its tests, run in its folder', async () => {
  const { proof, commands } = await tellProof({
    base: {
      'package.json': manifest({ type: 'module', scripts: { test: 'node --test test/root.test.js' } }),
      'test/root.test.js': `import { test } from 'node:test'; test('root', () => {});\n`,
      'pkgs/calc/package.json': manifest(NODE_TEST),
      'pkgs/calc/calc.js': 'export const add = (a, b) => a - b;\n',
      'pkgs/calc/old.test.js': `import { test } from 'node:test'; test('old', () => {});\n`,
      'pkgs/other/package.json': manifest(NODE_TEST),
    },
    change: {
      'pkgs/calc/calc.js': 'export const add = (a, b) => a + b;\n',
      'pkgs/calc/sub.js': 'export const sub = (a, b) => a - b;\n',
      'pkgs/calc/add.test.js': `import { test } from 'node:test'; import assert from 'node:assert';
import { add } from './calc.js'; test('adds', () => assert.equal(add(1, 1), 2));\n`,
      'pkgs/calc/sub.test.js': `import { test } from 'node:test'; import assert from 'node:assert';
import { sub } from './sub.js'; test('subtracts', () => assert.equal(sub(1, 1), 0));\n`,
    },
  });
  expect(commands).toEqual([
    'base: npm test',
    'base: cd pkgs/calc && npm test',
    'proof: npm test',
    'proof: cd pkgs/calc && npm test',
    'base: cd pkgs/calc && npm test -- add.test.js sub.test.js',
  ]);
  expect(proof.tests.map(({ file, name, base }) => `${file} ${name}: ${base}`).sort()).toEqual([
    'pkgs/calc/add.test.js adds: assertion',
    'pkgs/calc/sub.test.js subtracts: missing-subject',
  ]);
  expect(proof).toMatchObject({
    verdict: 'green',
    checks: [{ name: 'test' }, { name: 'pkgs/calc: test', head: { counts: { passed: 3 } } }],
  });
});
