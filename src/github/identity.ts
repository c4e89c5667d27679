import { PtcError } from '../domain/errors.ts';
import { type GitHubClient } from './octokit.ts';

export interface Identity {
  /** Account id of the App's bot user, which GitHub puts on whatever the App writes. */
  readonly id: number;
  readonly login: string;
}

/**
 * The App's bot user. `asInstallation` is any of the App's installations: GitHub shows accounts to no App as
 * such.
 */
export async function identityOf(app: GitHubClient, asInstallation: GitHubClient): Promise<Identity> {
  const about = await app.rest.apps.getAuthenticated();
  if (!about.data) throw notInstalled;
  const { data } = await asInstallation.rest.users.getByUsername({ username: `${about.data.slug}[bot]` });
  return { id: data.id, login: data.login };
}

/** Id of any installation; the error `app-not-installed` when there is none. */
export async function anyInstallation(app: GitHubClient): Promise<number> {
  const { data } = await app.rest.apps.listInstallations({ per_page: 1 });
  const [first] = data;
  if (!first) throw notInstalled;
  return first.id;
}

const notInstalled = new PtcError({
  code: 'app-not-installed',
  message: 'The GitHub App is not installed anywhere yet.',
  remedy: 'Install it on a repository: on the App’s page on GitHub, "Install App".',
  retryable: false,
});
