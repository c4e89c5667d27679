import { stripVTControlCharacters } from 'node:util';
import { type Workspace } from '../run/ports.ts';

const LOG_FILE = 'runner.log';
const TAIL_BYTES = 2_000;
/** A log longer than this many reads has no tail worth the time. */
const MAX_READS = 64;
const SECRETS =
  /\b(?:gh[a-z]_[A-Za-z0-9]{16,}|github_pat_\w{20,})|(?<=:\/\/)[^\s/@]+@|(?<=authorization:\s*\S+\s+)\S+/gi;

/** The last of what the runner printed, in plain text and without tokens; null when it printed nothing. */
export async function runnerLogTail(workspace: Workspace): Promise<string | null> {
  let offset = 0;
  let tail = Buffer.alloc(0);
  for (let reads = 0; reads < MAX_READS; reads += 1) {
    const bytes = await workspace.readFrom(LOG_FILE, offset);
    if (bytes.length === 0) break;
    offset += bytes.length;
    tail = Buffer.concat([tail, bytes]).subarray(-TAIL_BYTES);
  }
  const text = toPlainText(tail.toString('utf8'));
  return text === '' ? null : text;
}

/** Without what steers a terminal, and without tokens. */
export function toPlainText(text: string): string {
  return (
    stripVTControlCharacters(text)
      // oxlint-disable-next-line no-control-regex -- they are what is removed
      .replaceAll(/[\u0000-\u0008\u000B-\u001F\u007F-\u009F]/g, '')
      .replaceAll(SECRETS, '[redacted]')
      .trim()
  );
}
