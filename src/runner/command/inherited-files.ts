import { readdirSync, readFileSync } from 'node:fs';

const CLOSE_ON_EXEC = 0o2000000;

/**
 * Arguments that close what the runner itself was started with open, and then start the rest: such files and
 * sockets would pass through every wall. Empty when there is nothing to close, as there should be.
 *
 * @param lastUsed the highest descriptor that the started program needs
 */
export function closeInherited(lastUsed: number): readonly string[] {
  const open = inheritableDescriptors().filter((descriptor) => descriptor > lastUsed);
  if (open.length === 0) return [];
  return ['/bin/bash', '-c', `exec ${open.map((fd) => `${fd}>&-`).join(' ')}; exec "$@"`, 'bash'];
}

function inheritableDescriptors(): readonly number[] {
  try {
    return readdirSync('/proc/self/fd').map(Number).filter(isInheritable);
  } catch {
    return [];
  }
}

function isInheritable(descriptor: number): boolean {
  try {
    const flags = /^flags:\s+(\d+)/m.exec(readFileSync(`/proc/self/fdinfo/${descriptor}`, 'utf8'))?.[1];
    return flags !== undefined && (Number.parseInt(flags, 8) & CLOSE_ON_EXEC) === 0;
  } catch {
    return false;
  }
}
