import { type Forge, type Place } from '../run/ports.ts';
import { withAttempts } from './attempts.ts';
import { branchHead } from './branch.ts';
import { putCheckRun } from './check-run.ts';
import { cloneToken, workToken } from './clone-token.ts';
import { putComment } from './comment.ts';
import { commit } from './commit.ts';
import { fileAt } from './file.ts';
import { type Identity, anyInstallation, identityOf } from './identity.ts';
import { type GitHubClient } from './octokit.ts';
import { permissionOf } from './permission.ts';
import { openPullRequest, pullRequest } from './pull-request.ts';
import { react } from './reaction.ts';
import { repository } from './repository.ts';
import { pullRequestTemplate, settingsText } from './repository-settings.ts';

export interface ForgeOptions {
  readonly appId: number;
  /** Acts as the App itself. */
  readonly appOctokit: GitHubClient;
  /** Acts as one installation of the App. */
  readonly octokitFor: (installationId: number) => Promise<GitHubClient>;
  /** Pause before an operation is tried a second time; a second on GitHub. */
  readonly firstPauseMs?: number;
  /** Ends pauses between attempts. */
  readonly signal: AbortSignal;
}

/** The forge on GitHub. Every operation is attempted three times at most; see `withAttempts`. */
export function createForge(options: ForgeOptions): Forge {
  const { appId, appOctokit, octokitFor, firstPauseMs = 1000, signal } = options;
  let identity: Identity | null = null;

  const attempt = <T>(what: string, operation: () => Promise<T>) =>
    withAttempts(what, operation, { firstPauseMs, signal });
  const at = <T>(place: Place, what: string, operation: (client: GitHubClient) => Promise<T>) =>
    attempt(what, async () => operation(await octokitFor(place.installationId)));

  /** Asked once: neither changes while the App exists. */
  const identityAt = async (installationId: () => Promise<number>): Promise<Identity> => {
    identity ??= await identityOf(appOctokit, await octokitFor(await installationId()));
    return identity;
  };

  return {
    identity: () => attempt('say who the App is', () => identityAt(() => anyInstallation(appOctokit))),
    repository: (fullName) =>
      attempt(`show the repository ${fullName}`, () => repository(appOctokit, octokitFor, fullName)),
    permissionOf: (place, login) =>
      at(place, `say what ${login} may do`, (client) => permissionOf(client, place, login)),
    pullRequest: (place, number) =>
      at(place, `show pull request ${number}`, async (client) => {
        const { id } = await identityAt(async () => place.installationId);
        return pullRequest(client, id, place, number);
      }),
    settingsText: (place) => at(place, 'show .github/ptc.yml', (client) => settingsText(client, place)),
    pullRequestTemplate: (place) =>
      at(place, 'show the pull request template', (client) => pullRequestTemplate(client, place)),
    branchHead: (place, branch) =>
      at(place, `show the branch ${branch}`, (client) => branchHead(client, place, branch)),
    fileAt: (place, commitSha, path) =>
      at(place, `show ${path}`, (client) => fileAt(client, place, commitSha, path)),
    cloneToken: (place) => attempt('give a token to clone with', () => cloneToken(appOctokit, place)),
    workToken: (place) => attempt('give a token to work with', () => workToken(appOctokit, place)),
    react: (place, on) => at(place, 'add a reaction', (client) => react(client, place, on)),
    putComment: (place, draft) =>
      at(place, 'write the comment', (client) => putComment(client, appId, place, draft)),
    putCheckRun: (place, draft) =>
      at(place, 'write the check run', (client) => putCheckRun(client, appId, place, draft)),
    commit: (place, draft) => at(place, 'make the commit', (client) => commit(client, place, draft)),
    openPullRequest: (place, draft) =>
      at(place, 'open the pull request', (client) => openPullRequest(client, place, draft)),
  };
}
