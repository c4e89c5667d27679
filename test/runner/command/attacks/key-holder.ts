/* A runner with a key in its session keyring: `node key-holder.ts <level> <key>` has a command read the key. */
import { openCommandBed } from '../command-bed.ts';
import { LEVELS } from './levels.ts';
import { readKey } from './secrets.ts';

const [, , id = '', key = ''] = process.argv;
const level = LEVELS.find((each) => each.id === id);
if (level === undefined) throw new Error(`no level ${id}`);
const bed = await openCommandBed({ enclosure: level.make });
const end = await bed.run(readKey(key));
process.stdout.write(end.output);
await bed.close();
