import { type CheckTool } from '../check.ts';
import { makeToolFolder, TOOL_FOLDER } from '../tool-folder.ts';
import { type Ecosystem, type FoundInFolder } from './ecosystem.ts';

/** Where Bundler puts the gems: nothing outside of the tree outlives the set-up. */
const BUNDLE = `BUNDLE_PATH=${TOOL_FOLDER}/bundle bundle`;

/** Ruby projects with RSpec's specs, else with tests that their Rakefile or Rails runs. */
export const ruby: Ecosystem = {
  name: 'ruby',
  manifests: /^Gemfile$/,
  registries: ['rubygems.org', 'index.rubygems.org'],
  find: async (_tree, _folder, files) => await Promise.resolve(findInFiles(files)),
};

function findInFiles(files: readonly string[]): FoundInFolder | null {
  const bundled = files.includes('Gemfile');
  const command = testCommand(files);
  if (command === null) return null;
  const { words, tool } = command;
  const frozen = files.includes('Gemfile.lock') ? 'BUNDLE_FROZEN=true ' : '';
  return {
    members: [],
    setup: bundled ? [makeToolFolder, `${frozen}${BUNDLE} install`] : [],
    checks: [{ name: 'test', kind: 'test', command: bundled ? `${BUNDLE} exec ${words}` : words, tool }],
  };
}

interface TestCommand {
  readonly words: string;
  readonly tool: CheckTool;
}

function testCommand(files: readonly string[]): TestCommand | null {
  if (files.some((file) => /^spec\/.*_spec\.rb$/.test(file))) return { words: 'rspec', tool: 'rspec' };
  if (!files.some((file) => /^test\/(?:.*\/)?(?:test_[^/]*|[^/]*_test)\.rb$/.test(file))) return null;
  if (files.includes('bin/rails')) return { words: 'rails test', tool: 'unknown' };
  return files.includes('Rakefile') ? { words: 'rake test', tool: 'minitest' } : null;
}
