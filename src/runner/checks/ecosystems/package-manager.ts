import { posix } from 'node:path';
import { makeToolFolder, TOOL_FOLDER } from '../tool-folder.ts';
import { readTreeFile } from '../tree-file.ts';
import { hasDependencies, type PackageJson } from './package-json.ts';

export interface PackageManager {
  readonly name: 'npm' | 'pnpm' | 'yarn' | 'bun';
  readonly setup: readonly string[];
  /** How a person runs a script of the package. */
  readonly runScript: (script: string) => string;
}

/** A lock file may be large; only its first lines matter here. */
const MAX_LOCK_BYTES = 50_000_000;

/** The files that tell a package manager, as texts; null where they are not there. */
interface Traces {
  readonly npmLock: string | null;
  readonly pnpmLock: string | null;
  readonly pnpmWorkspace: string | null;
  readonly yarnLock: string | null;
  readonly bunLock: string | null;
}

/** The package manager a package names, or whose files it carries; npm otherwise. */
export async function findPackageManager(
  tree: string,
  folder: string,
  manifest: PackageJson,
): Promise<PackageManager> {
  const [, named, version] =
    /^(npm|pnpm|yarn|bun)@(\d+\.\d+\.\d+(?:-[\w.]+)?)/.exec(manifest.packageManager ?? '') ?? [];
  const traces = await readTraces(tree, folder);
  switch (named ?? managerOf(traces)) {
    case 'pnpm':
      return pnpm(version, traces, folder !== '');
    case 'yarn':
      return yarn(version, traces.yarnLock);
    case 'bun':
      return bun(version, traces.bunLock);
    default:
      return npm(manifest, traces.npmLock);
  }
}

async function readTraces(tree: string, folder: string): Promise<Traces> {
  const read = async (...names: readonly string[]): Promise<string | null> => {
    const texts = names.map((name) => readTreeFile(tree, posix.join(folder, name), MAX_LOCK_BYTES));
    return (await Promise.all(texts)).find((text) => text !== null) ?? null;
  };
  return {
    npmLock: await read('package-lock.json', 'npm-shrinkwrap.json'),
    pnpmLock: await read('pnpm-lock.yaml'),
    pnpmWorkspace: await read('pnpm-workspace.yaml'),
    yarnLock: await read('yarn.lock'),
    bunLock: await read('bun.lock', 'bun.lockb'),
  };
}

function managerOf(traces: Traces): PackageManager['name'] {
  if (traces.pnpmLock !== null) return 'pnpm';
  if (traces.yarnLock !== null) return 'yarn';
  if (traces.bunLock !== null) return 'bun';
  return traces.pnpmWorkspace !== null && traces.npmLock === null ? 'pnpm' : 'npm';
}

function npm(manifest: PackageJson, lock: string | null): PackageManager {
  // Without a lock file npm would write one, which would become part of the change.
  const unlocked = hasDependencies(manifest) ? ['npm install --no-audit --no-fund --no-package-lock'] : [];
  return {
    name: 'npm',
    setup: lock === null ? unlocked : ['npm ci --no-audit --no-fund'],
    runScript: (script) => (script === 'test' ? 'npm test' : `npm run ${script}`),
  };
}

function pnpm(version: string | undefined, traces: Traces, isNested: boolean): PackageManager {
  const { pnpmLock: lock, pnpmWorkspace } = traces;
  const format = /^lockfileVersion:\s*['"]?(\d+)/m.exec(lock ?? '')?.[1];
  const byFormat: Readonly<Record<string, string>> = { '5': '7', '6': '8' };
  // Below a workspace it is no member of, a package would otherwise be taken for one.
  const alone = isNested && pnpmWorkspace === null ? ' --ignore-workspace' : '';
  return {
    name: 'pnpm',
    setup: [
      ...installManager(`pnpm@${version ?? byFormat[format ?? ''] ?? '10'}`),
      `${lock === null ? 'pnpm install --no-lockfile' : 'pnpm install --frozen-lockfile'}${alone}`,
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
    name: 'yarn',
    setup: [...installManager(manager), lock === null ? unlocked : locked],
    runScript: (script) => `yarn run ${script}`,
  };
}

function bun(version: string | undefined, lock: string | null): PackageManager {
  // Not by links into the cache: what one tree does to its packages must not reach the other.
  const install = 'bun install --backend=copyfile';
  return {
    name: 'bun',
    setup: [
      ...installManager(`bun@${version ?? '1'}`),
      lock === null ? `${install} --no-save` : `${install} --frozen-lockfile`,
    ],
    runScript: (script) => `bun run ${script}`,
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
