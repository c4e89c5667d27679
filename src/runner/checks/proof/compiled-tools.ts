import { type CheckTool } from '../check.ts';

/** Tools that run no test of a package, or of a whole repository, when one of its files does not compile. */
export const COMPILED_TOOLS: ReadonlySet<CheckTool> = new Set([
  'go-test',
  'cargo-test',
  'maven',
  'gradle',
  'dotnet-test',
]);

/** Tools that load all files before the first test, and run none when one does not load. */
export const LOADING_TOOLS: ReadonlySet<CheckTool> = new Set(['mocha', 'rspec', 'minitest', 'phpunit']);
