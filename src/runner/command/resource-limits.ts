import { availableParallelism } from 'node:os';
import { type RunnerLimits } from '../../protocol/runner-job.ts';

const MIB = 2 ** 20;
/** With less, Node ends before it runs a line. */
const LEAST_MEMORY_MB = 1024;
const OPEN_FILES = 4096;

export function memoryLimitBytes(limits: RunnerLimits): number {
  return Math.max(limits.memoryMb, LEAST_MEMORY_MB) * MIB;
}

/**
 * Arguments that hold a program and each of its descendants within the limits.
 *
 * @param othersThreads how many threads its user has already: the kernel counts them all against the limit
 */
export function limitedTo(limits: RunnerLimits, timeoutMs: number, othersThreads: number): readonly string[] {
  // More than all processors give within the time limit: it only ends what outlives a runner that died.
  const cpuSeconds = Math.ceil(timeoutMs / 1000) * availableParallelism() + 1;
  return [
    'prlimit',
    `--nproc=${limits.processes + othersThreads}`,
    `--data=${memoryLimitBytes(limits)}`,
    `--fsize=${limits.fileSizeMb * MIB}`,
    `--cpu=${cpuSeconds}`,
    `--nofile=${OPEN_FILES}`,
    '--core=0',
    '--',
  ];
}
