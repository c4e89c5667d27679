import { posix } from 'node:path';
import { type CheckKind } from '../../../protocol/proof.ts';
import { type CheckTool } from '../check.ts';
import { readToolCommand } from '../tool-command.ts';
import { readTreeFile } from '../tree-file.ts';
import { type Ecosystem, type FoundInFolder } from './ecosystem.ts';

/** In the order in which make itself looks for them. */
const MAKEFILES = ['GNUmakefile', 'makefile', 'Makefile'];

const TEST_TARGETS = ['test', 'check'];

const TARGETS: readonly (readonly [CheckKind, readonly string[]])[] = [
  ['test', TEST_TARGETS],
  ['lint', ['lint']],
];

const SETUP_TARGETS = ['deps', 'dependencies', 'install-deps'];

/**
 * A Makefile with a target for tests, where none of the `others` finds any in the same folder or below, and no
 * Makefile above is such a one.
 */
export function makeEcosystem(others: readonly Ecosystem[]): Ecosystem {
  return {
    name: 'make',
    manifests: /^(?:GNUm|[Mm])akefile$/,
    registries: [],
    async find(tree, folder, files) {
      const recipes = await readRecipes(tree, folder);
      if (recipes === null || !hasTests(recipes)) return null;
      const above = await Promise.all(foldersAbove(folder).map((each) => readRecipes(tree, each)));
      if (above.some((each) => each !== null && hasTests(each))) return null;
      if (await testedByOthers(others, tree, folder, files)) return null;
      const setup = SETUP_TARGETS.find((target) => recipes.has(target));
      return {
        members: [],
        setup: setup === undefined ? [] : [`make ${setup}`],
        checks: TARGETS.flatMap(([kind, targets]) => checkOf(kind, targets, recipes)),
      };
    },
  };
}

/** Targets and their commands. */
type Recipes = ReadonlyMap<string, readonly string[]>;

function hasTests(recipes: Recipes): boolean {
  return checkOf('test', TEST_TARGETS, recipes).length > 0;
}

function foldersAbove(folder: string): readonly string[] {
  const parts = folder === '' ? [] : folder.split('/');
  return parts.map((_, index) => parts.slice(0, index).join('/'));
}

function checkOf(kind: CheckKind, targets: readonly string[], recipes: Recipes): FoundInFolder['checks'] {
  const target = targets.find((each) => recipes.has(each));
  if (target === undefined) return [];
  return [{ name: kind, kind, command: `make ${target}`, tool: toolOf(recipes.get(target) ?? [], kind) }];
}

/** The tool behind the last command that has one: it may report without being handed any words. */
function toolOf(commands: readonly string[], kind: CheckKind): CheckTool {
  const tools = commands.map((command) => readToolCommand(command, {}, kind).tool);
  return tools.findLast((tool) => tool !== 'unknown') ?? 'unknown';
}

async function testedByOthers(
  others: readonly Ecosystem[],
  tree: string,
  folder: string,
  files: readonly string[],
): Promise<boolean> {
  for (const other of others) {
    const nested = files
      .filter((file) => other.manifests.test(posix.basename(file)))
      .map((file) => posix.dirname(file));
    for (const below of new Set(['.', ...nested])) {
      const inside = below === '.' ? files : filesIn(below, files);
      const found = await other.find(tree, posix.join(folder, below), inside);
      if (found?.checks.some(({ kind }) => kind === 'test') === true) return true;
    }
  }
  return false;
}

function filesIn(folder: string, files: readonly string[]): readonly string[] {
  return files.filter((file) => file.startsWith(`${folder}/`)).map((file) => file.slice(folder.length + 1));
}

async function readRecipes(tree: string, folder: string): Promise<Recipes | null> {
  const texts = await Promise.all(MAKEFILES.map((name) => readTreeFile(tree, posix.join(folder, name))));
  const text = texts.find((each) => each !== null);
  if (text === undefined || text === null) return null;
  const recipes = new Map<string, string[]>();
  let current: string[] = [];
  for (const line of text.replaceAll('\\\n', ' ').split('\n')) {
    const targets = /^([\w./ -]+?)\s*:{1,2}(?![:=])/.exec(line)?.[1];
    if (targets !== undefined) {
      current = [];
      for (const target of targets.split(/\s+/)) recipes.set(target, current);
    } else if (line.startsWith('\t')) current.push(line.replace(/^\t\s*[@+-]*/, ''));
  }
  return recipes;
}
