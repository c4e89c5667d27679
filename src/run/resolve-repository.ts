import { PtcError } from '../domain/errors.ts';
import { type RepositoryRef } from '../domain/trigger.ts';
import { type Forge } from './ports.ts';

/** Where work on a repository starts, as its forge says. */
export interface ResolvedRepository {
  readonly installationId: number;
  readonly repository: RepositoryRef;
  readonly baseBranch: string;
}

/**
 * Finds a repository that we may work on, and the branch the work starts from.
 *
 * @param fullName `owner/name`
 * @param base null for the default branch
 * @throws PtcError `repository-unknown`, `base-branch-missing`, and what the forge rejects with
 */
export async function resolveRepository(
  forge: Pick<Forge, 'repository' | 'branchHead'>,
  fullName: string,
  base: string | null,
): Promise<ResolvedRepository> {
  const place = await forge.repository(fullName);
  if (place === null) throw unknown(fullName);
  const baseBranch = base ?? place.repository.defaultBranch;
  if ((await forge.branchHead(place, baseBranch)) === null) throw missing(fullName, baseBranch);
  return { ...place, baseBranch };
}

const unknown = (fullName: string): PtcError =>
  new PtcError({
    code: 'repository-unknown',
    message: `The App cannot work on ${fullName}: it is not installed there, or the repository is gone or archived.`,
    remedy: 'Check the name, and install the GitHub App on that repository.',
    retryable: false,
  });

const missing = (fullName: string, branch: string): PtcError =>
  new PtcError({
    code: 'base-branch-missing',
    message: `${fullName} has no branch ${branch} with a commit.`,
    remedy: 'Name a branch that exists as base, or leave it out for the default branch.',
    retryable: false,
  });
