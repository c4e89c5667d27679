import { posix } from 'node:path';
import * as z from 'zod';
import { isMember } from '../is-member.ts';
import { readTreeFile } from '../tree-file.ts';
import { type PackageJson, readPackageJson } from './package-json.ts';

const Patterns = z.array(z.string());

/** The folders of a workspace of npm, pnpm, yarn or bun, as its root's patterns name them. */
export async function workspaceMembers(
  tree: string,
  folder: string,
  manifest: PackageJson,
): Promise<readonly string[]> {
  const pnpm = await readTreeFile(tree, posix.join(folder, 'pnpm-workspace.yaml'));
  return pnpm === null ? patternsOf(manifest.workspaces) : patternsOf(await parseYaml(pnpm));
}

/** The root of the workspace that a package is a member of; null when it stands for itself. */
export async function workspaceRoot(
  tree: string,
  folder: string,
): Promise<{ readonly folder: string; readonly manifest: PackageJson } | null> {
  const parts = folder === '' ? [] : folder.split('/');
  for (const length of parts.keys()) {
    const around = parts.slice(0, length).join('/');
    const manifest = await readPackageJson(tree, around);
    if (manifest === null) continue;
    const members = await workspaceMembers(tree, around, manifest);
    if (isMember(folder, { folder: around, members })) return { folder: around, manifest };
  }
  return null;
}

/** A list, or an object that has it as its `packages`. */
function patternsOf(value: unknown): readonly string[] {
  const list = typeof value === 'object' && value !== null && 'packages' in value ? value.packages : value;
  const parsed = Patterns.safeParse(list);
  return parsed.success ? parsed.data : [];
}

async function parseYaml(text: string): Promise<unknown> {
  // Loaded here, because few repositories have such a file.
  const { parse } = await import('yaml');
  try {
    return parse(text);
  } catch {
    return null;
  }
}
