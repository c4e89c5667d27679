import { type Attack, byCommand, callNumber, GOT_IN, OWN_USER, perl } from './attack.ts';

const CALLS = { cgroup: 'calls', searched: 'calls', none: 'ownUser' } as const;

/** Attacks on the system itself. */
export const KERNEL: readonly Attack[] = [
  byCommand({
    name: 'become root by a setuid program',
    why: 'no program can add rights (`no_new_privs`)',
    open: OWN_USER,
    command: () => `grep -q '^NoNewPrivs:.0$' /proc/self/status && ${GOT_IN}`,
  }),
  byCommand({
    name: 'make a device node',
    why: 'no capabilities',
    open: OWN_USER,
    command: () => `rm -f node; mknod node c 1 3 && rm node && ${GOT_IN}`,
  }),
  byCommand({
    name: 'set the clock',
    why: 'no capabilities',
    open: OWN_USER,
    // CAP_SYS_TIME; the clock itself is everybody's.
    command: () => `(( 0x$(sed -n 's/^CapEff:.//p' /proc/self/status) >> 25 & 1 )) && ${GOT_IN}`,
  }),
  byCommand({
    name: 'change settings of the kernel (/proc/sys, SysRq)',
    why: 'no capabilities',
    open: OWN_USER,
    // Opened for writing, and nothing is written.
    command: () => `(exec 3>>/proc/sys/kernel/hostname || exec 3>>/proc/sysrq-trigger) && ${GOT_IN}`,
  }),
  byCommand({
    name: 'leave the cgroup',
    why: 'not shown, or root’s alone',
    open: OWN_USER,
    command: () =>
      `at=$(awk '/ - cgroup2 /{ print $5; exit }' /proc/self/mountinfo); (exec 3>>"$at/cgroup.procs") && ${GOT_IN}`,
  }),
  byCommand({
    name: 'make namespaces, in which more of the kernel is open',
    why: 'forbidden inside bubblewrap',
    open: CALLS,
    command: () => `unshare -U true && ${GOT_IN}`,
  }),
  byCommand({
    name: 'use io_uring',
    why: 'the system calls are taken away under bubblewrap',
    open: CALLS,
    command: () => perl(`my $p = "\\0" x 120; print "in-", 42 if syscall(425, 8, $p) >= 0`),
  }),
  byCommand({
    name: 'load programs into the kernel (bpf)',
    why: 'the system calls are taken away, or no capabilities',
    open: OWN_USER,
    // BPF_MAP_CREATE, of the smallest array.
    command: () =>
      perl(
        `my $map = pack("L4 x112", 2, 4, 4, 1); print "in-", 42 if syscall(${callNumber(321, 280)}, 0, $map, 72) >= 0`,
      ),
  }),
  byCommand({
    name: 'stop the runner by a signal',
    why: 'own processes, or another user',
    open: OWN_USER,
    command: () => `kill -0 ${process.pid} && ${GOT_IN}`,
  }),
];
