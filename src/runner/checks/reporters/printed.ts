import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { type CommandEnd } from '../../../protocol/proof.ts';
import { isCut } from '../lint/fault-text.ts';
import { readPlainFile } from '../tree-file.ts';
import { MAX_REPORT_BYTES } from './reporter.ts';

export const TRANSCRIPT = 'printed.txt';

/** All that a command printed, for reporters that ask for this transcript; null where a part is missing. */
export async function readPrinted(folder: string, end: CommandEnd): Promise<string | null> {
  const whole = await readPlainFile(join(folder, TRANSCRIPT), MAX_REPORT_BYTES);
  const text = whole === null ? end.output : stripVTControlCharacters(whole);
  return end.limit !== null || isCut(text) ? null : text;
}
