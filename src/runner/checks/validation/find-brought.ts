import { type CheckCommands } from '../../../protocol/runner-job.ts';
import { type CheckPackage, type FoundChecks } from '../check.ts';
import { withDependencies } from '../dependencies/with-dependencies.ts';
import { findChecks } from '../find-checks.ts';
import { packagesFor } from '../packages-for.ts';
import { type Sources } from '../sources/read-sources.ts';
import { withTypeChecks } from './type-checks.ts';

export interface HandedIn {
  /** Absolute. */
  readonly tree: string;
  /** All files of the tree. */
  readonly files: readonly string[];
  readonly changed: readonly string[];
  /** Those that changed. */
  readonly sources: Sources;
}

/** What its owner says of how a tree is checked, and which packages it is to have. */
export interface Wishes {
  readonly checks: CheckCommands;
  readonly dependencies: readonly string[];
}

/** What a tree is set up and checked with by what it brings itself, and which of that matters for a change. */
export async function findBrought(
  { tree, files, changed, sources }: HandedIn,
  { checks, dependencies }: Wishes,
): Promise<{ readonly found: FoundChecks; readonly packages: readonly CheckPackage[] }> {
  const known = withTypeChecks(await findChecks(tree, checks, files), files);
  const found = await withDependencies(known, { tree, files, sources, named: dependencies });
  return { found, packages: packagesFor(found, changed) };
}
