import { stripVTControlCharacters } from 'node:util';

/** Characters that change what a reader sees around them: text direction, and what cannot be seen at all. */
const HIDING = /[\u200B-\u200F\u202A-\u202E\u2060-\u2069\uFEFF]/g;
// eslint-disable-next-line no-control-regex -- these are what is looked for
const CONTROL = /[\u0000-\u0008\u000B-\u001F\u007F-\u009F]/g;

/**
 * Text of strangers with everything in it made visible, so that a reviewer sees what a machine will read; only
 * the carriage returns of Windows line ends are left out. Still to be escaped for HTML.
 */
export function visible(text: string): string {
  return text
    .replaceAll('\r\n', '\n')
    .replace(HIDING, (character) => `[U+${hex(character)}]`)
    .replace(CONTROL, (character) => `[0x${hex(character).slice(2)}]`);
}

/** Output of a command as a terminal would leave it standing: no colours, overwritten lines overwritten. */
export function terminalText(output: string): string {
  const lines = stripVTControlCharacters(output)
    .replaceAll('\r\n', '\n')
    .split('\n')
    .map((line) => line.replace(/\r+$/, '').replace(/^.*\r/s, ''));
  return visible(lines.join('\n'));
}

/** The text within `limit` characters, its beginning and its end. */
export function headAndTail(text: string, limit: number): string {
  if (text.length <= limit) return text;
  const half = Math.floor(limit / 2);
  return `${text.slice(0, half)}\n… ${text.length - 2 * half} characters left out …\n${text.slice(-half)}`.toWellFormed();
}

const hex = (character: string): string =>
  (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
