/**
 * Sends SIGKILL to a process, or with a negative id to a process group; nothing happens when it is gone or its
 * id went to somebody else's meanwhile.
 */
export function killProcess(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : null;
    if (code !== 'ESRCH' && code !== 'EPERM') throw error;
  }
}
