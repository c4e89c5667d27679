import { type FileChange } from './file-change.ts';
import { isTestMaterial } from './test-files.ts';
import { replaceTreeFile } from '../tree-file.ts';

/**
 * Lays the test material of a change over the base tree, runs `body`, and puts the base's own files back,
 * whatever `body` did. Deleted files stay: without what they test they would say nothing.
 *
 * @param tests files that are tests by the tools' reports, whatever their names
 */
export async function withTestsOnBase<T>(
  baseTree: string,
  changes: readonly FileChange[],
  tests: ReadonlySet<string>,
  body: () => Promise<T>,
): Promise<T> {
  const laid = changes.filter(
    ({ path, after }) => after !== null && (isTestMaterial(path) || tests.has(path)),
  );
  try {
    for (const { path, after } of laid) await replaceTreeFile(baseTree, path, after);
    return await body();
  } finally {
    for (const { path, before } of laid) await replaceTreeFile(baseTree, path, before);
  }
}
