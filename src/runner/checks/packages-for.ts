import { type CheckPackage, type FoundChecks } from './check.ts';

/** What can be set up and checked before any change is known: the root, or the only package there is. */
export function firstPackages({ packages }: FoundChecks): readonly CheckPackage[] {
  return packages.length === 1 ? packages : packages.filter(({ folder }) => folder === '');
}

/**
 * The packages that matter for a change: the root, for each changed file the nearest one around it, and those
 * whose set-up installs these; in the order in which they are set up. Pure.
 *
 * @param changedPaths relative to the tree, with slashes
 */
export function packagesFor(found: FoundChecks, changedPaths: readonly string[]): readonly CheckPackage[] {
  const wanted = new Set(firstPackages(found).map(({ folder }) => folder));
  for (const path of changedPaths) {
    const nearest = found.packages.findLast(({ folder }) => folder !== '' && path.startsWith(`${folder}/`));
    if (nearest === undefined) continue;
    wanted.add(nearest.folder);
    if (nearest.installedBy !== null) wanted.add(nearest.installedBy);
  }
  return found.packages.filter(({ folder }) => wanted.has(folder));
}
