import { stripVTControlCharacters } from 'node:util';
import { type CheckPlace } from '../check-place.ts';
import { shellWord } from '../shell-words.ts';
import { type SourceFault } from './source-fault.ts';

/** A program that only parses files, and how it tells what is wrong with them. */
interface Parser {
  readonly files: RegExp;
  /** The command before the paths. */
  readonly command: string;
  /** With one file at a time where it takes no more. */
  readonly oneByOne: boolean;
  /** Groups `path`, `line` and `message`; without `path` it is the file that was asked about. */
  readonly fault: RegExp;
}

const PARSERS: readonly Parser[] = [
  {
    files: /\.go$/,
    command: 'gofmt -e -l',
    oneByOne: false,
    fault: /^(?<path>[^\n:]+\.go):(?<line>\d+):\d+: (?<message>.+)$/gm,
  },
  {
    files: /\.rs$/,
    command: 'rustfmt --edition 2021 --check --color never',
    oneByOne: false,
    // A module without a file is for the compiler to miss.
    fault:
      /^error(?:\[\w+\])?: (?!file not found|couldn't)(?<message>.+)\n\s*--> (?<path>[^\n:]+):(?<line>\d+):\d+/gm,
  },
  {
    files: /\.java$/,
    command:
      'javac -proc:none -implicit:none -XDshould-stop.ifNoError=PARSE -XDshould-stop.ifError=PARSE -d /tmp',
    oneByOne: false,
    fault: /^(?<path>[^\n:]+\.java):(?<line>\d+): error: (?<message>.+)$/gm,
  },
  {
    files: /\.rb$/,
    command: 'ruby -c',
    oneByOne: true,
    fault: /^(?:ruby: )?(?<path>[^\n:]+\.rb):(?<line>\d+): (?<message>(?!warning:).+)$/gm,
  },
  {
    files: /\.php$/,
    command: 'php -l',
    oneByOne: true,
    fault: /^(?:PHP )?Parse error: +(?<message>.+) in (?<path>[^\n]+) on line (?<line>\d+)$/gm,
  },
  {
    files: /\.(?:sh|bash)$/,
    command: 'bash -n',
    oneByOne: true,
    fault: /^(?<path>[^\n:]+): line (?<line>\d+): (?<message>.+)$/gm,
  },
];

/** Enough for any change that a person would look at. */
const MAX_FILES = 300;

/** Faults that the parsers of other languages find, as far as the machine has them. */
export async function toolFaults(
  paths: readonly string[],
  place: CheckPlace,
): Promise<readonly SourceFault[]> {
  const faults: SourceFault[] = [];
  for (const parser of PARSERS) {
    const own = paths.filter((path) => parser.files.test(path)).slice(0, MAX_FILES);
    if (own.length > 0) faults.push(...(await parse(parser, own, place)));
  }
  return faults;
}

async function parse(
  { command, oneByOne, fault }: Parser,
  paths: readonly string[],
  place: CheckPlace,
): Promise<readonly SourceFault[]> {
  const words = paths.map((path) => shellWord(`./${path}`));
  const line = oneByOne
    ? words.map((word) => `${command} ${word}`).join('\n')
    : `${command} ${words.join(' ')}`;
  const { tree, timeoutMs, signal } = place;
  const spec = { tree, writable: [], env: {}, network: 'none' as const, timeoutMs, signal };
  const { output } = await place.commands.run({ ...spec, command: `{\n${line}\n} 2>&1` });
  signal.throwIfAborted();
  const known = new Set(paths);
  const found = [...stripVTControlCharacters(output).matchAll(fault)].map(({ groups = {} }) => ({
    path: inTree(groups['path'] ?? '', tree),
    line: Number(groups['line']),
    message: groups['message'] ?? '',
  }));
  // What it says of other files it was not asked.
  return found.filter(({ path }) => known.has(path));
}

const inTree = (path: string, tree: string): string => path.replace(`${tree}/`, '').replace(/^\.\//, '');
