import * as z from 'zod';

const Manifest = z.looseObject({
  scripts: z.record(z.string(), z.unknown()).optional(),
  dependencies: z.unknown().optional(),
  devDependencies: z.unknown().optional(),
  optionalDependencies: z.unknown().optional(),
  peerDependencies: z.unknown().optional(),
});

// Scripts that npm, pnpm or yarn run without being asked, on the machine of whoever installs or publishes.
const LIFECYCLE = /^(pre|post)?(install|prepare|publish|pack)$|^prepublishOnly$|^dependencies$/;

const LOCK_FILES = ['package-lock.json', 'npm-shrinkwrap.json', 'pnpm-lock.yaml', 'yarn.lock', 'bun.lock'];

export const isPackageManifest = (path: string): boolean => /(^|\/)package\.json$/.test(path);

export const lockFilesBeside = (manifestPath: string): readonly string[] => {
  const folder = manifestPath.slice(0, manifestPath.length - 'package.json'.length);
  return LOCK_FILES.map((name) => folder + name);
};

export const manifestOfLockFile = (path: string): string | null => {
  const name = path.slice(path.lastIndexOf('/') + 1);
  return LOCK_FILES.includes(name) ? `${path.slice(0, path.length - name.length)}package.json` : null;
};

/** True when npm could not read it either, so that nobody can say what it would run. */
export const isUnreadable = (manifest: string): boolean => parse(manifest) === null;

/** Names of lifecycle scripts that are new or different in `after`. */
export function changedLifecycleScripts(before: string | null, after: string): readonly string[] {
  const was = parse(before)?.scripts ?? {};
  const is = parse(after)?.scripts ?? {};
  return Object.keys(is).filter((name) => LIFECYCLE.test(name) && is[name] !== was[name]);
}

/** True when the two manifests ask for different packages. */
export function dependenciesDiffer(before: string | null, after: string): boolean {
  const wanted = (manifest: z.infer<typeof Manifest> | null) =>
    JSON.stringify([
      manifest?.dependencies,
      manifest?.devDependencies,
      manifest?.optionalDependencies,
      manifest?.peerDependencies,
    ]);
  return wanted(parse(before)) !== wanted(parse(after));
}

function parse(text: string | null): z.infer<typeof Manifest> | null {
  if (text === null) return null;
  try {
    const parsed = Manifest.safeParse(JSON.parse(text));
    return parsed.success ? parsed.data : null;
  } catch {
    return null;
  }
}
