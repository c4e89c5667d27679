import { toProblem } from '../domain/errors.ts';
import { cancelled } from './failure.ts';
import { probe } from './probe.ts';
import { runInFolder } from './run-in-folder.ts';
import { serve } from './serve.ts';

/*
 * The runner: `node runner.mjs <workspace folder>`. Exit code 0 when the result stands in the folder, good or
 * bad; 1 when there is none, 2 when nothing was started. With `--probe <folder>` it says how commands of
 * workspaces there can be kept apart, and does nothing else. With `--serve` it does the jobs of all folders that
 * its standard input names, until that ends.
 */

const stop = new AbortController();
for (const name of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
  process.on(name, () => stop.abort(cancelled(`the runner received ${name}.`)));
}
const [, , first, second] = process.argv;
if (first === '--serve') {
  await serveAll();
} else {
  // Ends the job in order: its reason is the result's problem. A second one finds it ended already.
  process.on('uncaughtException', (error) => stop.abort(error));
  process.exit(first === '--probe' && second !== undefined ? await tryOut(second) : await start(first));
}

async function serveAll(): Promise<void> {
  // Nobody knows whose it is, or what is still right: all jobs end here, and their runs go on elsewhere.
  process.on('uncaughtException', (error) => {
    console.error(error);
    process.exit(1);
  });
  // Whoever started it may be gone; the jobs are done all the same.
  for (const output of [process.stdout, process.stderr]) output.on('error', () => {});
  await serve(process.stdin, (ended) => process.stdout.write(`${JSON.stringify(ended)}\n`), stop.signal);
  process.exit(0);
}

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
