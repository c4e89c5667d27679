import { type CheckKind } from '../../protocol/proof.ts';
import { type CheckTool } from './check.ts';
import { shellWord, splitCommands } from './shell-words.ts';
import { TOOL_PATTERNS } from './tool-patterns.ts';

/** A package's scripts by name. */
export type Scripts = Readonly<Record<string, string>>;

export interface ToolCommand {
  readonly tool: CheckTool;
  /**
   * Words that go between the command and further arguments for the tool (`--` for npm); null when arguments
   * cannot reach the tool, because something else stands last in the line.
   */
  readonly separators: readonly string[] | null;
}

const UNKNOWN: ToolCommand = { tool: 'unknown', separators: null };

/** A package manager that is sent to other packages: what it runs there says nothing that could be read here. */
const ELSEWHERE = [
  /^(?:\w+=\S*\s+)*npm\s(?:(?!--\s).)*(?<=\s)(?:-ws?|--workspaces?|--prefix|-C)(?=[\s=]|$)/,
  /^(?:\w+=\S*\s+)*(?:pnpm|yarn|bun)\s+(?:(?:run|-\S+)\s+)*(?:-r|--recursive|--filter|-F|-C|--dir|--cwd|workspaces?)(?=[\s=]|$)/,
];

/** After these, words are for the tests themselves. */
const OWN_WORDS: ReadonlyMap<CheckTool, RegExp> = new Map([
  ['go-test', /\s-?-args(?=\s|$)/],
  ['cargo-test', /\s--(?=\s|$)/],
]);

/** How deep scripts that call scripts are followed. */
const MAX_DEPTH = 4;

/** Which tool of a kind `command` ends up in, through the package's scripts, and how to hand it arguments. */
export function readToolCommand(command: string, scripts: Scripts, kind: CheckKind): ToolCommand {
  return readLine(command, { scripts, kind, depth: 0 });
}

interface Reading {
  readonly scripts: Scripts;
  readonly kind: CheckKind;
  readonly depth: number;
}

function readLine(command: string, reading: Reading): ToolCommand {
  const parts = splitCommands(command);
  for (const [index, part] of [...parts.entries()].reverse()) {
    const found = readPart(part.text, reading);
    if (found.tool === 'unknown') continue;
    const last = index === parts.length - 1;
    const piped = part.operator !== '' || parts[index - 1]?.operator === '|' || /[<>()`]/.test(part.text);
    return last && !piped ? found : { ...found, separators: null };
  }
  return UNKNOWN;
}

/** `command` with `words` handed to the tool behind it, which must be reachable. */
export function withArguments(
  command: string,
  separators: readonly string[],
  words: readonly string[],
): string {
  return words.length === 0 ? command : [command, ...separators, ...words.map(shellWord)].join(' ');
}

function readPart(text: string, reading: Reading): ToolCommand {
  const { scripts, kind, depth } = reading;
  if (ELSEWHERE.some((pattern) => pattern.test(text))) return UNKNOWN;
  const called = calledScript(text);
  const script = called === null ? undefined : scripts[called.name];
  if (called === null || script === undefined) {
    const tool = TOOL_PATTERNS[kind].find(([, pattern]) => pattern.test(text))?.[0];
    if (tool === undefined) return UNKNOWN;
    if (OWN_WORDS.get(tool)?.test(text) === true) return { tool, separators: null };
    return { tool, separators: /^npm (?:exec|x)\s/.test(text) && !/\s--\s/.test(text) ? ['--'] : [] };
  }
  if (depth >= MAX_DEPTH) return UNKNOWN;
  const inner = readLine(script, { ...reading, depth: depth + 1 });
  if (inner.separators === null) return inner;
  const own = called.manager === 'npm' && !/\s--(?:\s|$)/.test(text) ? ['--'] : [];
  return { tool: inner.tool, separators: [...own, ...inner.separators] };
}

/** True when what `command` runs is told by a script of the package. */
export function callsScript(command: string, scripts: Scripts): boolean {
  return splitCommands(command).some(({ text }) => {
    const called = calledScript(text);
    return called !== null && scripts[called.name] !== undefined;
  });
}

function calledScript(text: string): { manager: string; name: string } | null {
  const match = /^(?:\w+=\S*\s+)*(npm|pnpm|yarn|bun)\s+(?:(run|run-script)\s+)?(?:-\S+\s+)*([\w:.@/-]+)/.exec(
    text,
  );
  const [, manager, run, name] = match ?? [];
  if (manager === undefined || name === undefined) return null;
  if (run !== undefined) return { manager, name };
  if (manager === 'npm') return /^(?:t|tst|test)$/.test(name) ? { manager, name: 'test' } : null;
  // The one command of bun's own that shares its name with a script.
  return manager === 'bun' && name === 'test' ? null : { manager, name };
}
