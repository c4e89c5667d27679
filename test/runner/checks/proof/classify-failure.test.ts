import { describe, expect, test } from 'vitest';
import { classifyFailure, type Failure } from '../../../../src/runner/checks/proof/classify-failure.ts';
import { type FileChange } from '../../../../src/runner/checks/proof/file-change.ts';

const TREE = '/tree/base';

const CHANGES: readonly FileChange[] = [
  { path: 'src/created.ts', before: null, after: 'export const made = 1;' },
  { path: 'src/parts/index.ts', before: null, after: 'export default 1;' },
  {
    path: 'src/calc.ts',
    before: 'export function add() {}\nconst hidden = 1;\nclass Sum {\n}\n',
    after:
      'export function add() {}\nexport function sub() {}\nexport { hidden };\nclass Sum {\n  total() {}\n}\n',
  },
  { path: 'old.cjs', before: 'module.exports = {};', after: 'exports.mul = () => 1;' },
  { path: 'src/pkg/fresh.py', before: null, after: 'def made(): pass\n' },
  { path: 'src/pkg/sub/__init__.py', before: null, after: '' },
  {
    path: 'src/pkg/calc.py',
    before: 'def add(): pass\n',
    after: 'def add(): pass\ndef sub(): pass\nLIMIT: int = 3\n',
  },
  { path: 'test/helper.ts', before: null, after: 'export const help = 1;' },
  { path: 'package.json', before: '{}', after: '{"dependencies": {"left-pad": "1"}}' },
];

function classify(message: string, extra: Partial<Failure> = {}): string {
  return classifyFailure({ file: 'test/a.test.ts', status: 'error', message, tree: TREE, ...extra }, CHANGES);
}

describe('a module that the change creates is the missing subject', () => {
  test.each([
    [
      'Node, required',
      "Error: Cannot find module '../src/created'\nRequire stack:\n- /tree/base/test/a.test.js",
    ],
    [
      'Node, imported',
      "Cannot find module '/tree/base/src/created.ts' imported from /tree/base/test/a.test.ts",
    ],
    [
      'Node, by URL',
      "Cannot find module '/tree/base/src/parts/index.js' imported from file:///tree/base/test/a.ts",
    ],
    ['Vitest', "Error: Cannot find module '../src/created' imported from /tree/base/test/a.test.ts"],
    ['Vite from its root', "Cannot find module '/src/created.ts' imported from /tree/base/test/a.test.ts"],
    [
      'Vite, resolving',
      'Failed to resolve import "../src/parts" from "test/a.test.ts". Does the file exist?',
    ],
    [
      'Vite, loading',
      'Failed to load url ../src/created.js (resolved id: x) in /tree/base/test/a.test.ts. Does the file exist?',
    ],
    ['Jest', "● Test suite failed to run\n\n    Cannot find module '../src/created' from 'test/a.test.ts'"],
    ['an alias', "Cannot find module '@/created' from 'test/a.test.ts'"],
    [
      'TypeScript',
      "error TS2307: Cannot find module '../src/created' or its corresponding type declarations.",
    ],
    ['a file between', "Cannot find module './created.js' imported from /tree/base/src/other.ts"],
    ['Python', "E   ModuleNotFoundError: No module named 'pkg.fresh'"],
    ['a Python package', "ModuleNotFoundError: No module named 'pkg.sub'"],
  ])('%s', (_, message) => {
    expect(classify(message)).toBe('missing-subject');
  });
});

describe('a name that the change defines is the missing subject', () => {
  test.each([
    ['an export, Node', "The requested module '../src/calc.ts' does not provide an export named 'sub'"],
    [
      'an export made of what was there',
      "The requested module './calc' does not provide an export named 'hidden'",
    ],
    [
      'the default export',
      "The requested module '../src/parts/index.ts' does not provide an export named 'default'",
    ],
    ['TypeScript', `error TS2305: Module '"../src/calc"' has no exported member 'sub'.`],
    ['a method, TypeScript', "error TS2339: Property 'total' does not exist on type 'Sum'."],
    ['CommonJS', 'TypeError: (0 , _old.mul) is not a function'],
    ['Vite', 'TypeError: __vi_import_0__.sub is not a function'],
    ['Python', "ImportError: cannot import name 'sub' from 'pkg.calc' (/tree/base/src/pkg/calc.py)"],
    ['a Python constant', "ImportError: cannot import name 'LIMIT' from 'pkg.calc'"],
    ['a Python attribute', "AttributeError: module 'pkg.calc' has no attribute 'sub'"],
  ])('%s', (_, message) => {
    expect(classify(message)).toBe('missing-subject');
  });
});

describe('a file that does not load for any other reason proves nothing', () => {
  test.each([
    ['a new dependency', "Cannot find package 'left-pad' imported from /tree/base/test/a.test.ts"],
    ['a new Python dependency', "ModuleNotFoundError: No module named 'numpy'"],
    ['a helper of the tests', "Cannot find module './helper' imported from /tree/base/test/a.test.ts"],
    ['a module nobody has', "Cannot find module '../src/nothing' from 'test/a.test.ts'"],
    ['the same name elsewhere', "Cannot find module '../lib/created' from 'test/a.test.ts'"],
    [
      'an export that was there',
      "The requested module '../src/calc.ts' does not provide an export named 'add'",
    ],
    ['a name nobody defines', 'TypeError: x.nothing is not a function'],
    ['a syntax error', 'SyntaxError: Unexpected token }'],
    ['a fixture that is not there', "E       fixture 'db' not found"],
    ['silence', ''],
  ])('%s', (_, message) => {
    expect(classify(message)).toBe('load-error');
  });
});

describe('a test that ran and failed', () => {
  test.each([
    ['an assertion', 'AssertionError: expected 2 to be 3'],
    ['any other error', 'TypeError: sub is not a function'],
    ['an assertion about such a message', "AssertionError: expected \"Cannot find module 'x'\" to be ''"],
  ])('%s counts as assertion', (_, message) => {
    expect(classify(message, { status: 'failed' })).toBe('assertion');
  });

  test('an import inside of the test is judged as an import', () => {
    const status = 'failed';
    expect(
      classify("Cannot find module '../src/created' imported from /tree/base/test/a.test.ts", { status }),
    ).toBe('missing-subject');
    expect(classify("Error: Cannot find module 'left-pad'", { status })).toBe('load-error');
  });

  test('a file whose own top level asserts counts as assertion', () => {
    expect(classify('AssertionError [ERR_ASSERTION]: 1 == 2')).toBe('assertion');
  });
});
