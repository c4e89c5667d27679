import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type CommandEnd } from '../../../../src/protocol/proof.ts';
import { classifyFailure } from '../../../../src/runner/checks/proof/classify-failure.ts';
import { bunTest } from '../../../../src/runner/checks/reporters/bun-test.ts';
import { makeTree } from '../../../helpers/check-bed.ts';

/** As bun 1.4.5 wrote it. */
const REPORT = `<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="bun test" tests="3" assertions="1" failures="1" skipped="1" time="0.006983653">
  <testsuite name="test/a.test.ts" file="test/a.test.ts" tests="3" assertions="1" failures="1" skipped="1" time="0.002" hostname="vm">
    <testsuite name="add" file="test/a.test.ts" line="3" tests="2" assertions="1" failures="1" skipped="1" time="0" hostname="vm">
      <testsuite name="deep" file="test/a.test.ts" line="3" tests="1" assertions="1" failures="1" skipped="0" time="0" hostname="vm">
        <testcase name="adds &lt;1&gt;" classname="deep &gt; add" time="0.000151" file="test/a.test.ts" line="3" assertions="1">
          <failure type="AssertionError" message="expect(received).toBe(expected)&#10;">AssertionError: expect(received).toBe(expected)&#10;</failure>
        </testcase>
      </testsuite>
      <testcase name="later" classname="add" time="0" file="test/a.test.ts" line="3" assertions="0">
        <skipped />
      </testcase>
    </testsuite>
    <testcase name="ok" classname="" time="0.000011" file="test/a.test.ts" line="4" assertions="0" />
  </testsuite>
</testsuites>`;

const OUTPUT = `bun test v1.4.5 (a7733435c)

test/sub.test.ts:

# Unhandled error between tests
-------------------------------
SyntaxError: Export named 'sub' not found in module '/tree/calc.js'.
-------------------------------


test/a.test.ts:
error: expect(received).toBe(expected)
(fail) add > deep > adds <1> [0.15ms]
`;

function endWith(output: string): CommandEnd {
  return { exitCode: 1, limit: null, durationMs: 1, output, outputBytes: output.length };
}

test('tests come from the report, files that did not load from what was printed', async () => {
  const folder = await makeTree({ 'bun.xml': REPORT });
  const cases = await bunTest.read(folder, folder, endWith(OUTPUT));
  expect(cases?.map(({ status, file, name }) => `${status} ${file}: ${name}`).sort()).toEqual([
    'error test/sub.test.ts: test/sub.test.ts',
    'failed test/a.test.ts: add > deep > adds <1>',
    'passed test/a.test.ts: ok',
    'skipped test/a.test.ts: add > later',
  ]);
});

test('where no file loads bun writes no report, and there are results all the same', async () => {
  const folder = await makeTree({});
  const cases = await bunTest.read(folder, folder, endWith(OUTPUT));
  expect(cases).toHaveLength(1);
  expect(await bunTest.read(folder, folder, endWith('error: no tests'))).toBe(null);
});

test('a name that its module does not have yet is the missing subject', async () => {
  const folder = await makeTree({});
  const [unloaded] = (await bunTest.read(folder, folder, endWith(OUTPUT))) ?? [];
  const failure = {
    file: join('test', 'sub.test.ts'),
    status: 'error',
    message: unloaded?.message ?? '',
    tree: '/tree',
  } as const;
  const calc = {
    path: 'calc.js',
    before: 'export const add = 1;',
    after: 'export const add = 1;\nexport const sub = 2;',
  };
  expect(classifyFailure(failure, [calc])).toBe('missing-subject');
  expect(classifyFailure(failure, [{ ...calc, after: 'export const add = 2;' }])).toBe('load-error');
});
