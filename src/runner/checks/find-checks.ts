import { posix } from 'node:path';
import { type CheckCommands } from '../../protocol/runner-job.ts';
import { type Check, type CheckPackage, type FoundChecks } from './check.ts';
import { type Ecosystem, type FoundInFolder } from './ecosystems/ecosystem.ts';
import { ECOSYSTEMS } from './ecosystems/ecosystems.ts';
import { readPackageJson } from './ecosystems/package-json.ts';
import { inFolder } from './in-folder.ts';
import { isMember } from './is-member.ts';
import { readToolCommand } from './tool-command.ts';
import { telling, walkTree } from './tree-files.ts';

const KINDS = ['test', 'lint', 'typecheck'] as const;

/** How deep below the root, and how many, packages of one ecosystem are looked for. */
const MAX_PACKAGE_DEPTH = 4;
const MAX_PACKAGES = 200;

/**
 * What the tree is installed and checked with, package by package: found in its manifests, and for set-up and
 * every kind of check that the repository's owner named commands for, those in place of all that was found.
 *
 * @param tree a fresh checkout; nothing of it is executed
 * @param files every file of the tree, relative to it, where they are known already
 */
export async function findChecks(
  tree: string,
  commands: CheckCommands,
  files?: readonly string[],
): Promise<FoundChecks> {
  const known = files === undefined ? await walkTree(tree) : telling(files);
  const found = (await Promise.all(ECOSYSTEMS.map((each) => findPackages(each, tree, known)))).flat();
  const named = await namedByOwner(tree, commands);
  const joined = joinFolders([named, ...found.map((each) => withoutNamed(each, commands))]);
  const packages = joined.map((each) => withRegistriesBelow(each, known));
  const owners = new Set(packages.map((each) => each.installedBy));
  return {
    packages: packages.filter(({ folder, setup, checks }) =>
      folder === '' ? setup.length > 0 || checks.length > 0 : checks.length > 0 || owners.has(folder),
    ),
  };
}

interface Located extends FoundInFolder, Pick<Ecosystem, 'registries'> {
  readonly folder: string;
}

async function findPackages(
  ecosystem: Ecosystem,
  tree: string,
  files: readonly string[],
): Promise<readonly CheckPackage[]> {
  const found: Located[] = [];
  for (const folder of ['', ...nestedFolders(ecosystem, files)]) {
    const below = folder === '' ? files : filesBelow(folder, files);
    const here = await ecosystem.find(tree, folder, below);
    if (here !== null) found.push({ folder, registries: ecosystem.registries, ...here });
  }
  return found.map((each) => asPackage(each, workspaceOf(each, found)));
}

function nestedFolders({ manifests }: Ecosystem, files: readonly string[]): readonly string[] {
  const folders = files
    .filter((file) => manifests.test(posix.basename(file)))
    .map((file) => posix.dirname(file));
  const depth = (folder: string): number => folder.split('/').length;
  return [...new Set(folders)]
    .filter((folder) => folder !== '.' && depth(folder) <= MAX_PACKAGE_DEPTH)
    .sort((a, b) => depth(a) - depth(b) || (a < b ? -1 : 1))
    .slice(0, MAX_PACKAGES);
}

function filesBelow(folder: string, files: readonly string[]): readonly string[] {
  return files.filter((file) => file.startsWith(`${folder}/`)).map((file) => file.slice(folder.length + 1));
}

/** The outermost package around this one whose workspace it is a member of. */
function workspaceOf(member: Located, found: readonly Located[]): Located | null {
  return found.find((other) => isMember(member.folder, other)) ?? null;
}

function asPackage({ folder, setup, registries, checks }: Located, workspace: Located | null): CheckPackage {
  // Of tests that its root runs in a way nobody can read, a member's own say more.
  const told = workspace?.checks.filter(({ kind, tool }) => kind !== 'test' || tool !== 'unknown');
  const kinds = new Set(told?.map((check) => check.kind));
  return {
    folder,
    installedBy: workspace?.folder ?? null,
    setup: workspace === null ? setup.map((command) => inFolder(folder, command)) : [],
    registries,
    checks: checks
      .filter((check) => !kinds.has(check.kind))
      .map((check) => ({
        ...check,
        folder,
        name: folder === '' ? check.name : `${folder}: ${check.name}`,
        command: inFolder(folder, check.command),
      })),
  };
}

/** The owner's commands are those of the root. */
async function namedByOwner(tree: string, commands: CheckCommands): Promise<CheckPackage> {
  const manifest = await readPackageJson(tree);
  const checks = KINDS.flatMap((kind): readonly Check[] => {
    const command = commands[kind];
    if (command === null) return [];
    const { tool } = readToolCommand(command, manifest?.scripts ?? {}, kind);
    return [{ name: kind, kind, folder: '', command, tool }];
  });
  return { folder: '', installedBy: null, setup: commands.setup ?? [], registries: [], checks };
}

function withoutNamed(found: CheckPackage, commands: CheckCommands): CheckPackage {
  return {
    ...found,
    setup: commands.setup === null ? found.setup : [],
    checks: found.checks.filter(({ kind }) => commands[kind] === null),
  };
}

/** One package for each folder, whatever ecosystems meet in it; its checks in the order of the kinds. */
function joinFolders(packages: readonly CheckPackage[]): readonly CheckPackage[] {
  const folders = [...new Set(packages.map((each) => each.folder))].sort();
  return folders.map((folder) => {
    const parts = packages.filter((each) => each.folder === folder);
    const checks = parts.flatMap((each) => each.checks);
    return {
      folder,
      installedBy: parts.map((each) => each.installedBy).find((by) => by !== null) ?? null,
      setup: [...new Set(parts.flatMap((each) => each.setup))],
      registries: [...new Set(parts.flatMap((each) => each.registries))],
      checks: KINDS.flatMap((kind) => checks.filter((check) => check.kind === kind)),
    };
  });
}

/**
 * A set-up may go on into the folders below: a Python package that builds its Rust, a Makefile, the commands of
 * the owner.
 */
function withRegistriesBelow(found: CheckPackage, files: readonly string[]): CheckPackage {
  if (found.setup.length === 0) return { ...found, registries: [] };
  const below = found.folder === '' ? files : filesBelow(found.folder, files);
  const names = new Set(below.map((file) => posix.basename(file)));
  const present = ECOSYSTEMS.filter(({ manifests }) => [...names].some((name) => manifests.test(name)));
  return {
    ...found,
    registries: [...new Set([...found.registries, ...present.flatMap(({ registries }) => registries)])],
  };
}
