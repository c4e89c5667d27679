import { spawn } from 'node:child_process';
import path from 'node:path';
import { createInterface } from 'node:readline';
import * as z from 'zod';
import { until } from '../../helpers/world.ts';

const PRELOAD = path.join(import.meta.dirname, 'loop-delay.ts');

/** For the environment of a process that is to be asked. */
export const WITH_LOOP_DELAY = { NODE_OPTIONS: `--import ${PRELOAD}` };

const LoopDelay = z.object({
  msg: z.literal('loop-delay'),
  p50Ms: z.number(),
  p99Ms: z.number(),
  maxMs: z.number(),
  cpuS: z.number(),
  heapMb: z.number(),
});
export type LoopDelay = z.infer<typeof LoopDelay>;

/** How late the loop of a process was since it was last asked; the first time since its start. */
export async function loopDelayOf(pid: number, lines: readonly string[]): Promise<LoopDelay> {
  const before = lines.length;
  process.kill(pid, 'SIGUSR2');
  const line = await until(
    'the event-loop delay',
    () => lines.slice(before).find((each) => each.includes('"loop-delay"')) ?? null,
  );
  return LoopDelay.parse(JSON.parse(line));
}

/** A process that does nothing: how late it is is the machine's doing. */
export interface IdleProcess {
  loopDelay(): Promise<LoopDelay>;
  end(): void;
}

export function startIdleProcess(): IdleProcess {
  const child = spawn(process.execPath, ['--import', PRELOAD, '--eval', 'setInterval(() => {}, 60000)'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines: string[] = [];
  createInterface(child.stdout).on('line', (line) => lines.push(line));
  return { loopDelay: () => loopDelayOf(child.pid ?? 0, lines), end: () => void child.kill('SIGKILL') };
}
