import { readTreeFile } from './checks/tree-file.ts';

/** Where repositories keep what they want agents to know; the first that is there counts. */
const GUIDES = ['AGENTS.md', 'CLAUDE.md'] as const;

/** The repository's guide for agents, null without one. Untrusted, as everything in the repository. */
export async function readGuide(
  tree: string,
): Promise<{ readonly path: string; readonly text: string } | null> {
  for (const path of GUIDES) {
    const text = await readTreeFile(tree, path);
    if (text !== null) return { path, text };
  }
  return null;
}
