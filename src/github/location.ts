import { type Place } from '../run/ports.ts';
import { statusOf } from './errors.ts';

/** The parameters that name the repository in every request. */
export const locate = ({ repository }: Place): { readonly owner: string; readonly repo: string } => ({
  owner: repository.owner,
  repo: repository.name,
});

/** What `request` resolves to, null when GitHub says there is no such thing. */
export async function orNull<T>(request: Promise<T>): Promise<T | null> {
  try {
    return await request;
  } catch (thrown) {
    if (statusOf(thrown) === 404) return null;
    throw thrown;
  }
}
