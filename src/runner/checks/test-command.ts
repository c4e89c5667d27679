import { type TestTool } from './check.ts';
import { shellWord, splitCommands } from './shell-words.ts';

/** A package's scripts by name. */
export type Scripts = Readonly<Record<string, string>>;

export interface TestCommand {
  readonly tool: TestTool;
  /**
   * Words that go between the command and further arguments for the tool (`--` for npm); null when arguments
   * cannot reach the tool, because something else stands last in the line.
   */
  readonly separators: readonly string[] | null;
}

const UNKNOWN: TestCommand = { tool: 'unknown', separators: null };

/** How deep scripts that call scripts are followed. */
const MAX_DEPTH = 4;

const TOOLS: readonly (readonly [TestTool, RegExp])[] = [
  ['vitest', word('vitest')],
  ['jest', new RegExp(`${word('jest').source}|(?:^|\\s)react-scripts test(?=\\s|$)`)],
  ['mocha', word('_?mocha')],
  ['pytest', /(?:^|[\s/])(?:pytest|py\.test)(?=\s|$)/],
  // A reporter of its own would have to be matched by as many destinations as ours.
  ['node-test', /(?:^|[\s/])(?:node|tsx)\s(?!.*--test-reporter)(?:.*\s)?--test(?=\s|$)/],
];

function word(program: string): RegExp {
  return new RegExp(`(?:^|\\s|\\.bin/)${program}(?=\\s|$)|/${program}\\.[cm]?js(?=\\s|$)`);
}

/** Which test tool `command` ends up in, through the package's scripts, and how to hand it arguments. */
export function readTestCommand(command: string, scripts: Scripts, depth = 0): TestCommand {
  const parts = splitCommands(command);
  for (const [index, part] of [...parts.entries()].reverse()) {
    const found = readPart(part.text, scripts, depth);
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

function readPart(text: string, scripts: Scripts, depth: number): TestCommand {
  const called = calledScript(text);
  const script = called === null ? undefined : scripts[called.name];
  if (called === null || script === undefined) {
    const tool = TOOLS.find(([, pattern]) => pattern.test(text))?.[0];
    if (tool === undefined) return UNKNOWN;
    return { tool, separators: /^npm (?:exec|x)\s/.test(text) && !/\s--\s/.test(text) ? ['--'] : [] };
  }
  if (depth >= MAX_DEPTH) return UNKNOWN;
  const inner = readTestCommand(script, scripts, depth + 1);
  if (inner.separators === null) return inner;
  const own = called.manager === 'npm' && !/\s--(?:\s|$)/.test(text) ? ['--'] : [];
  return { tool: inner.tool, separators: [...own, ...inner.separators] };
}

function calledScript(text: string): { manager: string; name: string } | null {
  const match = /^(?:\w+=\S*\s+)*(npm|pnpm|yarn)\s+(?:(run|run-script)\s+)?(?:-\S+\s+)*([\w:.@/-]+)/.exec(
    text,
  );
  const [, manager, run, name] = match ?? [];
  if (manager === undefined || name === undefined) return null;
  if (manager !== 'npm' || run !== undefined) return { manager, name };
  return /^(?:t|tst|test)$/.test(name) ? { manager, name: 'test' } : null;
}
