import { join } from 'node:path';
import { expect, test } from 'vitest';
import { phpunit } from '../../../../src/runner/checks/reporters/phpunit.ts';
import { makeTree } from '../../../helpers/check-bed.ts';

const END = { exitCode: 1, limit: null, durationMs: 1, output: '', outputBytes: 0 };

test('a report as PHPUnit 9.6 wrote it: an exception in a test is its failure', async () => {
  const place = await makeTree({});
  const file = join(place, 'tests/CalcTest.php');
  const at = (name: string): string =>
    `name="${name}" class="Shop\\CalcTest" classname="Shop.CalcTest" file="${file}" line="5" assertions="1" time="0.002"`;
  const report = `<?xml version="1.0" encoding="UTF-8"?>
<testsuites><testsuite name="all" tests="4"><testsuite name="Shop\\CalcTest" file="${file}">
  <testcase ${at('testAdds')}>
    <failure type="PHPUnit\\Framework\\ExpectationFailedException">Shop\\CalcTest::testAdds
Failed asserting that 0 is identical to 2.</failure>
  </testcase>
  <testcase ${at('testMisses')}><error type="Error">Error: Call to undefined method Calc::sub()</error></testcase>
  <testcase ${at('testLater')}><skipped/></testcase>
  <testsuite name="Shop\\CalcTest::testNumbers"><testcase ${at('testNumbers with data set &quot;one&quot;')}/></testsuite>
</testsuite></testsuite></testsuites>`;
  const cases = await phpunit.read(await makeTree({ 'phpunit.xml': report }), place, END);
  expect(cases?.map(({ file: path, name, status }) => `${status} ${path} ${name}`).sort()).toEqual([
    'failed tests/CalcTest.php Shop\\CalcTest::testAdds',
    'failed tests/CalcTest.php Shop\\CalcTest::testMisses',
    'passed tests/CalcTest.php Shop\\CalcTest::testNumbers with data set "one"',
    'skipped tests/CalcTest.php Shop\\CalcTest::testLater',
  ]);
  expect(cases?.find(({ name }) => name.endsWith('testAdds'))?.message).toContain('0 is identical to 2');
});

test('one file is run by its path, several by their classes', () => {
  expect(phpunit.only(['tests/CalcTest.php'], '/t')).toEqual(['tests/CalcTest.php']);
  expect(phpunit.only(['tests/CalcTest.php', 'tests/a/SubTest.php'], '/t')).toEqual([
    '--filter',
    String.raw`/\b(?:CalcTest|SubTest)::/`,
  ]);
});
