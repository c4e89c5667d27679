import { type Place } from '../run/ports.ts';
import { orNull } from './location.ts';
import { type GitHubClient } from './octokit.ts';

/**
 * The repository as the App's installation on it sees it; null when the App is not installed there or suspended,
 * when there is no such repository, or when it is archived or disabled and takes no changes.
 *
 * @param app acts as the App itself, `octokitFor` as one of its installations
 */
export async function repository(
  app: GitHubClient,
  octokitFor: (installationId: number) => Promise<GitHubClient>,
  fullName: string,
): Promise<Place | null> {
  const [owner = '', repo = ''] = fullName.split('/');
  const installation = await orNull(app.rest.apps.getRepoInstallation({ owner, repo }));
  if (installation === null || installation.data.suspended_at !== null) return null;
  const client = await octokitFor(installation.data.id);
  const found = await orNull(client.rest.repos.get({ owner, repo }));
  if (found === null || found.data.archived || found.data.disabled) return null;
  const { id, name, owner: account, default_branch: defaultBranch, clone_url: cloneUrl } = found.data;
  return {
    installationId: installation.data.id,
    repository: { id, owner: account.login, name, defaultBranch, cloneUrl, private: found.data.private },
  };
}
