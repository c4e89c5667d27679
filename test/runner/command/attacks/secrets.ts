import * as fs from 'node:fs/promises';
import { join } from 'node:path';
import { type Attack, byCommand, callNumber, GOT_IN, OWN_USER, perl, type Scene, SIGN } from './attack.ts';
import { CANARY, CANARY_VARIABLE } from './host.ts';

/** Attacks on what the runner knows. */
export const SECRETS: readonly Attack[] = [
  byCommand({
    name: "inherit the runner's environment",
    why: 'the environment is made from scratch',
    open: {},
    command: () => `[ -n "$${CANARY_VARIABLE}$DBUS_SESSION_BUS_ADDRESS$SSH_AUTH_SOCK" ] && ${GOT_IN}`,
  }),
  byCommand({
    name: "read the runner's environment in /proc",
    why: 'own processes, or another user',
    open: OWN_USER,
    command: () => `tr '\\0' '\\n' </proc/${process.pid}/environ | grep -q '^PATH=' && ${GOT_IN}`,
  }),
  byCommand({
    name: "open the runner's memory",
    why: 'own processes, or another user',
    open: OWN_USER,
    command: () => `exec 3</proc/${process.pid}/mem && ${GOT_IN}`,
  }),
  byCommand({
    name: 'trace the runner as a debugger does',
    why: 'own processes, or another user',
    open: OWN_USER,
    // PTRACE_SEIZE: unlike PTRACE_ATTACH it does not stop the runner, which is this very process.
    command: () =>
      perl(`print "in-", 42 if syscall(${callNumber(101, 117)}, 0x4206, ${process.pid}, 0, 0) == 0`),
  }),
  byCommand({
    name: 'take files that the runner has open',
    why: 'own processes, or another user; what was open at the start is closed',
    open: OWN_USER,
    command: () => `[ -n "$(ls /proc/${process.pid}/fd)" ] && ${GOT_IN}`,
  }),
  byCommand({
    name: 'read the job and the mailbox',
    why: 'not shown, or for the runner alone',
    open: OWN_USER,
    command: ({ bed }) =>
      `cat ${bed.root}/job.json ${bed.root}/inbox/1.json | grep -q ${CANARY} && ${GOT_IN}`,
  }),
  byCommand({
    name: 'read a private file (0600) outside of the workspace, `~/.ssh/id` say',
    why: 'not shown, or for its owner alone',
    open: OWN_USER,
    command: ({ host }) => `grep -q ${CANARY} ${host.home}/.ssh/id && ${GOT_IN}`,
  }),
  byCommand({
    name: 'read a file that every user may read (0644) outside of the workspace',
    why: 'not shown under bubblewrap; another user is a user too',
    open: { cgroup: 'everyUser', searched: 'everyUser', none: 'ownUser' },
    command: ({ host }) => `grep -q ${CANARY} ${host.home}/.ssh/config && ${GOT_IN}`,
  }),
  {
    name: "read the keys of the runner's session keyring",
    why: 'the system calls are taken away, or the keyring is left first',
    open: OWN_USER,
    tryAt: readKeyAt,
    onItself: async ({ host }) => (await host.run(makeKey(`print "in-", 42 if $key > 0`))).includes(SIGN),
  },
  byCommand({
    name: "type into the runner's terminal (TIOCSTI)",
    why: 'a session of its own has no terminal',
    open: {},
    command: () => `exec 3<>/dev/tty && ${GOT_IN}`,
  }),
];

/** `keyctl(KEYCTL_JOIN_SESSION_KEYRING)`, then a key of type `user` in that session's keyring. */
function makeKey(andThen: string): string {
  return perl(`syscall(${callNumber(250, 219)}, 1, 0);
    my ($type, $name, $text) = ("user", "canary", "${CANARY}");
    my $key = syscall(${callNumber(248, 217)}, $type, $name, $text, length $text, -3);
    ${andThen}`);
}

/** In a runner of its own, which holds a key from its start on. */
async function readKeyAt({ level, host }: Scene): Promise<boolean> {
  const holder = join(host.home, `${level}.mjs`);
  await fs.writeFile(holder, KEY_HOLDER);
  const output = await host.run(makeKey(`exec "${process.execPath}", "${holder}", "${level}", $key`));
  if (!output.includes('[asked]')) throw new Error(`the key holder failed: ${output}`);
  return output.includes(CANARY);
}

/** `node <file> <level> <key>`: a command of that level prints the key if it can (`KEYCTL_READ`). */
const KEY_HOLDER = `
import { openCommandBed } from '${join(import.meta.dirname, '..', 'command-bed.ts')}';
import { LEVELS } from '${join(import.meta.dirname, 'levels.ts')}';
const [, , id, key] = process.argv;
const bed = await openCommandBed({ enclosure: LEVELS.find((level) => level.id === id).make });
const read = 'my $text = chr(0) x 64; syscall(${callNumber(250, 219)}, 11, ' + key + ', $text, 64); print $text';
const { output } = await bed.run("perl -e '" + read + "'; echo '[asked]'");
process.stdout.write(output);
await bed.close();
`;
