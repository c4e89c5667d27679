import { expect, test } from 'vitest';
import { type FileChange } from '../../../../src/runner/checks/proof/file-change.ts';
import {
  presentPaths,
  readSources,
  sourceFaults,
} from '../../../../src/runner/checks/sources/read-sources.ts';
import { faultInWords } from '../../../../src/runner/checks/sources/source-fault.ts';
import { type Files, makePlace, makeTree } from '../../../helpers/check-bed.ts';
import { describeWith, hasTool } from '../../../helpers/required-tool.ts';

/** What is said of new files with these texts, in a line each. */
async function faultsOf(files: Files): Promise<readonly string[]> {
  const place = await makePlace(await makeTree(files));
  const changes = Object.entries(files).map(([path, after]): FileChange => ({ path, before: null, after }));
  const sources = await readSources(presentPaths(changes), place);
  return (await sourceFaults(sources, changes, place)).map(faultInWords);
}

test.each([
  ['Python', 'a.py', 'x = 1\ndef f(:\n', /^a\.py:2: /],
  ['Python, with a null byte', 'a.py', 'x = 1\0', /^a\.py.*: .*null bytes/],
  ['a script of Node', 'a.cjs', 'const x = 1;\nconst y = ;\n', /^a\.cjs:2: /],
  ['a module of Node', 'a.mjs', "import fs from 'node:fs';\n\nexport const = 2;\n", /^a\.mjs:3: /],
  ['a module that is not called one', 'a.js', "import fs from 'node:fs';\nfs.(\n", /^a\.js:2: /],
  ['TypeScript', 'a.ts', 'const x: = 1;\n', /^a\.ts/],
  ['JSON', 'a.json', '{\n  "a": 1,\n}\n', /^a\.json:3: /],
  ['JSON that ends early', 'a.json', '{\n"a": [', /^a\.json:2: /],
  ['YAML', 'a.yml', 'a: 1\nb: [1, 2\nc: 3\n', /^a\.yml:\d: /],
  ['TOML', 'a.toml', 'a = 1\nb = \n', /^a\.toml: .*line 2/],
  ['a shell script', 'a.sh', 'if true; then\n  echo\n', /^a\.sh:\d: /],
  ['a name that looks like an option', '-a.py', 'def f(:\n', /^-a\.py:1: /],
])('%s that cannot be parsed is named with its place', async (_what, path, text, said) => {
  expect(await faultsOf({ [path]: text })).toEqual(expect.arrayContaining([expect.stringMatching(said)]));
});

test('what parses, and what nothing here can judge, is no fault', async () => {
  const files = {
    'a.py': 'print("ä")\n',
    'with-shebang.js': '#!/usr/bin/env node\nconst f = () => { return 1; };\nmodule.exports = f;\n',
    'sloppy.js': 'var a = 010;\nwith (Math) { a = abs(a); }\n',
    'module.js': "import fs from 'node:fs';\nexport default await fs.promises.stat('.');\n",
    'view.js': 'export const View = () => <p>hello</p>;\n',
    'view.tsx': 'export const View = () => <p>hello</p>;\n',
    'a.ts': "import type { A } from './b.ts';\nenum Kind { One }\nexport const a: A = Kind.One;\n",
    'tsconfig.json': '{\n  // strict\n  "compilerOptions": {},\n}\n',
    'chart.yaml': 'a: {{ .Values.a }}\n',
    'two.yaml': 'a: 1\n---\nb: !custom 2\n',
    'pyproject.toml': '[project]\nname = "a"\n',
    'run.sh': '#!/bin/bash\necho "$1"\n',
    'a.unknown': 'def f(:\n',
  };
  expect(await faultsOf(files)).toEqual([]);
});

test('the imports of a file are read, and which of them it does without', async () => {
  const text = `import os.path
from a.b import c, d
from . import e
try:
    import fast
except ImportError:
    fast = None
`;
  const place = await makePlace(await makeTree({ 'a.py': text }));
  const { python } = await readSources(['a.py'], place);
  expect(python.files[0]?.imports).toMatchObject([
    { module: 'os.path', level: 0, names: [], optional: false },
    { module: 'a.b', level: 0, names: ['c', 'd'], optional: false },
    { module: '', level: 1, names: ['e'], optional: false },
    { module: 'fast', optional: true },
  ]);
  expect(python.standard.has('os')).toBe(true);
});

test('a file that nests too deeply for the parser keeps no other from being read', async () => {
  const files = { 'deep.py': `${'('.repeat(5000)}1${')'.repeat(5000)}`, 'bad.py': 'def f(:\n' };
  expect((await faultsOf(files)).filter((said) => said.startsWith('bad.py'))).toHaveLength(1);
});

describeWith('gofmt', hasTool('gofmt', ['-h']) || hasTool('go', ['version']), 'where there is Go', () => {
  test('Go that cannot be parsed is named with its place', async () => {
    expect(await faultsOf({ 'a.go': 'package a\n\nfunc f( {\n' })).toContainEqual(
      expect.stringMatching(/^a\.go:3: /),
    );
  });
});

describeWith('rustfmt', hasTool('rustfmt'), 'where there is Rust', () => {
  test('Rust that cannot be parsed is named, and bad style is not', async () => {
    const files = { 'src/a.rs': 'fn f( {\n', 'src/b.rs': 'fn g(){ }\n', 'src/c.rs': 'mod nowhere;\n' };
    expect(await faultsOf(files)).toEqual([expect.stringMatching(/^src\/a\.rs:1: /)]);
  });
});

describeWith('javac', hasTool('javac', ['-version']), 'where there is Java', () => {
  test('Java that cannot be parsed is named, and an unknown type is not', async () => {
    const files = { 'A.java': 'class A { int f( { } }\n', 'B.java': 'class B { Unknown u; }\n' };
    const said = await faultsOf(files);
    expect(said[0]).toMatch(/^A\.java:1: /);
    expect(said.filter((each) => each.startsWith('B.java'))).toEqual([]);
  });
});

describeWith('ruby', hasTool('ruby'), 'where there is Ruby', () => {
  test('Ruby that cannot be parsed is named with its place', async () => {
    const said = await faultsOf({ 'a.rb': 'def f(\n', 'b.rb': 'puts 1\n' });
    expect(said[0]).toMatch(/^a\.rb:\d: /);
  });
});

describeWith('php', hasTool('php'), 'where there is PHP', () => {
  test('PHP that cannot be parsed is named with its place', async () => {
    const said = await faultsOf({ 'a.php': '<?php\nfunction (\n', 'b.php': '<?php echo 1;\n' });
    expect(said).toEqual([expect.stringMatching(/^a\.php:\d: /)]);
  });
});
