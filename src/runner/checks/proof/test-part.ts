import { type FileChange } from './file-change.ts';
import { withTestModules } from './rust-test-modules.ts';
import { isTestMaterial } from './test-files.ts';

/**
 * What a change to one file brings for the base to be tested with; null when that is nothing, or cannot be
 * told from the rest of the change.
 *
 * @param tests files that are tests by the tools' reports, whatever their names
 */
export function testPart({ path, before, after }: FileChange, tests: ReadonlySet<string>): string | null {
  if (after === null || isTestMaterial(path)) return after;
  // Unit tests of Rust stand in the file that they test: the whole of it would bring the fix along.
  if (path.endsWith('.rs')) return before === null ? null : withTestModules(before, after);
  return tests.has(path) ? after : null;
}
