import { describe, expect, test } from 'vitest';
import { type CheckPackage } from '../../../../src/runner/checks/check.ts';
import { findChecks } from '../../../../src/runner/checks/find-checks.ts';
import { type Files, makeTree, NO_COMMANDS } from '../../../helpers/check-bed.ts';

async function find(files: Files): Promise<readonly CheckPackage[]> {
  return (await findChecks(await makeTree(files), NO_COMMANDS)).packages;
}

const TESTS =
  '<Project Sdk="Microsoft.NET.Sdk"><ItemGroup><PackageReference Include="Microsoft.NET.Test.Sdk" Version="18.0.0" /></ItemGroup></Project>';
const LIBRARY = '<Project Sdk="Microsoft.NET.Sdk"></Project>';
const DOTNET = 'NUGET_PACKAGES="$PWD/.ptc-tools/nuget" dotnet';

describe('dotnet', () => {
  test('a solution with a test project is restored into its own tree and tested as a whole', async () => {
    const packages = await find({
      'Shop.sln': '',
      'src/Shop/Shop.csproj': LIBRARY,
      'test/Shop.Tests/Shop.Tests.csproj': TESTS,
    });
    expect(packages).toHaveLength(1);
    expect(packages[0]?.setup.at(-1)).toBe(`${DOTNET} restore`);
    expect(packages[0]?.checks).toEqual([
      { name: 'test', kind: 'test', folder: '', command: `${DOTNET} test --no-restore`, tool: 'dotnet-test' },
    ]);
  });

  test('of several solutions one is named', async () => {
    const [found] = await find({ 'A B.sln': '', 'C.slnx': '', 'a/a.csproj': TESTS });
    expect(found?.checks[0]?.command).toBe(`${DOTNET} test --no-restore 'A B.sln'`);
  });

  test('without a solution every test project is a package', async () => {
    const packages = await find({ 'src/Shop.csproj': LIBRARY, 'tests/Shop.Tests.fsproj': TESTS });
    expect(packages.map(({ folder, checks }) => [folder, checks[0]?.command])).toEqual([
      ['tests', `cd tests && ${DOTNET} test --no-restore`],
    ]);
  });

  test('what has no tests is not restored', async () => {
    expect(await find({ 'Shop.sln': '', 'src/Shop.csproj': LIBRARY })).toEqual([]);
  });
});
