import { type CommitDraft, type Place } from '../run/ports.ts';
import { type ChangedFile } from '../protocol/runner-result.ts';
import { locate } from './location.ts';
import { type GitHubClient } from './octokit.ts';

/**
 * Makes the draft's commit on its base, on no branch yet, and resolves to its SHA. Texts go into the tree
 * request itself, so that only a binary file costs a write of its own. Author and committer are left to
 * GitHub: only then does it sign the commit.
 */
export async function createCommit(client: GitHubClient, place: Place, draft: CommitDraft): Promise<string> {
  const at = locate(place);
  const base = await client.rest.git.getCommit({ ...at, commit_sha: draft.baseSha });
  const entries = [];
  for (const file of draft.files) entries.push(await treeEntry(client, place, file));
  const tree = await client.rest.git.createTree({ ...at, base_tree: base.data.tree.sha, tree: entries });
  const { message, baseSha } = draft;
  const made = await client.rest.git.createCommit({
    ...at,
    message,
    tree: tree.data.sha,
    parents: [baseSha],
  });
  return made.data.sha;
}

async function treeEntry(client: GitHubClient, place: Place, { path, mode, content, encoding }: ChangedFile) {
  const entry = { path, mode, type: 'blob' as const };
  if (content === null) return { ...entry, sha: null };
  if (encoding === 'utf-8') return { ...entry, content };
  const { data } = await client.rest.git.createBlob({ ...locate(place), content, encoding });
  return { ...entry, sha: data.sha };
}
