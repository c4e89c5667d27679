import { readFileSync } from 'node:fs';
import { cancelled } from '../failure.ts';
import { standAlone } from './stand-alone.ts';
import { type Environment, readWhereabouts } from './variables.ts';

/*
 * The runner standing alone: `node standalone.mjs <folder> < <(env -0)`. The template's variables come by standard
 * input, NUL-separated as `env -0` prints them: what lies in a process's environment can be read by others of the
 * same user for as long as it lives. Exit code 0 on success, 1 on failure, 124 when the time was up or it was ended.
 */

const stop = new AbortController();
const ended = Promise.withResolvers<void>();
let isEnded = false;
for (const name of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
  process.on(name, () => {
    stop.abort(cancelled(`the workspace received ${name}.`));
    isEnded = true;
    ended.resolve();
  });
}
// Ends the run in order: its reason is what is told. A second one finds it ended already.
process.on('uncaughtException', (error) => stop.abort(error));
// A log that nobody reads any more is no reason to stop.
process.stdout.on('error', () => {});

const [, , folder] = process.argv;
if (folder === undefined) {
  console.error('Usage: node standalone.mjs <folder> < <(env -0)');
  process.exit(1);
}
const env = readEnvironment();
const print = (line: string): void => void process.stdout.write(`${line}\n`);
const code = await standAlone({ env, folder, stop, print });
if (readWhereabouts(env).keepsAlive && !isEnded) {
  print('kept alive');
  // Something has to be under way, or Node ends.
  const alive = setInterval(() => {}, 60_000);
  await ended.promise;
  clearInterval(alive);
}
process.exit(code);

function readEnvironment(): Environment {
  const entries = readFileSync(0, 'utf8').split('\0').filter(Boolean);
  return Object.fromEntries(
    entries.map((entry) => {
      const at = entry.indexOf('=');
      return [entry.slice(0, at), entry.slice(at + 1)];
    }),
  );
}
