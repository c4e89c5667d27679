/** For `node --import`: at SIGUSR2 the process collects its garbage, all of it, and prints a line when it has. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collect: () => void = runInNewContext('gc');
process.on('SIGUSR2', () => {
  // What the first finds ended may let go of more.
  collect();
  collect();
  process.stdout.write(`${JSON.stringify({ msg: 'garbage-collected' })}\n`);
});
