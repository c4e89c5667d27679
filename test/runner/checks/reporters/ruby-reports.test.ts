import { expect, test } from 'vitest';
import { type CommandEnd } from '../../../../src/protocol/proof.ts';
import { minitest } from '../../../../src/runner/checks/reporters/minitest.ts';
import { rspec } from '../../../../src/runner/checks/reporters/rspec.ts';
import { makeTree } from '../../../helpers/check-bed.ts';

function ended(output: string): CommandEnd {
  return { exitCode: 1, limit: null, durationMs: 1, output, outputBytes: output.length };
}

/** As RSpec 3.12 and Minitest 5.15 wrote them, shortened. */
const RSPEC = {
  version: '3.12.0',
  examples: [
    {
      id: './spec/calc_spec.rb[1:1:1]',
      full_description: 'Calc.add adds',
      status: 'failed',
      file_path: './spec/calc_spec.rb',
      exception: {
        class: 'RSpec::Expectations::ExpectationNotMetError',
        message: '\nexpected: 2\n     got: 0\n',
        backtrace: [],
      },
    },
    { full_description: 'Calc.add is there', status: 'passed', file_path: './spec/calc_spec.rb' },
    { full_description: 'Calc.add later', status: 'pending', file_path: './spec/calc_spec.rb' },
  ],
};

const MINITEST = `Run options: -v --seed 50786

# Running:

CalcTest#test_is_there = 0.00 s = .
Deep::OtherTest#test_adds = 0.00 s = F
CalcTest#test_breaks = 0.00 s = E
CalcTest#test_later = 0.00 s = S

Finished in 0.003190s, 1253.7829 runs/s, 626.8914 assertions/s.

  1) Failure:
Deep::OtherTest#test_adds [/t/test/calc_test.rb:4]:
Expected: 2
  Actual: 0

  2) Error:
CalcTest#test_breaks:
RuntimeError: inside
    /t/test/calc_test.rb:7:in \`test_breaks'

4 runs, 2 assertions, 1 failures, 1 errors, 1 skips
`;

test('rspec: examples are read with their failures', async () => {
  const folder = await makeTree({ 'rspec.json': JSON.stringify(RSPEC) });
  const file = 'spec/calc_spec.rb';
  expect(await rspec.read(folder, folder, ended(''))).toEqual([
    {
      file,
      name: 'Calc.add adds',
      status: 'failed',
      message: 'RSpec::Expectations::ExpectationNotMetError: expected: 2\n     got: 0',
    },
    { file, name: 'Calc.add is there', status: 'passed', message: '' },
    { file, name: 'Calc.add later', status: 'skipped', message: '' },
  ]);
});

test('rspec: a file that does not load is one case', async () => {
  const message =
    '\nAn error occurred while loading ./spec/sub_spec.rb. - Did you mean?\n rspec ./spec/calc_spec.rb\n\nLoadError:\n  cannot load such file -- /t/lib/sub\n';
  const folder = await makeTree({ 'rspec.json': JSON.stringify({ examples: [], messages: [message] }) });
  expect(await rspec.read(folder, folder, ended(''))).toMatchObject([
    { file: 'spec/sub_spec.rb', name: 'spec/sub_spec.rb', status: 'error' },
  ]);
});

test('rspec: without a report there is none', async () => {
  const folder = await makeTree({});
  expect(await rspec.read(folder, folder, ended('Could not find gem'))).toBeNull();
});

test('minitest: printed tests are read, with the files of their classes', async () => {
  const place = await makeTree({
    'test/calc_test.rb': 'class CalcTest < Minitest::Test\nend\n',
    'test/deep/all.rb': 'module Deep\n  class OtherTest < CalcTest\n  end\nend\n',
  });
  const cases = await minitest.read(await makeTree({}), place, ended(MINITEST));
  expect(cases).toEqual([
    { file: 'test/calc_test.rb', name: 'CalcTest#test_is_there', status: 'passed', message: '' },
    {
      file: 'test/deep/all.rb',
      name: 'Deep::OtherTest#test_adds',
      status: 'failed',
      message: 'Failure:\nExpected: 2\n  Actual: 0',
    },
    {
      file: 'test/calc_test.rb',
      name: 'CalcTest#test_breaks',
      status: 'failed',
      message: "Error:\nRuntimeError: inside\n    /t/test/calc_test.rb:7:in `test_breaks'",
    },
    { file: 'test/calc_test.rb', name: 'CalcTest#test_later', status: 'skipped', message: '' },
  ]);
});

test.each([
  ['fewer lines than tests that ran', MINITEST.replace('CalcTest#test_later = 0.00 s = S\n', '')],
  ['no tests', 'rake aborted!\ncannot load such file -- sub (LoadError)\n'],
  ['a part left out', `[… 900 bytes left out …]\n${MINITEST}`],
])('minitest: output with %s is no report', async (_, output) => {
  const folder = await makeTree({});
  expect(await minitest.read(folder, folder, ended(output))).toBeNull();
});

test('minitest: files are named to Rake', () => {
  expect(minitest.only(['test/a_test.rb'], '/t')).toEqual(['TEST=test/a_test.rb']);
  expect(minitest.only(['a.rb', 'b.rb'], '/t')).toEqual(['TEST={a.rb,b.rb}']);
});
