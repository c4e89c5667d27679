import { type Place } from '../run/ports.ts';
import { locate, orNull } from './location.ts';
import { type GitHubClient } from './octokit.ts';

/** Text of the file at the commit; null when it is absent, no text, or over 1 MB, which GitHub does not show. */
export async function fileAt(
  client: GitHubClient,
  place: Place,
  commitSha: string,
  path: string,
): Promise<string | null> {
  // The path is a claim of the workspace's: with `..` it would be another address of the API.
  if (path.split('/').some((segment) => segment === '' || segment === '.' || segment === '..')) return null;
  const data = await contentOf(client, place, { path, ref: commitSha });
  return data === null || Array.isArray(data) ? null : textOf(data);
}

/** GitHub's view of a path: a file, or the entries of a folder; null for none. Without `ref`: default branch. */
export async function contentOf(
  client: GitHubClient,
  place: Place,
  what: { readonly path: string; readonly ref?: string },
) {
  const answer = await orNull(client.rest.repos.getContent({ ...locate(place), ...what }));
  return answer?.data ?? null;
}

/** Text of a file of `contentOf`; null when it is none, or has no content: a submodule, a link, a large file. */
export function textOf(data: object): string | null {
  if (!('content' in data && typeof data.content === 'string')) return null;
  if ('encoding' in data && data.encoding !== 'base64') return null;
  const bytes = Buffer.from(data.content, 'base64');
  if (bytes.includes(0)) return null;
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return null;
  }
}
