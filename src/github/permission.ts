import { type Forge, type Place } from '../run/ports.ts';
import { locate, orNull } from './location.ts';
import { type GitHubClient } from './octokit.ts';

type Permission = Awaited<ReturnType<Forge['permissionOf']>>;
const PERMISSIONS: readonly Permission[] = ['admin', 'maintain', 'write', 'triage', 'read', 'none'];

/**
 * What the person may do in the repository. A role an organization made itself has any name; then the older
 * field counts, which names what it is based on. Nobody GitHub does not know may do anything.
 */
export async function permissionOf(client: GitHubClient, place: Place, login: string): Promise<Permission> {
  const answer = await orNull(
    client.rest.repos.getCollaboratorPermissionLevel({ ...locate(place), username: login }),
  );
  const { role_name: role, permission } = answer?.data ?? { role_name: 'none', permission: 'none' };
  return (
    PERMISSIONS.find((name) => name === role) ?? PERMISSIONS.find((name) => name === permission) ?? 'none'
  );
}
