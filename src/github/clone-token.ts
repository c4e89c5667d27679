import { type Place } from '../run/ports.ts';
import { type GitHubClient } from './octokit.ts';

/** A fresh token, asked for as the App, that reads the contents of this one repository and nothing else. */
export async function cloneToken(
  app: GitHubClient,
  { installationId, repository }: Place,
): Promise<{ readonly token: string; readonly expiresAt: string }> {
  const { data } = await app.rest.apps.createInstallationAccessToken({
    installation_id: installationId,
    repository_ids: [repository.id],
    permissions: { contents: 'read' },
  });
  return { token: data.token, expiresAt: data.expires_at };
}

/** The same that may push to the repository, though no workflow, and open pull requests in it. */
export async function workToken(
  app: GitHubClient,
  { installationId, repository }: Place,
): Promise<{ readonly token: string; readonly expiresAt: string }> {
  const { data } = await app.rest.apps.createInstallationAccessToken({
    installation_id: installationId,
    repository_ids: [repository.id],
    permissions: { contents: 'write', pull_requests: 'write' },
  });
  return { token: data.token, expiresAt: data.expires_at };
}
