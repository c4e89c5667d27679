import { type CheckedRun } from '../check.ts';
import { type FileChange } from './file-change.ts';
import { isTestFile } from './test-files.ts';

/**
 * The files with tests that the change adds or alters and that belong to a run's check: those its report
 * names; without a report that names files, those below its folder that are tests by their names.
 */
export function changedTestFiles(changes: readonly FileChange[], head: CheckedRun | null): readonly string[] {
  const present = changes.filter((change) => change.after !== null).map((change) => change.path);
  const named = new Set((head?.cases ?? []).map((test) => test.file).filter((file) => file !== ''));
  if (named.size > 0) return present.filter((path) => named.has(path));
  const folder = head === null || head.check.folder === '' ? '' : `${head.check.folder}/`;
  return present.filter((path) => path.startsWith(folder) && isTestFile(path));
}
