import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type Proof } from '../../../../src/protocol/proof.ts';
import { validate } from '../../../../src/runner/checks/validation/validate.ts';
import { type Files, isThere, makePlace, makeTree, NO_COMMANDS } from '../../../helpers/check-bed.ts';

async function validated(files: Files): Promise<Proof> {
  const tree = await makeTree(files);
  return validate({
    place: await makePlace(tree),
    files: Object.keys(files),
    changes: Object.entries(files).map(([path, after]) => ({ path, before: null, after })),
    wishes: { checks: NO_COMMANDS, dependencies: [] },
    onFound: () => {},
    onStage: () => {},
    setUp: async () => [],
  });
}

/** Code of a test that puts a link to another folder in the place of its own. */
const swapping = (folder: string, other: string): string =>
  [
    "import test from 'node:test';",
    "import { renameSync, symlinkSync } from 'node:fs';",
    `test('swaps', () => { renameSync('../${folder}', '../away'); symlinkSync(${JSON.stringify(other)}, '../${folder}'); });`,
    '',
  ].join('\n');
const manifest = (scripts: Readonly<Record<string, string>>): string =>
  JSON.stringify({ name: 'a', scripts });

test('what a build made is removed over no link that a test put in the place of its folder', async () => {
  const outside = await makeTree({ 'made/precious.txt': 'x' });
  const change = {
    'sub/package.json': manifest({ build: 'mkdir made && echo > made/x.js', test: 'node --test' }),
    'sub/b.test.mjs': swapping('sub', outside),
  };

  await expect(validated(change)).rejects.toMatchObject({ code: 'unsafe-path' });
  expect(isThere(outside, 'made/precious.txt')).toBe(true);
});

test('a build that puts a link in the place of its folder makes nothing that is removed', async () => {
  const outside = await makeTree({
    'package.json': manifest({ test: 'node --test' }),
    'a.test.mjs': "import test from 'node:test';\ntest('a', () => {});\n",
    'precious.txt': 'x',
  });
  const link = `mv "$PWD" "$PWD.away" && ln -s ${outside} "$PWD"`;
  const change = {
    'sub/package.json': manifest({ build: link, test: 'node --test' }),
    'sub/b.test.mjs': "import test from 'node:test';\ntest('b', () => {});\n",
  };

  await validated(change).catch(() => {});
  expect(isThere(outside, 'precious.txt')).toBe(true);
  expect(isThere(join(outside), 'a.test.mjs')).toBe(true);
});
