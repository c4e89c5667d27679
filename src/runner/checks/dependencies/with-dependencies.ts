import { type CheckPackage, type FoundChecks } from '../check.ts';
import { npm } from '../ecosystems/npm.ts';
import { hasDependency, readPackageJson } from '../ecosystems/package-json.ts';
import { findPackageManager } from '../ecosystems/package-manager.ts';
import { manifestTexts } from '../ecosystems/python-project.ts';
import { makesEnvironment, toInstallInto } from '../ecosystems/python-setup.ts';
import { python } from '../ecosystems/python.ts';
import { inFolder } from '../in-folder.ts';
import { shellWord } from '../shell-words.ts';
import { type Sources } from '../sources/read-sources.ts';
import { type NamedPackage, nodePackage, packageOfSpecifier, pythonPackage } from './named-packages.ts';
import { foreignModules } from './python-imports.ts';
import { packageOfModule, plainPackageName } from './python-packages.ts';

export interface Wanted {
  /** Absolute. */
  readonly tree: string;
  /** All files of the tree. */
  readonly files: readonly string[];
  /** Those whose imports matter. */
  readonly sources: Sources;
  /** Packages that whoever asked for the work names. */
  readonly named: readonly string[];
}

/**
 * What was found, with set-up commands besides for packages that sources import or that were named and that no
 * manifest says. What is imported has to be installed; of the others one may fail: nothing shows that it is
 * needed, or that it exists.
 */
export async function withDependencies(found: FoundChecks, wanted: Wanted): Promise<FoundChecks> {
  const packages: CheckPackage[] = [];
  const hasPython = found.packages.some(({ setup }) => setup.some(makesEnvironment));
  for (const each of found.packages) {
    const isPython = each.setup.some(makesEnvironment);
    const own = ownSources(each, found, wanted.sources);
    const commands = [
      ...(isPython ? await pipCommands(each, own, wanted) : []),
      ...(await npmCommands(each, own, wanted, hasPython)),
    ];
    packages.push(commands.length === 0 ? each : withSetup(each, commands, isPython));
  }
  return { packages };
}

const withSetup = (each: CheckPackage, commands: readonly string[], isPython: boolean): CheckPackage => ({
  ...each,
  setup: [...each.setup.map(toInstallInto), ...commands.map((command) => inFolder(each.folder, command))],
  registries: [...new Set([...each.registries, ...(isPython ? python : npm).registries])],
});

/** Sources that no package further below has. */
function ownSources({ folder }: CheckPackage, { packages }: FoundChecks, sources: Sources): Sources {
  const isOwn = ({ path }: { readonly path: string }): boolean => {
    const nearest = packages.findLast((each) => each.folder === '' || path.startsWith(`${each.folder}/`));
    return nearest?.folder === folder;
  };
  return {
    python: { ...sources.python, files: sources.python.files.filter(isOwn) },
    javaScript: { ...sources.javaScript, files: sources.javaScript.files.filter(isOwn) },
  };
}

async function pipCommands(
  { folder }: CheckPackage,
  { python: sources }: Sources,
  { tree, files, named }: Wanted,
): Promise<readonly string[]> {
  const said = plainPackageName((await manifestTexts(tree, folder)).join('\n'));
  const isSaid = (name: string): boolean =>
    new RegExp(`(?:^|[^a-z0-9-])${plainPackageName(name)}(?![a-z0-9-]*[a-z0-9])`, 'm').test(said);
  const asked = named.flatMap((text) => pythonPackage(text, sources.standard) ?? []);
  const imported = foreignModules(sources, files).flatMap((module) => packageOfModule(module) ?? []);
  return install(
    'pip install',
    imported.filter((name) => !isSaid(name)),
    asked.filter(({ name }) => !isSaid(name)),
    plainPackageName,
  );
}

async function npmCommands(
  each: CheckPackage,
  { javaScript }: Sources,
  { tree, named }: Wanted,
  hasPython: boolean,
): Promise<readonly string[]> {
  // What is in a workspace of others is for its root to install.
  if (each.installedBy !== null) return [];
  const manifest = await readPackageJson(tree, each.folder);
  if (manifest === null && javaScript.files.length === 0) return [];
  // Another manager's folder of packages is not npm's to write into.
  if (manifest !== null && (await findPackageManager(tree, each.folder, manifest)).name !== 'npm') return [];
  const isSaid = (name: string): boolean => manifest !== null && hasDependency(manifest, name);
  const specifiers = javaScript.files.flatMap((file) => file.specifiers);
  const imported = specifiers.flatMap((specifier) => packageOfSpecifier(specifier) ?? []);
  const asked = named
    .flatMap((text) => nodePackage(text) ?? [])
    // Beside Python, only what is imported can be told to be meant for Node.
    .filter(({ name }) => !hasPython || imported.includes(name));
  const command = 'npm install --prefix . --no-save --no-package-lock --no-audit --no-fund';
  return install(
    command,
    imported.filter((name) => !isSaid(name)),
    asked.filter(({ name }) => !isSaid(name)),
    (name) => name,
  );
}

/** In one command what is imported, in the version that was named; each of the others by itself. */
function install(
  command: string,
  imported: readonly string[],
  asked: readonly NamedPackage[],
  plain: (name: string) => string,
): readonly string[] {
  const byName = new Map(asked.map((each) => [each.name, each.spec]));
  const needed = new Map(imported.map((name) => [plain(name), byName.get(plain(name)) ?? name]));
  const others = asked.filter(({ name }) => !needed.has(name)).map(({ spec }) => spec);
  return [
    ...(needed.size === 0 ? [] : [`${command} ${[...needed.values()].sort().map(shellWord).join(' ')}`]),
    ...[...new Set(others)].map((spec) => `${command} ${shellWord(spec)} || true`),
  ];
}
