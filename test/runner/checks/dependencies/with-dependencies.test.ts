import { expect, test } from 'vitest';
import { missingModules } from '../../../../src/runner/checks/dependencies/python-imports.ts';
import { packageOfModule } from '../../../../src/runner/checks/dependencies/python-packages.ts';
import { readSources } from '../../../../src/runner/checks/sources/read-sources.ts';
import { findBrought } from '../../../../src/runner/checks/validation/find-brought.ts';
import { type Files, makePlace, makeTree, NO_COMMANDS } from '../../../helpers/check-bed.ts';

/** Commands that install what the tree's sources import, or what is named. */
async function installs(files: Files, dependencies: readonly string[] = []): Promise<readonly string[]> {
  const tree = await makeTree(files);
  const paths = Object.keys(files).sort();
  const sources = await readSources(paths, await makePlace(tree));
  const handedIn = { tree, files: paths, changed: paths, sources };
  const { found } = await findBrought(handedIn, { checks: NO_COMMANDS, dependencies });
  const setup = found.packages.flatMap((each) => each.setup);
  return setup.filter(
    (command) => /(?:pip|npm) install/.test(command) && !command.endsWith('install pytest'),
  );
}

const NPM = 'npm install --prefix . --no-save --no-package-lock --no-audit --no-fund';
const TEST = { 'test_a.py': 'import a\n\ndef test_a():\n    assert a\n' };
const NODE_TEST = "import { test } from 'node:test';\n";

test('imported packages are installed under their own names, without what Python or the tree brings', async () => {
  const source = `import json, os.path
import yaml
import cv2
from PIL import Image
from bs4 import BeautifulSoup
from tools.text import clean
import helper
`;
  const files = { ...TEST, 'a.py': source, 'tools/__init__.py': '', 'tools/text.py': '', 'helper.py': '' };
  expect(await installs(files)).toEqual(['pip install Pillow PyYAML beautifulsoup4 opencv-python']);
});

test('what a manifest names is not installed again, and what a file does without is not installed', async () => {
  const files = {
    ...TEST,
    'requirements.txt': 'pyyaml>=6\nrequests\n',
    'a.py':
      'import yaml, requests\ntry:\n    import ujson\nexcept ImportError:\n    ujson = None\nimport rich\n',
  };
  expect(await installs(files)).toEqual(['pip install -r requirements.txt', 'pip install rich']);
});

test('named packages are installed in the versions named; one that nothing imports may fail', async () => {
  const files = { ...TEST, 'a.py': 'import requests\n' };
  const named = ['requests >= 2.31', 'pytest-asyncio', 'python>=3.10', 'json', 'requests[socks]==2'];
  expect(await installs(files, named.slice(0, 4))).toEqual([
    "pip install 'requests>=2.31'",
    'pip install pytest-asyncio || true',
  ]);
});

test('no text that is not a package name reaches a command', async () => {
  const files = { ...TEST, 'a.py': 'import os\n' };
  const named = [
    '; touch x',
    '$(touch x)',
    '--index-url=https://evil.test',
    '-r /etc/passwd',
    'git+https://evil.test/x',
    './local',
    'a b',
    "x'; touch y; '",
    '',
  ];
  expect(await installs(files, named)).toEqual(['pip install ab || true']);
  const script = { 'a.test.mjs': NODE_TEST };
  const specs = [
    '; touch x',
    'npm:evil',
    'file:../x',
    'github:a/b',
    '--registry=x',
    '../x',
    'http://evil.test/x',
  ];
  expect(await installs(script, specs)).toEqual([]);
});

test('packages that JavaScript imports are installed beside those of its manifest', async () => {
  const source = `import fs from 'node:fs';
import path from 'path';
import express from 'express';
import { z } from 'zod/v4';
import map from '@scope/map/deep.js';
import own from './own.js';
`;
  const files = {
    'package.json': '{"type":"module","scripts":{"test":"node --test"},"dependencies":{"express":"^5"}}',
    'a.js': source,
    'own.js': 'export default 1;\n',
  };
  expect((await installs(files)).at(-1)).toBe(`${NPM} @scope/map zod`);
});

test('a folder without a manifest has its imports installed too, in the versions named', async () => {
  const files = { 'a.cjs': "const ms = require('ms');\nrequire('fs');\n", 'a.test.mjs': NODE_TEST };
  expect(await installs(files, ['ms@^2', 'left-pad', 'node'])).toEqual([
    `${NPM} 'ms@^2'`,
    `${NPM} left-pad || true`,
  ]);
});

test('where Python and JavaScript meet, a named package goes where it is imported', async () => {
  const files = { ...TEST, 'a.py': 'import requests\n', 'a.mjs': "import 'ms';\n", 'a.test.mjs': NODE_TEST };
  const commands = await installs(files, ['ms', 'requests']);
  expect(commands).toEqual(['pip install requests', 'pip install ms || true', `${NPM} ms`]);
});

test.each([
  ['sklearn.linear_model', 'scikit-learn'],
  ['google.cloud.storage', 'google-cloud-storage'],
  ['requests', 'requests'],
  ['constructor', 'constructor'],
  ['módulo', null],
  ['_private', null],
])('the module %s is of the package %s', (module, name) => {
  expect(packageOfModule(module)).toBe(name);
});

test('imports of modules of the tree that are not there are named, others are not', async () => {
  const files = {
    'shop/__init__.py': 'from . import cart\nfrom .total import total\n',
    'shop/cart.py': 'import shop.total\nfrom shop import anything\nfrom shop.prices import PRICES\n',
    'shop/total.py': 'from ..outside import x\nfrom shop._version import version\n',
    'src/lib/a.py': 'import lib.b\nimport lib.c\nimport requests.adapters\n',
    'src/lib/b.py': 'try:\n    import lib.fast\nexcept ImportError:\n    pass\n',
  };
  const paths = Object.keys(files);
  const { python } = await readSources(paths, await makePlace(await makeTree(files)));
  const said = missingModules(python, paths).map(({ path, line, message }) => `${path}:${line} ${message}`);
  expect(said).toEqual([
    expect.stringMatching(/^shop\/cart\.py:3 imports "shop\.prices"/),
    expect.stringMatching(/^shop\/total\.py:1 imports "\.\.outside"/),
    expect.stringMatching(/^src\/lib\/a\.py:2 imports "lib\.c"/),
  ]);
});
