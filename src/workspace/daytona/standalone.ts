import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { encodeVariables } from '../standalone-variables.ts';
import { launch, type StartPlace } from './launch.ts';
import { hasSameRunner, readRunner, TEMPLATE_FOLDER } from './template.ts';

const RUNNER = 'standalone.mjs';

/**
 * Starts what the template's `execution.sh` ends in, the runner that stands alone, with these variables on its
 * standard input: in no command, and in the environment of no process. Started before, nothing happens.
 */
export async function startStandalone(
  place: StartPlace,
  variables: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<void> {
  const { access, root, manifest, runnerState } = place;
  if ((await runnerState()) !== 'not-started') return;
  const { runnerFile } = access.settings;
  const isBuiltIn = hasSameRunner(manifest, await readRunner(runnerFile));
  const own = path.join(path.dirname(runnerFile), RUNNER);
  // In a folder closed to others, and read and removed before the runner is there. Each start has its own.
  const input = `${root}/home/variables-${randomUUID()}`;
  const order = { source: Buffer.from(encodeVariables(variables)), destination: input };
  const runner = isBuiltIn ? null : { source: await readFile(own), destination: `${root}/${RUNNER}` };
  const file = runner?.destination ?? `${TEMPLATE_FOLDER}/${RUNNER}`;
  await launch(place, { order, runner, files: [file, input] }, signal);
}
