import { join } from 'node:path';
import { expect, test } from 'vitest';
import { repositoryPath, withImporters } from '../../../../src/runner/checks/reporters/report-path.ts';
import { makeTree } from '../../../helpers/check-bed.ts';

test.each([
  ['src/a.ts', 'src/a.ts'],
  ['./src/a.ts', 'src/a.ts'],
  ['TREE/src/a.ts', 'src/a.ts'],
  ['file://TREE/src/a.ts', 'src/a.ts'],
  ['/elsewhere/a.ts', '/elsewhere/a.ts'],
])('%s is the file %s of the tree', async (file, expected) => {
  const tree = await makeTree({});
  expect(repositoryPath(file.replace('TREE', tree), tree)).toBe(expected);
});

test.each([
  [
    "Cannot find module '../sub' from 'test/sub.test.js'",
    "Cannot find module '../sub' from 'TREE/test/sub.test.js'",
  ],
  [
    'Failed to resolve import "../sub" from "test/sub.test.js". Does',
    'Failed to resolve import "../sub" from "TREE/test/sub.test.js". Does',
  ],
  ["import { a } from '../a.js'", "import { a } from '../a.js'"],
  ["import { a } from 'some/package'", "import { a } from 'some/package'"],
])('of %s only the file that imports is named whole', async (message, expected) => {
  const tree = await makeTree({ 'test/sub.test.js': '', 'a.js': '' });
  expect(withImporters(message, tree)).toBe(expected.replace('TREE', join(tree)));
});
