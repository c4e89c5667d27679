import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { readPlainFile } from '../tree-file.ts';
import { MAX_REPORT_BYTES } from './reporter.ts';

/** What a command printed, from the transcript in a report folder; null without one, and when it is too long. */
export async function readTranscript(folder: string, name: string): Promise<string | null> {
  const text = await readPlainFile(join(folder, name), MAX_REPORT_BYTES);
  return text === null ? null : stripVTControlCharacters(text);
}
