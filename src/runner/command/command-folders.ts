import { execFile } from 'node:child_process';
import * as fs from 'node:fs/promises';
import { realpathSync } from 'node:fs';
import { isAbsolute, join, relative, sep } from 'node:path';
import { promisify } from 'node:util';
import { PtcError } from '../../domain/errors.ts';
import { type CommandUser } from './command-user.ts';

/**
 * Makes the folder and gives all in it to the commands' user, but `.git` and the folder itself: of these the
 * runner stays the owner, so that its own git trusts them. Hard links stay as they are; one could lead out of
 * the folder. Cheap when little has changed, so it can be called again after the runner wrote into it; no
 * command may be running in it then.
 *
 * @param root the workspace folder, which it must lie below
 * @throws PtcError `command-path-refused`
 */
export async function giveFolder(path: string, root: string, user: CommandUser | null): Promise<void> {
  await fs.mkdir(path, { recursive: true });
  assertOwnPath(path, root);
  if (user === null) return;
  await fs.chown(path, process.getuid?.() ?? 0, user.gid);
  // Sticky: what the runner owns in it, `.git`, cannot be moved away. Closed to who is not of its group.
  await fs.chmod(path, 0o1770);
  const foreign = ['-not', '-user', String(user.uid), '(', '-not', '-type', 'f', '-o', '-links', '1', ')'];
  const give = ['-exec', 'chown', '-h', `${user.uid}:${user.gid}`, '{}', '+'];
  const args = ['.', '-mindepth', '1', '-path', './.git', '-prune', '-o', ...foreign, ...give];
  await promisify(execFile)('find', args, { cwd: path, timeout: 120_000 });
}

/**
 * Holds a path to be what its name says: below the workspace folder and reached through no link, which a
 * command could have planted to have something else opened for it.
 * @throws PtcError `command-path-refused`
 */
export function assertOwnPath(path: string, root: string): void {
  const below = relative(root, path);
  const isBelow = isAbsolute(path) && below !== '' && below !== '..' && !below.startsWith(`..${sep}`);
  if (isBelow && realPathOf(path) === join(realpathSync(root), below)) return;
  throw new PtcError({
    code: 'command-path-refused',
    message: `A command of the repository was to be given "${below}", which is no folder of the workspace or leads through a link.`,
    remedy: 'Report it as a bug with the run id; nothing was run.',
    retryable: false,
  });
}

function realPathOf(path: string): string | null {
  try {
    return realpathSync(path);
  } catch {
    return null;
  }
}
