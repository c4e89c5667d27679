import { posix } from 'node:path';
import { replaceTreeFile } from '../tree-file.ts';
import { checkConfiguration } from './check-configuration.ts';
import { type FileChange } from './file-change.ts';
import { type withTestsOnBase } from './overlay.ts';
import { withTestModules } from './rust-test-modules.ts';
import { isTestMaterial } from './test-files.ts';

const SOURCE = /\.(?:py|[cm]?[jt]sx?|vue|svelte|go|rs|java|kt|groovy|rb|php|cs|fs|vb)$/;

/**
 * The tree of a change without what its tests are about: the sources that it brings are taken out, or are the
 * base's again, while `body` runs. For a change that brings its checks itself, whose base could not be set up.
 */
export const withoutSubjects: typeof withTestsOnBase = async (tree, changes, tests, body) => {
  const configuration = new Set(checkConfiguration(changes));
  const subjects = changes.filter(
    ({ path, after }) =>
      after !== null && isSubject(path) && (!tests.has(path) || isRust(path)) && !configuration.has(path),
  );
  const restore = async (paths: ReadonlySet<string>): Promise<void> => {
    for (const { path, after } of changes) if (paths.has(path)) await replaceTreeFile(tree, path, after);
  };
  try {
    for (const change of subjects) await replaceTreeFile(tree, change.path, leftOf(change));
    return await body({
      async without(paths, inner) {
        try {
          for (const path of paths) await replaceTreeFile(tree, path, null);
          return await inner();
        } finally {
          await restore(paths);
        }
      },
    });
  } finally {
    await restore(new Set(subjects.map(({ path }) => path)));
  }
};

const isSubject = (path: string): boolean =>
  SOURCE.test(path) && !isTestMaterial(path) && posix.basename(path) !== 'setup.py';

const isRust = (path: string): boolean => path.endsWith('.rs');

/** Rust knows a crate by its files, and has unit tests in them. */
const leftOf = ({ path, before, after }: FileChange): string | null =>
  isRust(path) ? (withTestModules(before ?? '', after ?? '') ?? before ?? '') : before;
