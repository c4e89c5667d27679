import { readdir } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { type CheckPlace } from '../check-place.ts';
import { type CheckPackage } from '../check.ts';
import { readPackageJson } from '../ecosystems/package-json.ts';
import { findPackageManager } from '../ecosystems/package-manager.ts';
import { inFolder } from '../in-folder.ts';
import { endedWell, type SetupRun } from '../set-up-tree.ts';
import { withToolFolder } from '../tool-folder.ts';
import { isTreeFolder } from '../tree-file.ts';

export interface Builds {
  readonly runs: readonly SetupRun[];
  /** What they left beside the manifests, relative to the tree. */
  readonly made: readonly string[];
}

/**
 * Builds the packages that have a script for it, without network, up to and including the first that fails.
 * Other ecosystems build with their type checks and tests.
 */
export async function runBuilds(packages: readonly CheckPackage[], place: CheckPlace): Promise<Builds> {
  const runs: SetupRun[] = [];
  const made: string[] = [];
  for (const { folder } of packages) {
    const manifest = await readPackageJson(place.tree, folder);
    if (manifest === null || (manifest.scripts['build'] ?? '').trim() === '') continue;
    const { runScript } = await findPackageManager(place.tree, folder, manifest);
    const before = new Set(await namesIn(place.tree, folder));
    const run = await build({ folder, command: inFolder(folder, runScript('build')) }, place);
    const after = await namesIn(place.tree, folder);
    made.push(...after.filter((name) => !before.has(name)).map((name) => posix.join(folder, name)));
    runs.push(run);
    if (!endedWell(run.end)) break;
  }
  return { runs, made };
}

/** Whatever a build made of its folder: nothing is looked at through a link. */
const namesIn = async (tree: string, folder: string): Promise<readonly string[]> =>
  (await isTreeFolder(tree, folder)) ? readdir(join(tree, folder)) : [];

async function build(
  { folder, command }: { readonly folder: string; readonly command: string },
  place: CheckPlace,
): Promise<SetupRun> {
  const { tree, timeoutMs, signal } = place;
  const spec = { tree, writable: [], env: {}, network: 'none' as const, timeoutMs, signal };
  const ended = await place.commands.run({ ...spec, command: withToolFolder(command, folder) });
  const end = { ...ended, output: stripVTControlCharacters(ended.output) };
  signal.throwIfAborted();
  place.onCommand({ purpose: 'check', command, end });
  return { command, end };
}
