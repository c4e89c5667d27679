import { type Command } from '../domain/trigger.ts';
import { afterCommand, commandLines } from './command-lines.ts';

/** Longest task text taken from one comment; GitHub's own limit on a comment is 65,536 characters. */
export const MAX_WORDS_CHARS = 20_000;
const MAX_UNKNOWN_CHARS = 50;

/** `--allow PATH` or `--allow=PATH`; the path may stand in quotes, which also lets it contain spaces. */
const ALLOW_OPTION =
  /(?<=^|\s)--allow(?:=|[ \t]+|$)(?:"(?<double>[^"]*)"|'(?<single>[^']*)'|`(?<code>[^`]*)`|“(?<curly>[^”]*)”|(?<plain>\S*))/g;

/**
 * What the comment asks of us, null when nothing. The first `/ptc` at the very start of a line decides; see
 * `commandLines` for what does not count. Letter case does not matter.
 *
 * `/ptc build [words] [--allow PATH]…`: the task's words are the rest of that line and all that follows it up
 * to the next command line, at most `MAX_WORDS_CHARS`. `/ptc status`, `/ptc cancel` and `/ptc help` ignore
 * whatever follows. A bare `/ptc` is a call for help, and so is anything else, which comes back as `unknown`.
 */
export function parseCommand(comment: string): Command | null {
  const lines = comment.split(/\r\n|\r|\n/);
  const [first, next] = commandLines(lines);
  const line = first === undefined ? undefined : lines[first];
  if (first === undefined || line === undefined) return null;
  const [verb = '', rest = ''] = splitFirstWord(afterCommand(line));
  switch (verb.toLowerCase()) {
    case 'build':
      return build(rest, lines.slice(first + 1, next).join('\n'));
    case 'status':
      return { name: 'status' };
    case 'cancel':
      return { name: 'cancel' };
    case 'help':
    case '':
      return { name: 'help', unknown: null };
    default:
      return { name: 'help', unknown: cut(verb, MAX_UNKNOWN_CHARS) };
  }
}

function splitFirstWord(text: string): readonly string[] {
  const match = /^(\S+)\s*(.*)$/s.exec(text);
  return match?.slice(1) ?? [];
}

function build(rest: string, following: string): Command {
  const paths = [...rest.matchAll(ALLOW_OPTION)].map(({ groups }) => firstGroup(groups).trim());
  if (paths.includes('')) return { name: 'help', unknown: 'build --allow (without a path)' };
  const ownLine = rest.replaceAll(ALLOW_OPTION, ' ').replaceAll(/[ \t]+/g, ' ');
  return {
    name: 'build',
    words: bounded(`${ownLine.trim()}\n${following}`.trim()),
    allow: [...new Set(paths)],
  };
}

const firstGroup = (groups: Readonly<Record<string, string | undefined>> | undefined): string =>
  Object.values(groups ?? {}).find((value) => value !== undefined) ?? '';

function bounded(words: string): string {
  if (words.length <= MAX_WORDS_CHARS) return words;
  return `${cut(words, MAX_WORDS_CHARS)}\n[cut here: the comment is longer than ${MAX_WORDS_CHARS} characters]`;
}

/** Cuts without leaving half of a surrogate pair. */
const cut = (text: string, maxChars: number): string =>
  text.slice(0, maxChars).replace(/[\uD800-\uDBFF]$/, '');
