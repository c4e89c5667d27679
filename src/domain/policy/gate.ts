import {
  changedLifecycleScripts,
  dependenciesDiffer,
  isPackageManifest,
  isUnreadable,
  lockFilesBeside,
  manifestOfLockFile,
} from './manifests.ts';
import { askedAbout, foldPath, neverAllowed, unsafeLinkTarget, unsafePath } from './paths.ts';
import { newSecrets } from './secrets.ts';

/** One file of the change; `content` null is a deletion, a binary file has its base64 text. */
export interface GateFile {
  readonly path: string;
  readonly mode: string;
  readonly content: string | null;
  readonly encoding: 'utf-8' | 'base64';
}

export interface GateLimits {
  readonly maxFiles: number;
  readonly maxFileBytes: number;
  readonly maxTotalBytes: number;
}

const GATE_LIMITS: GateLimits = {
  maxFiles: 300,
  maxFileBytes: 1024 * 1024,
  maxTotalBytes: 8 * 1024 * 1024,
};

/** Why one path of the change may not be published. `allowable`: `--allow <path>` lets it pass. */
export interface GateRefusal {
  readonly path: string;
  readonly reason: string;
  readonly allowable: boolean;
}

/**
 * Paths whose text on the base the gate must see to judge the change. Read by the app from the forge itself,
 * never taken from the runner.
 */
export function basePathsToRead(files: readonly GateFile[]): readonly string[] {
  const paths = files.flatMap((file) => {
    if (file.content === null || unsafePath(file.path) !== null) return [];
    if (isPackageManifest(file.path)) return [file.path, ...lockFilesBeside(file.path)];
    return file.encoding === 'utf-8' && newSecrets(file.content, null).length > 0 ? [file.path] : [];
  });
  return [...new Set(paths)];
}

/**
 * Judges a change with what it must see of the base read by `readBase`, which gives the text of a path there, null
 * where there is none.
 */
export async function judgeAgainst(
  files: readonly GateFile[],
  readBase: (path: string) => Promise<string | null>,
  allow: readonly string[],
): Promise<readonly GateRefusal[]> {
  const base = new Map<string, string | null>();
  for (const path of basePathsToRead(files)) base.set(path, await readBase(path));
  return judgeChange(files, base, allow);
}

/**
 * May the change be published? Empty when it may.
 * `base` holds the text of each of `basePathsToRead`, null where the base has no such file.
 */
export function judgeChange(
  files: readonly GateFile[],
  base: ReadonlyMap<string, string | null>,
  allow: readonly string[],
  limits: GateLimits = GATE_LIMITS,
): readonly GateRefusal[] {
  const allowed = new Set(allow.map(foldPath));
  const changed = new Set(files.map((file) => file.path));
  const refusals = [
    ...judgeSize(files, limits),
    ...files.flatMap((file) => judgeFile(file, base, changed)),
    ...collisions(files),
  ];
  return refusals.filter((refusal) => !refusal.allowable || !allowed.has(foldPath(refusal.path)));
}

function judgeSize(files: readonly GateFile[], limits: GateLimits): readonly GateRefusal[] {
  const never = (path: string, reason: string): GateRefusal => ({ path, reason, allowable: false });
  const refusals = files
    .filter((file) => sizeOf(file) > limits.maxFileBytes)
    .map((file) => never(file.path, `it is larger than ${limits.maxFileBytes} bytes`));
  if (files.length > limits.maxFiles)
    refusals.push(never('(the whole change)', `it touches more than ${limits.maxFiles} files`));
  if (files.reduce((sum, file) => sum + sizeOf(file), 0) > limits.maxTotalBytes)
    refusals.push(never('(the whole change)', `it is larger than ${limits.maxTotalBytes} bytes`));
  return refusals;
}

const sizeOf = (file: GateFile): number => {
  if (file.content === null) return 0;
  return file.encoding === 'utf-8' ? Buffer.byteLength(file.content) : (file.content.length * 3) / 4;
};

function judgeFile(
  file: GateFile,
  base: ReadonlyMap<string, string | null>,
  changed: ReadonlySet<string>,
): readonly GateRefusal[] {
  const never = unsafePath(file.path) ?? neverAllowed(file.path) ?? escapingLink(file);
  if (never !== null) return [{ path: file.path, reason: never, allowable: false }];
  const asked = [
    askedAbout(file.path),
    file.mode === '120000' && file.content !== null ? 'it is a symbolic link' : null,
    ...judgeSecrets(file, base),
    ...judgeManifest(file, base, changed),
  ].filter((reason) => reason !== null);
  return asked.map((reason) => ({ path: file.path, reason, allowable: true }));
}

function escapingLink(file: GateFile): string | null {
  if (file.mode !== '120000' || file.content === null) return null;
  const target =
    file.encoding === 'utf-8' ? file.content : Buffer.from(file.content, 'base64').toString('utf8');
  return unsafeLinkTarget(file.path, target);
}

function judgeSecrets(file: GateFile, base: ReadonlyMap<string, string | null>): readonly string[] {
  if (file.content === null || file.encoding !== 'utf-8') return [];
  return newSecrets(file.content, base.get(file.path) ?? null).map(
    (name) => `it contains what looks like ${name}`,
  );
}

function judgeManifest(
  file: GateFile,
  base: ReadonlyMap<string, string | null>,
  changed: ReadonlySet<string>,
): readonly string[] {
  const manifest = manifestOfLockFile(file.path);
  if (manifest !== null && !changed.has(manifest))
    return ['it is a lock file whose manifest has not changed'];
  if (!isPackageManifest(file.path) || file.content === null || file.encoding !== 'utf-8') return [];
  if (isUnreadable(file.content)) return ['it cannot be read as a package manifest'];
  const before = base.get(file.path) ?? null;
  const reasons = changedLifecycleScripts(before, file.content).map(
    (script) => `its script “${script}” runs on every machine that installs it`,
  );
  const staleLock = lockFilesBeside(file.path).find(
    (lock) => typeof base.get(lock) === 'string' && !changed.has(lock),
  );
  if (staleLock !== undefined && dependenciesDiffer(before, file.content))
    reasons.push(`its dependencies changed and ${staleLock} did not`);
  return reasons;
}

/** Two paths that are one file on a case-insensitive file system. */
function collisions(files: readonly GateFile[]): readonly GateRefusal[] {
  const byFolded = Map.groupBy(
    files.filter((file) => file.content !== null),
    (file) => foldPath(file.path),
  );
  return [...byFolded.values()]
    .filter((group) => group.length > 1)
    .flatMap((group) => group.slice(1))
    .map(({ path }) => ({ path, reason: 'another changed file differs only in case', allowable: false }));
}
