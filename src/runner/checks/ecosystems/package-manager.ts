import { makeToolFolder, TOOL_FOLDER } from '../tool-folder.ts';
import { readTreeFile } from '../tree-file.ts';
import { hasDependencies, type PackageJson } from './package-json.ts';

export interface PackageManager {
  readonly setup: readonly string[];
  /** How a person runs a script of the package. */
  readonly runScript: (script: string) => string;
}

/** A lock file may be large; only its first lines matter here. */
const MAX_LOCK_BYTES = 50_000_000;

/** The package manager a tree names, or whose lock file it carries; npm otherwise. */
export async function findPackageManager(tree: string, manifest: PackageJson): Promise<PackageManager> {
  const [, named, version] =
    /^(npm|pnpm|yarn)@(\d+\.\d+\.\d+(?:-[\w.]+)?)/.exec(manifest.packageManager ?? '') ?? [];
  const pnpmLock = await readTreeFile(tree, 'pnpm-lock.yaml', MAX_LOCK_BYTES);
  const yarnLock = await readTreeFile(tree, 'yarn.lock', MAX_LOCK_BYTES);
  if (named === 'pnpm' || (named === undefined && pnpmLock !== null)) return pnpm(version, pnpmLock);
  if (named === 'yarn' || (named === undefined && yarnLock !== null)) return yarn(version, yarnLock);
  return await npm(tree, manifest);
}

async function npm(tree: string, manifest: PackageJson): Promise<PackageManager> {
  const locks = ['package-lock.json', 'npm-shrinkwrap.json'];
  const found = await Promise.all(locks.map((lock) => readTreeFile(tree, lock, MAX_LOCK_BYTES)));
  const locked = found.some((lock) => lock !== null);
  // Without a lock file npm would write one, which would become part of the change.
  const unlocked = hasDependencies(manifest) ? ['npm install --no-audit --no-fund --no-package-lock'] : [];
  return {
    setup: locked ? ['npm ci --no-audit --no-fund'] : unlocked,
    runScript: (script) => (script === 'test' ? 'npm test' : `npm run ${script}`),
  };
}

function pnpm(version: string | undefined, lock: string | null): PackageManager {
  const format = /^lockfileVersion:\s*['"]?(\d+)/m.exec(lock ?? '')?.[1];
  const byFormat: Readonly<Record<string, string>> = { '5': '7', '6': '8' };
  return {
    setup: [
      ...installManager(`pnpm@${version ?? byFormat[format ?? ''] ?? '10'}`),
      lock === null ? 'pnpm install --no-lockfile' : 'pnpm install --frozen-lockfile',
    ],
    runScript: (script) => (script === 'test' ? 'pnpm test' : `pnpm run ${script}`),
  };
}

function yarn(version: string | undefined, lock: string | null): PackageManager {
  const format = /^__metadata:\s+version: (\d+)/m.exec(lock ?? '')?.[1];
  const classic = version === undefined ? format === undefined : version.startsWith('1.');
  const byFormat: Readonly<Record<string, string>> = { '4': '2', '5': '3', '6': '3' };
  // Yarn 2 and later are published to the registry under another name, the one corepack uses too.
  const manager = classic
    ? `yarn@${version ?? '1.22.22'}`
    : `@yarnpkg/cli-dist@${version ?? byFormat[format ?? ''] ?? '4'}`;
  const locked = classic ? 'yarn install --frozen-lockfile' : 'yarn install --immutable';
  // Yarn 2 and later cannot run anything without a lock file: where there is none, they have to write one.
  const unlocked = classic ? 'yarn install --no-lockfile' : 'yarn install --no-immutable';
  return {
    setup: [...installManager(manager), lock === null ? unlocked : locked],
    runScript: (script) => `yarn run ${script}`,
  };
}

/**
 * Always from the registry, in the version the tree wants: what a machine has may be corepack's stand-in,
 * which downloads at the first use, when the network is already closed.
 */
function installManager(manager: string): readonly string[] {
  return [
    makeToolFolder,
    `npm install --prefix ${TOOL_FOLDER} --no-save --no-package-lock --no-audit --no-fund ${manager}`,
  ];
}
