import { describe, expect, test } from 'vitest';
import { type CheckPackage } from '../../../../src/runner/checks/check.ts';
import { findChecks } from '../../../../src/runner/checks/find-checks.ts';
import { type Files, makeTree, NO_COMMANDS } from '../../../helpers/check-bed.ts';

async function find(files: Files): Promise<readonly CheckPackage[]> {
  return (await findChecks(await makeTree(files), NO_COMMANDS)).packages;
}

describe('ruby', () => {
  test('specs are run by RSpec, with the gems of the lock file in the tree', async () => {
    const [found] = await find({
      Gemfile: '',
      'Gemfile.lock': '',
      'spec/models/a_spec.rb': '',
      Rakefile: '',
    });
    expect(found?.setup.at(-1)).toBe('BUNDLE_FROZEN=true BUNDLE_PATH=.ptc-tools/bundle bundle install');
    expect(found?.checks).toMatchObject([
      { kind: 'test', command: 'BUNDLE_PATH=.ptc-tools/bundle bundle exec rspec', tool: 'rspec' },
    ]);
  });

  test('without a Gemfile nothing is installed', async () => {
    const [found] = await find({ 'spec/a_spec.rb': '' });
    expect(found).toMatchObject({ setup: [], checks: [{ command: 'rspec', tool: 'rspec' }] });
  });

  test.each([
    ['a Rakefile', 'Rakefile', 'BUNDLE_PATH=.ptc-tools/bundle bundle exec rake test', 'minitest'],
    ['Rails', 'bin/rails', 'BUNDLE_PATH=.ptc-tools/bundle bundle exec rails test', 'unknown'],
  ])('tests without RSpec are run by %s', async (_, file, command, tool) => {
    const [found] = await find({ Gemfile: '', [file]: '', 'test/models/a_test.rb': '' });
    expect(found?.setup.at(-1)).toBe('BUNDLE_PATH=.ptc-tools/bundle bundle install');
    expect(found?.checks).toMatchObject([{ command, tool }]);
  });

  test('a Gemfile without tests installs nothing', async () => {
    expect(await find({ Gemfile: '', 'docs/index.md': '' })).toEqual([]);
  });
});
