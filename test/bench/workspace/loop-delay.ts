/**
 * For `node --import`: how late the event loop of this process is. At SIGUSR2 the process prints a line about the
 * time since the last one. The delays count the 10 ms that lie between two looks of a loop with nothing to do.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { memoryUsage } from 'node:process';

const RESOLUTION_MS = 10;
const MS = 1e6;
const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
delay.enable();
process.on('SIGUSR2', () => {
  const line = {
    msg: 'loop-delay',
    p50Ms: delay.percentile(50) / MS,
    p99Ms: delay.percentile(99) / MS,
    maxMs: delay.max / MS,
    cpuS: (process.cpuUsage().user + process.cpuUsage().system) / 1e6,
    heapMb: memoryUsage().heapUsed / 1024 ** 2,
  };
  delay.reset();
  process.stdout.write(`${JSON.stringify(line)}\n`);
});
