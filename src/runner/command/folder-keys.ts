import { randomInt } from 'node:crypto';
import { FIRST_UID, UIDS } from './command-user.ts';

/** A group for each folder, so that of a run's commands, which are all one user, only those given it get in. */
export type FolderKeys = (path: string) => number;

/** Begins at random: runners beside each other should not use the same ones. */
export function createFolderKeys(): FolderKeys {
  const first = randomInt(UIDS);
  const keys = new Map<string, number>();
  return (path) => {
    const key = keys.get(path) ?? FIRST_UID + ((first + keys.size) % UIDS);
    keys.set(path, key);
    return key;
  };
}
