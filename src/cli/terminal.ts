import { homedir } from 'node:os';
import path from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { readCaller } from '../config.ts';

/** Who called the program, and where what it says goes. */
export interface Terminal {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Relative paths start here. */
  readonly folder: string;
  readonly out: NodeJS.WriteStream;
  readonly err: NodeJS.WriteStream;
  readonly stdin: NodeJS.ReadStream;
}

export function openTerminal(env: Readonly<Record<string, string | undefined>>): Terminal {
  return {
    env,
    // npm changes into the folder of the package before it starts anything.
    folder: readCaller(env).npmCalledIn ?? process.cwd(),
    out: process.stdout,
    err: process.stderr,
    stdin: process.stdin,
  };
}

/**
 * Where recordings and workspaces of runs from a terminal lie: as asked for, else outside of every repository.
 * Root's home is closed to the user that commands run as, so root has another place.
 */
export function dataFolder(terminal: Terminal, given: string | undefined): string {
  if (given !== undefined) return path.resolve(terminal.folder, given);
  if (process.geteuid?.() === 0) return '/var/lib/ptc';
  return path.join(readCaller(terminal.env).stateFolder ?? path.join(homedir(), '.local', 'state'), 'ptc');
}

/** Text of strangers as it may stand on a terminal: it moves no cursor and paints nothing. */
export const plain = (text: string): string =>
  // oxlint-disable-next-line no-control-regex -- these are the characters to be taken out
  stripVTControlCharacters(text).replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, '\ufffd');

/** One line of such a text. */
export const plainLine = (text: string): string =>
  plain(text)
    .replace(/\s*\n\s*/g, ' ')
    .trim();
