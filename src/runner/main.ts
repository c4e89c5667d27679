import { toProblem } from '../domain/errors.ts';
import { cancelled } from './failure.ts';
import { probe } from './probe.ts';
import { runInFolder } from './run-in-folder.ts';

/*
 * The runner: `node runner.mjs <workspace folder>`. Exit code 0 when the result stands in the folder, good or
 * bad; 1 when there is none, 2 when nothing was started. With `--probe <folder>` it says how commands of
 * workspaces there can be kept apart, and does nothing else.
 */

const stop = new AbortController();
for (const name of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
  process.on(name, () => stop.abort(cancelled(`the runner received ${name}.`)));
}
// Ends the job in order: its reason is the result's problem. A second one finds it ended already.
process.on('uncaughtException', (error) => stop.abort(error));

const [, , first, second] = process.argv;
process.exit(first === '--probe' && second !== undefined ? await tryOut(second) : await start(first));

async function tryOut(folder: string): Promise<number> {
  try {
    process.stdout.write(`${JSON.stringify(await probe(folder))}\n`);
    return 0;
  } catch (error) {
    console.error(toProblem(error).message);
    return 1;
  }
}

async function start(path: string | undefined): Promise<number> {
  if (path === undefined) {
    console.error('Usage: node runner.mjs <workspace folder>');
    return 2;
  }
  try {
    await runInFolder(path, stop);
    return 0;
  } catch (error) {
    const { code, message, remedy } = toProblem(error);
    console.error(`${code}: ${message} ${remedy}`);
    return code === 'already-started' ? 2 : 1;
  }
}
