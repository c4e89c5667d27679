import { countedThreads } from './process-table.ts';

/** The unprivileged user that commands run as when the runner is root. */
export interface CommandUser {
  readonly uid: number;
  readonly gid: number;
  /** True when something else ran as this user already. */
  readonly isShared: boolean;
}

/** Numbers that are set aside for services without an account, and small enough for any container. */
export const FIRST_UID = 61_184;
export const UIDS = 4336;

/**
 * Null when the runner is not root: then it cannot become somebody else. Without a number of the operator's
 * each runner takes one of its own, that nothing runs as: runners beside each other must neither read each
 * other's trees nor share a limit on processes.
 */
export function commandUser(uid: number | null): CommandUser | null {
  if (process.getuid?.() !== 0) return null;
  const taken = countedThreads();
  const chosen = uid ?? candidates().find((candidate) => !taken.has(candidate)) ?? FIRST_UID;
  return { uid: chosen, gid: chosen, isShared: taken.has(chosen) };
}

function candidates(): readonly number[] {
  return Array.from({ length: UIDS }, (_, step) => FIRST_UID + ((process.pid + step) % UIDS));
}

/**
 * Arguments that give up root for good before the rest is started; empty without a user. Limits on processes
 * hold for no root, so this comes before them.
 *
 * @param groups the process's own group and further ones; the user's alone unless given
 */
export function dropTo(user: CommandUser | null, groups?: readonly number[]): readonly string[] {
  if (user === null) return [];
  const [own = user.gid, ...further] = groups ?? [];
  return [
    'setpriv',
    `--reuid=${user.uid}`,
    `--regid=${own}`,
    further.length === 0 ? '--clear-groups' : `--groups=${further.join(',')}`,
    '--inh-caps=-all',
    '--bounding-set=-all',
    '--no-new-privs',
    '--pdeathsig=KILL',
    '--',
  ];
}
