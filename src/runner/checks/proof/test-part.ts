import { posix } from 'node:path';
import { type FileChange } from './file-change.ts';
import { withTestModules } from './rust-test-modules.ts';
import { isTestMaterial } from './test-files.ts';

/** What a change to one file brings for the base to be tested with. */
export interface TestPart {
  readonly path: string;
  /** The base's file; null when it has none. */
  readonly before: string | null;
  readonly content: string;
  /** What stands there while it is left out. */
  readonly leftOut: string | null;
}

/**
 * What the base is tested with: the tests of a change and their material. Of a Rust file with its unit tests
 * in it, these alone: the whole of it would bring the fix along. What cannot be told from the rest is left out.
 *
 * @param tests files that are tests by the tools' reports, whatever their names
 */
export function testParts(changes: readonly FileChange[], tests: ReadonlySet<string>): readonly TestPart[] {
  const parts = changes.flatMap((change): readonly TestPart[] => {
    const { path, before } = change;
    const content = ownPart(change, tests);
    return content === null ? [] : [{ path, before, content, leftOut: before }];
  });
  return changes
    .filter(isNewModule)
    .reduce<readonly TestPart[]>((all, change) => withNewModule(change, changes, all), parts);
}

function ownPart({ path, before, after }: FileChange, tests: ReadonlySet<string>): string | null {
  if (after === null || isTestMaterial(path)) return after;
  if (path.endsWith('.rs')) return before === null ? null : withTestModules(before, after);
  return tests.has(path) ? after : null;
}

function isNewModule({ path, before }: FileChange): boolean {
  return path.endsWith('.rs') && before === null && !isTestMaterial(path);
}

/** A new Rust module with its unit tests alone, and the file of the base that declares it. */
function withNewModule(
  { path, after }: FileChange,
  changes: readonly FileChange[],
  parts: readonly TestPart[],
): readonly TestPart[] {
  const content = withTestModules('', after ?? '');
  const name = posix.basename(path.replace(/\/mod\.rs$/, ''), '.rs');
  const parent = changes.find((change) => declares(change, name, path));
  const before = parent?.before ?? null;
  if (content === null || parent === undefined || before === null) return parts;
  const present = parts.find((part) => part.path === parent.path);
  const declare = (text: string): string => `${text.trimEnd()}\n\n#[cfg(test)]\nmod ${name};\n`;
  return [
    ...parts.filter((part) => part !== present),
    {
      path: parent.path,
      before,
      content: declare(present?.content ?? before),
      leftOut: declare(present?.leftOut ?? before),
    },
    // The declaration stays when the tests are left out, and wants a file.
    { path, before: null, content, leftOut: '' },
  ];
}

function declares({ path, before, after }: FileChange, name: string, module: string): boolean {
  if (before === null || after === null || !path.endsWith('.rs')) return false;
  const isRoot = ['lib.rs', 'main.rs', 'mod.rs'].includes(posix.basename(path));
  const folder = isRoot ? posix.dirname(path) : path.replace(/\.rs$/, '');
  const files = [`${name}.rs`, `${name}/mod.rs`].map((file) => posix.join(folder, file));
  return (
    files.includes(module) &&
    new RegExp(`^\\s*(?:pub(?:\\([\\w:]+\\))?\\s+)?mod\\s+${name}\\s*;`, 'm').test(after)
  );
}
