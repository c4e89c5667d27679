import { type Place } from '../run/ports.ts';
import { locate, orNull } from './location.ts';
import { type GitHubClient } from './octokit.ts';

/** Commit the branch points at, null without such a branch. */
export async function branchHead(client: GitHubClient, place: Place, branch: string): Promise<string | null> {
  const answer = await orNull(client.rest.git.getRef({ ...locate(place), ref: `heads/${branch}` }));
  return answer?.data.object.sha ?? null;
}

/** Every branch whose name begins like this, with the commit it points at. */
export async function branchesLike(
  client: GitHubClient,
  place: Place,
  prefix: string,
): Promise<ReadonlyMap<string, string>> {
  const { data } = await client.rest.git.listMatchingRefs({ ...locate(place), ref: `heads/${prefix}` });
  return new Map(data.map(({ ref, object }) => [ref.replace(/^refs\/heads\//, ''), object.sha]));
}
