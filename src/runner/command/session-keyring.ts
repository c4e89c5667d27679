import { accessSync, constants, readFileSync } from 'node:fs';

const PERL = '/usr/bin/perl';

/** Number of the system call `keyctl`. */
const KEYCTL: Readonly<Record<string, number>> = { x64: 250, arm64: 219 };

/** `keyctl(KEYCTL_JOIN_SESSION_KEYRING, NULL)`, then the rest of the arguments as a program. */
const LEAVE = 'syscall(0 + shift, 1, 0) >= 0 or exit 126; exec @ARGV; exit 127';

/**
 * Arguments that start the rest with an empty session keyring: the runner's own one passes to whatever it
 * starts, under every user, and its keys can be read by who has it. Empty when there is no key in it; null when
 * there is and nothing on this machine can leave it.
 */
export function leaveSessionKeyring(): readonly string[] | null {
  if (!holdsKeys()) return [];
  const keyctl = KEYCTL[process.arch];
  if (keyctl === undefined || !canRun(PERL)) return null;
  return [PERL, '-e', LEAVE, String(keyctl)];
}

/** Keyrings of the kernel and of users need no looking at: they do not pass to another user. */
function holdsKeys(): boolean {
  try {
    const rings = readFileSync('/proc/keys', 'utf8').matchAll(/ keyring +(?!_uid|\.)(.*?): (.+)$/gm);
    return [...rings].some(([, , content]) => content?.trim() !== 'empty');
  } catch {
    return false;
  }
}

function canRun(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
