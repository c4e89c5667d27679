import { posix } from 'node:path';
import * as z from 'zod';
import { readTreeFile } from '../tree-file.ts';

const texts = z.record(z.string(), z.unknown()).catch({});

const PackageJson = z.object({
  packageManager: z.string().optional().catch(undefined),
  workspaces: z.unknown().optional(),
  scripts: texts.transform((scripts): Readonly<Record<string, string>> =>
    Object.fromEntries(
      Object.entries(scripts).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
    ),
  ),
  dependencies: texts,
  devDependencies: texts,
  optionalDependencies: texts,
  peerDependencies: texts,
});
export type PackageJson = z.infer<typeof PackageJson>;

/** The package.json of a folder of a tree, as far as it makes sense; null without a readable one. */
export async function readPackageJson(tree: string, folder = ''): Promise<PackageJson | null> {
  const text = await readTreeFile(tree, posix.join(folder, 'package.json'));
  if (text === null) return null;
  try {
    const parsed = PackageJson.safeParse(JSON.parse(text.replace(/^\uFEFF/, '')));
    return parsed.success ? parsed.data : null;
  } catch {
    return null;
  }
}

export function hasDependencies(manifest: PackageJson): boolean {
  return Object.keys(allDependencies(manifest)).length > 0 || manifest.workspaces !== undefined;
}

export const hasDependency = (manifest: PackageJson, name: string): boolean =>
  Object.hasOwn(allDependencies(manifest), name);

function allDependencies(manifest: PackageJson): Readonly<Record<string, unknown>> {
  const { dependencies, devDependencies, optionalDependencies, peerDependencies } = manifest;
  return { ...dependencies, ...devDependencies, ...optionalDependencies, ...peerDependencies };
}
