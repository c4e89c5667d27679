import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type CheckPlace } from '../check-place.ts';
import { withReportFolder } from '../run-tool.ts';
import { endedWell } from '../set-up-tree.ts';
import { shellWord } from '../shell-words.ts';
import { readPlainFile } from '../tree-file.ts';

const MAX_REPORT_BYTES = 16 * 1024 * 1024;

/** A program of the runner's own that reads files of a tree in the enclosure, where a parser may do no harm. */
export interface Script {
  readonly name: string;
  readonly text: string;
  /** What starts it, as typed in bash; after it come the script, a file with the paths, and one for its report. */
  readonly program: string;
}

/** @returns what it reported, as JSON; null when the program is not there or did not end well */
export async function runScript(
  script: Script,
  paths: readonly string[],
  place: CheckPlace,
): Promise<unknown> {
  return withReportFolder(place, async (folder) => {
    const own = join(folder, script.name);
    const listing = join(folder, 'paths.json');
    const report = join(folder, 'report.json');
    await writeFile(own, script.text);
    await writeFile(listing, JSON.stringify(paths));
    const { tree, timeoutMs, signal } = place;
    const end = await place.commands.run({
      command: `${script.program} ${[own, listing, report].map(shellWord).join(' ')}`,
      tree,
      writable: [folder],
      env: {},
      network: 'none',
      timeoutMs,
      signal,
    });
    signal.throwIfAborted();
    if (!endedWell(end)) return null;
    return parsed((await readPlainFile(report, MAX_REPORT_BYTES)) ?? '');
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
