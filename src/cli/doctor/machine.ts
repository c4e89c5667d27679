import { access, constants, statfs } from 'node:fs/promises';
import path from 'node:path';
import { readCaller } from '../../config.ts';
import { type Terminal } from '../terminal.ts';
import { fail, type Finding, ok, warn } from './finding.ts';
import { programVersion } from './program-version.ts';

const LEAST_NODE = 24;
const LEAST_GIT = [2, 31] as const;
const LOW_BYTES = 5 * 1024 ** 3;
const TOO_LOW_BYTES = 500 * 1024 ** 2;

export function nodeFinding(): Finding {
  const major = Number(process.versions.node.split('.')[0]);
  return major >= LEAST_NODE
    ? ok('node', process.version)
    : fail(
        'node',
        `${process.version} is too old`,
        `Use Node ${LEAST_NODE} or newer: npm ci brings one along.`,
      );
}

export async function gitFinding({ env }: Terminal): Promise<Finding> {
  const said = await programVersion('git', ['--version'], readCaller(env).searchPath);
  if (said === null) return fail('git', 'not found', 'Install git.');
  const [major = 0, minor = 0] = (/(\d+)\.(\d+)/.exec(said) ?? []).slice(1).map(Number);
  const isNew = major > LEAST_GIT[0] || (major === LEAST_GIT[0] && minor >= LEAST_GIT[1]);
  return isNew
    ? ok('git', said)
    : fail('git', `${said} is too old`, `Install git ${LEAST_GIT.join('.')} or newer.`);
}

/** Space and access where workspaces, recordings and the embedded database go. */
export async function folderFinding(name: string, folder: string): Promise<Finding> {
  const there = await nearest(folder);
  const about = there === folder ? folder : `${folder} (not made yet)`;
  try {
    await access(there, constants.W_OK);
  } catch {
    return fail(name, `${about} cannot be written to`, 'Choose another with --data-dir or PTC_DATA_DIR.');
  }
  const { bavail, bsize } = await statfs(there);
  const free = `${((bavail * bsize) / 1024 ** 3).toFixed(1)} GB free`;
  if (bavail * bsize < TOO_LOW_BYTES)
    return fail(name, `${about}: ${free}`, 'Make room, or choose another disk.');
  if (bavail * bsize < LOW_BYTES)
    return warn(
      name,
      `${about}: ${free}`,
      'Each run takes some copies of its repository with its dependencies: make room.',
    );
  return ok(name, `${about}: ${free}`);
}

/** The folder, or the nearest one above it that exists. */
async function nearest(folder: string): Promise<string> {
  const exists = await access(folder).then(
    () => true,
    () => false,
  );
  return exists || path.dirname(folder) === folder ? folder : nearest(path.dirname(folder));
}

const TOOLS: Readonly<Record<string, readonly string[]>> = {
  node: ['--version'],
  npm: ['--version'],
  pnpm: ['--version'],
  yarn: ['--version'],
  bun: ['--version'],
  python3: ['--version'],
  uv: ['--version'],
  go: ['version'],
  cargo: ['--version'],
  java: ['--version'],
  mvn: ['--version'],
  gradle: ['--version'],
  dotnet: ['--version'],
  ruby: ['--version'],
  php: ['--version'],
  make: ['--version'],
};

/** Which languages' tools a repository's commands will find. None of them is needed by itself. */
export async function toolchainFindings(
  commandPath: readonly string[],
  { env }: Terminal,
): Promise<readonly Finding[]> {
  const { searchPath } = readCaller(env);
  const own = commandPath.join(':');
  const found: string[] = [];
  const missing: string[] = [];
  const hidden: string[] = [];
  for (const [tool, args] of Object.entries(TOOLS)) {
    const version = await programVersion(tool, args, own);
    if (version !== null) found.push(`${tool} ${/\d+(?:\.\d+)+/.exec(version)?.[0] ?? version}`);
    else if ((await programVersion(tool, args, searchPath)) !== null) hidden.push(tool);
    else missing.push(tool);
  }
  return [
    ok(
      'toolchains',
      `${found.join(', ') || 'none'}${missing.length > 0 ? ` (not found: ${missing.join(', ')})` : ''}`,
    ),
    ...(hidden.length === 0
      ? []
      : [
          warn(
            'toolchains',
            `${hidden.join(', ')} ${hidden.length === 1 ? 'is' : 'are'} on your PATH but where a repository’s commands cannot look`,
            'Install them for the whole machine: in /usr/local, /usr or a folder of /opt that is on your PATH.',
          ),
        ]),
  ];
}
