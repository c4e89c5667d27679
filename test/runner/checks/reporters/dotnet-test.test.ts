import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type TestCase } from '../../../../src/runner/checks/check.ts';
import { dotnetTest, parseTrx } from '../../../../src/runner/checks/reporters/dotnet-test.ts';
import { type Files, makeTree } from '../../../helpers/check-bed.ts';

/** Made by hand after the published schema of trx files: there was no .NET to record one with. */
function trx(results: string, definitions: string): string {
  return `<?xml version="1.0" encoding="utf-8"?>
<TestRun id="1" name="me@host" xmlns="http://microsoft.com/schemas/VisualStudio/TeamTest/2010">
  <Times creation="2026-01-01" />
  <Results>${results}</Results>
  <TestDefinitions>${definitions}</TestDefinitions>
  <ResultSummary outcome="Failed"><Counters total="3" executed="2" passed="1" failed="1" /></ResultSummary>
</TestRun>`;
}

const RESULTS = trx(
  `<UnitTestResult testId="a" testName="Shop.CartTests.Adds(a: 1, b: &quot;x&quot;)" outcome="Passed" duration="00:00:01" />
   <UnitTestResult testId="b" testName="Fails" outcome="Failed">
     <Output><ErrorInfo><Message>Assert.Equal() Failure: 1 &lt; 2</Message><StackTrace>   at Shop.CartTests.Fails() in /t/CartTests.cs:line 9</StackTrace></ErrorInfo></Output>
   </UnitTestResult>
   <UnitTestResult testId="c" testName="Shop.OtherTests+Inner.Later" outcome="NotExecuted" />`,
  `<UnitTest name="Adds" id="a"><TestMethod className="Shop.CartTests" name="Adds" /></UnitTest>
   <UnitTest name="Fails" id="b"><TestMethod className="Shop.CartTests, Shop, Version=1.0" name="Fails" /></UnitTest>
   <UnitTest name="Later" id="c"><TestMethod className="Shop.OtherTests+Inner" name="Later" /></UnitTest>`,
);

async function read(reports: Files, tree: Files): Promise<readonly TestCase[] | null> {
  const end = { exitCode: 1, limit: null, durationMs: 1, output: '', outputBytes: 0 };
  return await dotnetTest.read(await makeTree(reports), await makeTree(tree), end);
}

test('tests of a hand-made report have their class, outcome, failure and the file of the class', async () => {
  const cases = await read(
    { 'me_2026.trx': RESULTS },
    {
      'Shop.Tests/CartTests.cs': 'namespace Shop;\npublic class CartTests { }\n',
      'Shop.Tests/Several.cs': 'public sealed class OtherTests { public class Inner { } }\n',
    },
  );
  expect(cases).toEqual([
    {
      file: 'Shop.Tests/CartTests.cs',
      name: 'Shop.CartTests.Adds(a: 1, b: "x")',
      status: 'passed',
      message: '',
    },
    {
      file: 'Shop.Tests/CartTests.cs',
      name: 'Shop.CartTests.Fails',
      status: 'failed',
      message: 'Assert.Equal() Failure: 1 < 2\nat Shop.CartTests.Fails() in /t/CartTests.cs:line 9',
    },
    { file: 'Shop.Tests/Several.cs', name: 'Shop.OtherTests+Inner.Later', status: 'skipped', message: '' },
  ]);
});

test('the reports of several projects are one, and a class that is nowhere has no file', async () => {
  const cases = await read({ 'a.trx': RESULTS, 'b.trx': trx('', ''), 'log.txt': '' }, {});
  expect(cases?.map(({ file }) => file)).toEqual(['', '', '']);
});

test('where the compiler refuses, no report is written and its errors stand for the files', async () => {
  const tree = await makeTree({ 'Shop.Tests/CartTests.cs': '' });
  const file = join(tree, 'Shop.Tests/CartTests.cs');
  const error = `${file}(5,30): error CS0117: 'Cart' does not contain a definition for 'Sub' [${tree}/Shop.Tests/Shop.Tests.csproj]`;
  const end = { exitCode: 1, limit: null, durationMs: 1, output: `${error}\n${error}\n`, outputBytes: 0 };
  expect(await dotnetTest.read(await makeTree({}), tree, end)).toEqual([
    {
      file: 'Shop.Tests/CartTests.cs',
      name: 'Shop.Tests/CartTests.cs',
      status: 'error',
      message: `Shop.Tests/CartTests.cs(5): error CS0117: 'Cart' does not contain a definition for 'Sub' [${tree}/Shop.Tests/Shop.Tests.csproj]`,
    },
  ]);
});

test('a run that says nothing has no report', async () => {
  expect(await read({}, {})).toBeNull();
});

test.each(['', 'text', '<a/>', '<TestRun><Results></TestRun>'])('%j is no report', (text) => {
  expect(() => parseTrx(text)).toThrow();
});

test('single files are run by the names of their classes', () => {
  expect(dotnetTest.only(['a/CartTests.cs', 'odd name.cs', 'B.cs'], '/t')).toEqual([
    '--filter',
    'FullyQualifiedName~CartTests|FullyQualifiedName~B',
  ]);
});
