import { PtcError } from '../../domain/errors.ts';

export function notStarted(reason: string, options?: ErrorOptions): PtcError {
  return new PtcError(
    {
      code: 'command-not-started',
      message: `A command of the repository could not be started: ${reason}`,
      remedy:
        'Look whether the machine of the workspace lacks processes, memory or disk, then start the run again.',
      retryable: true,
    },
    options,
  );
}

/** @param reasons what stands against each level that was tried, in words for people */
export function isolationUnavailable(reasons: readonly string[], isRoot: boolean): PtcError {
  return new PtcError({
    code: 'isolation-unavailable',
    message: `This machine cannot keep the repository's commands apart from the runner. ${reasons.join(' ')}`,
    remedy: [
      'Install bubblewrap 0.8 or later (`apt-get install bubblewrap`, `dnf install bubblewrap`) and let users',
      'make namespaces (`sysctl -w kernel.unprivileged_userns_clone=1`; on Ubuntu also',
      '`sysctl -w kernel.apparmor_restrict_unprivileged_userns=0`; in Docker',
      '`--security-opt seccomp=unconfined --security-opt systempaths=unconfined`),',
      isRoot
        ? 'or install util-linux (`apt-get install util-linux`) for `setpriv` and `prlimit`,'
        : 'or start the runner as root, so that it can give commands another user,',
      'or, for a repository you trust, start with `--unsafe-no-isolation`.',
    ].join(' '),
    retryable: false,
  });
}
