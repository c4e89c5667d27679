import { type FileChange } from './file-change.ts';
import { testParts } from './test-part.ts';
import { replaceTreeFile } from '../tree-file.ts';

/** The base tree with the tests of a change laid over it. */
export interface TestsOnBase {
  /** Runs `body` while these files are without the change's tests. */
  without<T>(paths: ReadonlySet<string>, body: () => Promise<T>): Promise<T>;
}

/**
 * Lays the tests of a change and their material over the base tree, runs `body`, and puts the base's own files
 * back, whatever `body` did. Deleted files stay: without what they test they would say nothing.
 *
 * @param tests files that are tests by the tools' reports, whatever their names
 */
export async function withTestsOnBase<T>(
  baseTree: string,
  changes: readonly FileChange[],
  tests: ReadonlySet<string>,
  body: (laid: TestsOnBase) => Promise<T>,
): Promise<T> {
  const laid = testParts(changes, tests);
  const without: TestsOnBase['without'] = async (paths, inner) => {
    const some = laid.filter(({ path }) => paths.has(path));
    try {
      for (const { path, leftOut } of some) await replaceTreeFile(baseTree, path, leftOut);
      return await inner();
    } finally {
      for (const { path, content } of some) await replaceTreeFile(baseTree, path, content);
    }
  };
  try {
    for (const { path, content } of laid) await replaceTreeFile(baseTree, path, content);
    return await body({ without });
  } finally {
    for (const { path, before } of laid) await replaceTreeFile(baseTree, path, before);
  }
}
