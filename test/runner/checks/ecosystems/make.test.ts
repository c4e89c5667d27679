import { describe, expect, test } from 'vitest';
import { type CheckPackage } from '../../../../src/runner/checks/check.ts';
import { findChecks } from '../../../../src/runner/checks/find-checks.ts';
import { type Files, makeTree, NO_COMMANDS } from '../../../helpers/check-bed.ts';

async function find(files: Files): Promise<readonly CheckPackage[]> {
  return (await findChecks(await makeTree(files), NO_COMMANDS)).packages;
}

const MAKEFILE = `CC := gcc
all: build

deps lint::
\tapt list

test: all
\t@cd t && ./run
.PHONY: test
`;

describe('make', () => {
  test('targets for tests and lint are checks, and one for dependencies sets up', async () => {
    const [found] = await find({ Makefile: MAKEFILE });
    expect(found).toMatchObject({
      setup: ['make deps'],
      checks: [
        { kind: 'test', command: 'make test', tool: 'unknown' },
        { kind: 'lint', command: 'make lint', tool: 'unknown' },
      ],
    });
  });

  test('the tool that a target runs in the end is known', async () => {
    const [found] = await find({
      GNUmakefile: 'check:\n\t-@python -m pytest -q \\\n\t  tests\n\techo done\n',
    });
    expect(found).toMatchObject({ setup: [], checks: [{ command: 'make check', tool: 'pytest' }] });
  });

  test.each([
    ['no target for tests', { Makefile: 'all:\n\tcc a.c\nTEST := test\n' }],
    ['a variable of that name', { Makefile: 'test := 1\ntest ::= 2\ntest ?= 3\n' }],
  ])('a Makefile with %s is no check', async (_, files) => {
    expect(await find(files)).toEqual([]);
  });

  test.each([
    ['in the same folder', { 'package.json': '{"scripts": {"test": "vitest run"}}' }],
    ['in a folder below', { 'web/package.json': '{"scripts": {"test": "vitest run"}}' }],
  ])('where another tool finds tests %s, make is left alone', async (_, files) => {
    const packages = await find({ Makefile: MAKEFILE, ...files });
    expect(packages.flatMap(({ checks }) => checks.map(({ tool }) => tool))).toEqual(['vitest']);
  });

  test('a manifest without tests leaves them to make', async () => {
    const packages = await find({ Makefile: MAKEFILE, 'package.json': '{}' });
    expect(packages.flatMap(({ checks }) => checks.map(({ command }) => command))).toEqual([
      'make test',
      'make lint',
    ]);
  });

  test('Makefiles below are left to the one above', async () => {
    const packages = await find({ Makefile: MAKEFILE, 'lib/Makefile': MAKEFILE });
    expect(packages.map(({ folder }) => folder)).toEqual(['']);
    const alone = await find({ 'c/lib/Makefile': MAKEFILE, Makefile: 'all:\n' });
    expect(alone.map(({ folder }) => folder)).toEqual(['c/lib']);
  });
});
