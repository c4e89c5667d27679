import { builtinModules } from 'node:module';
import * as z from 'zod';
import { type CheckPlace } from '../check-place.ts';
import { shellWord } from '../shell-words.ts';
import { runScript } from './run-script.ts';
import { type SourceFault } from './source-fault.ts';

/**
 * What is a module to Node, or else a script, is accepted. JSX, Flow and the few parts of TypeScript that Node
 * cannot take out are not for it to judge.
 */
const SCRIPT = String.raw`
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import * as module from 'node:module';
import vm from 'node:vm';

const files = [];
const faults = [];

/** Of a module Node tells the line to people only. */
function lineOf(error, text) {
  const told = String(error.stack).split('\n', 1)[0];
  const check = ['--check', '--input-type=module', '-'];
  const said = /:\d+$/.test(told) ? told : spawnSync(process.execPath, check, { input: text }).stderr.toString();
  const line = /^.*?:(\d+)$/m.exec(said.split('\n', 1)[0])?.[1];
  return line === undefined ? null : Number(line);
}

function plainScript(path) {
  const text = readFileSync(path, 'utf8').replace(/^\uFEFF/, '').replace(/^#!.*/, '');
  if (!/\.[cm]?ts$/.test(path)) return text;
  if (module.stripTypeScriptTypes === undefined) return null;
  return module.stripTypeScriptTypes(text, { mode: 'transform', sourceUrl: path });
}

function specifiersOf(text, path) {
  try {
    const parsed = new vm.SourceTextModule(text, { identifier: path });
    return parsed.moduleRequests?.map((each) => each.specifier) ?? parsed.dependencySpecifiers;
  } catch (error) {
    if (/\.m[jt]s$/.test(path) || /^\s*(?:import\b(?!\s*\()|export\b)/m.test(text)) throw error;
    vm.compileFunction(text, ['exports', 'require', 'module', '__filename', '__dirname'], { filename: path });
    return [];
  }
}

function required(text) {
  return [...text.matchAll(/\brequire\(\s*(['"])([^'"\n]+)\1\s*\)/g)].map(([, , specifier]) => specifier);
}

for (const path of JSON.parse(readFileSync(process.argv[2], 'utf8'))) {
  let text = null;
  try {
    text = plainScript(path);
    if (text === null || /@flow\b/.test(text)) continue;
    const specifiers = specifiersOf(text, path);
    const isModule = specifiers.length > 0;
    files.push({ path, specifiers: [...new Set([...specifiers, ...(isModule ? [] : required(text))])] });
  } catch (error) {
    const message = String(error?.message ?? error);
    const isFault = error?.name === 'SyntaxError' || error?.code === 'ERR_INVALID_TYPESCRIPT_SYNTAX';
    if (!isFault || error.code === 'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX' || /token '<'/.test(message)) continue;
    faults.push({ path, line: lineOf(error, text ?? ''), message });
  }
}
writeFileSync(process.argv[3], JSON.stringify({ files, faults }));
`;

const Report = z.object({
  files: z.array(z.object({ path: z.string(), specifiers: z.array(z.string()) })),
  faults: z.array(z.object({ path: z.string(), line: z.number().int().nullable(), message: z.string() })),
});

export interface JavaScriptSources {
  /** What each file imports or requires, as it is written there. */
  readonly files: readonly { readonly path: string; readonly specifiers: readonly string[] }[];
  readonly faults: readonly SourceFault[];
}

const NOTHING: JavaScriptSources = { files: [], faults: [] };

/** The runner's own Node where commands can see it, because it may be newer than the machine's. */
const NODE = `n=${shellWord(process.execPath)}; [ -x "$n" ] || n=node; "$n" --no-warnings --experimental-vm-modules`;

/** JavaScript and TypeScript files, read by Node; nothing where there is none. */
export async function readJavaScript(
  paths: readonly string[],
  place: CheckPlace,
): Promise<JavaScriptSources> {
  const own = paths.filter((path) => /\.[cm]?[jt]s$/.test(path) && !path.endsWith('.d.ts'));
  if (own.length === 0) return NOTHING;
  const script = { name: 'read.mjs', text: SCRIPT, program: NODE };
  return Report.safeParse(await runScript(script, own, place)).data ?? NOTHING;
}

/** Modules that Node brings along. */
export const isBuiltin = (specifier: string): boolean =>
  specifier.startsWith('node:') || builtinModules.includes(specifier.split('/')[0] ?? '');
