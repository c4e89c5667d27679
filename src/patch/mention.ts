import { unsafePath } from '../domain/policy/paths.ts';

const LABEL = /^(?:(?:in|file(?:name)?|path|update|edit|modify|create)\s*:?\s+)?/i;

/**
 * The path that a line of prose names and nothing else: `**src/x.js**`, `### src/x.js`, `File: src/x.js:`, or
 * a fence's info such as `python src/x.py`. Null when the line is anything else.
 */
export function mentionedPath(line: string): string | null {
  if (line.length > 300 || !/[./]/.test(line)) return null;
  const info = /^\s*(?:`{3,}|~{3,})\s*(?:[\w+-]*(?:[ :]|$))?(?:title=|filename=|path=)?(.*)$/.exec(line);
  const text = (info === null ? line : (info[1] ?? ''))
    .trim()
    .replace(/^(?:[#>*\s"'`]|\d+\.\s|-\s)+/, '')
    .replace(LABEL, '')
    .replace(/^[*"'`]+/, '')
    .replace(/[*"'`:\s]+$/, '');
  const looksLikePath =
    /^[^\s"'`*<>|]+$/.test(text) && /[./]/.test(text) && /\w$/.test(text) && !/^https?:/.test(text);
  return looksLikePath && unsafePath(text) === null ? text : null;
}
