import { type Place } from '../run/ports.ts';
import { type GitHubClient } from './octokit.ts';

interface Token {
  readonly token: string;
  readonly expiresAt: string;
}

/** A fresh token, asked for as the App, that reads the contents of this one repository and nothing else. */
export const cloneToken = (app: GitHubClient, place: Place): Promise<Token> =>
  tokenFor(app, place, { contents: 'read' });

/** The same that may push to the repository, though no workflow, and open pull requests in it. */
export const workToken = (app: GitHubClient, place: Place): Promise<Token> =>
  tokenFor(app, place, { contents: 'write', pull_requests: 'write' });

async function tokenFor(
  app: GitHubClient,
  { installationId, repository }: Place,
  permissions: { readonly contents: 'read' | 'write'; readonly pull_requests?: 'write' },
): Promise<Token> {
  const { data } = await app.rest.apps.createInstallationAccessToken({
    installation_id: installationId,
    repository_ids: [repository.id],
    permissions,
  });
  return { token: data.token, expiresAt: data.expires_at };
}
