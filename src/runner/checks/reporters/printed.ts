import { type CommandEnd } from '../../../protocol/proof.ts';
import { isCut } from '../lint/fault-text.ts';
import { readTranscript } from './transcript.ts';

export const TRANSCRIPT = 'printed.txt';

/** All that a command printed, for reporters that ask for this transcript; null where a part is missing. */
export async function readPrinted(folder: string, end: CommandEnd): Promise<string | null> {
  const text = (await readTranscript(folder, TRANSCRIPT)) ?? end.output;
  return end.limit !== null || isCut(text) ? null : text;
}
