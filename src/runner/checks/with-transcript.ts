import { shellWord } from './shell-words.ts';

/** `command`, with all that it prints written to a file too; it ends with the same exit code. */
export function withTranscript(command: string, file: string): string {
  return `(\n${command}\n) 2>&1 | tee ${shellWord(file)}\nexit "\${PIPESTATUS[0]}"`;
}
