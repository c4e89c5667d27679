import { stripVTControlCharacters } from 'node:util';
import { type CommandEnd } from '../../protocol/proof.ts';
import { type CheckPlace } from './check-place.ts';
import { type CheckPackage } from './check.ts';
import { withToolFolder } from './tool-folder.ts';

/** A set-up command and how it ended. */
export interface SetupRun {
  readonly command: string;
  readonly end: CommandEnd;
}

/** True when a command ended by itself and well. */
export function endedWell(end: CommandEnd): boolean {
  return end.limit === null && end.exitCode === 0;
}

/**
 * Runs the set-up commands of the packages in order, each with the registries of its package in reach, up to and
 * including the first one that fails.
 *
 * @throws the reason of `place.signal` when it is aborted
 */
export async function setUpTree(
  packages: readonly Pick<CheckPackage, 'folder' | 'setup' | 'registries'>[],
  place: CheckPlace,
): Promise<readonly SetupRun[]> {
  const runs: SetupRun[] = [];
  const commands = packages.flatMap(({ setup, ...each }) => setup.map((command) => ({ ...each, command })));
  for (const { folder, registries, command } of commands) {
    place.signal.throwIfAborted();
    const { tree, timeoutMs, signal } = place;
    const spec = { command: withToolFolder(command, folder), tree, writable: [], env: {}, timeoutMs, signal };
    const ended = await place.commands.run({ ...spec, network: { registries } });
    const end = { ...ended, output: stripVTControlCharacters(ended.output) };
    place.onCommand({ purpose: 'setup', command, end });
    runs.push({ command, end });
    if (!endedWell(end)) break;
  }
  place.signal.throwIfAborted();
  return runs;
}
