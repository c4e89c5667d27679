import { fork } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import * as z from 'zod';

const PROGRAM = path.join(import.meta.dirname, 'simulation-process.ts');

/** What the process is started with: the text of the `template.json` of its sandboxes' snapshot. */
export const Start = z.object({ manifest: z.string() });

/** What a runner does that is started from now on. */
export const RunnersTask = z.object({
  modelCalls: z.number(),
  /** Between two turns of the agent. */
  pauseMs: z.number(),
  /** None ends before there were so many sandboxes at once. */
  atOnce: z.number(),
});
export type RunnersTask = z.infer<typeof RunnersTask>;

export const Counts = z.object({
  /** To Daytona. */
  requests: z.number(),
  /** Sandboxes at once, at most. */
  mostSandboxes: z.number(),
  /** Runners that have done their work. */
  finished: z.number(),
});
export type Counts = z.infer<typeof Counts>;

const Ready = z.object({ daytonaUrl: z.string(), modelUrl: z.string() });
export type Ready = z.infer<typeof Ready>;

export interface Simulation {
  readonly daytonaUrl: string;
  readonly modelUrl: string;
  setTask(task: RunnersTask): void;
  /** As they were a moment ago. */
  counts(): Counts;
  close(): void;
}

/** Daytona and a model, in a process of their own. */
export async function startSimulation(manifest: string): Promise<Simulation> {
  const child = fork(PROGRAM, [JSON.stringify({ manifest })], { stdio: 'inherit' });
  const [first] = await once(child, 'message');
  const { daytonaUrl, modelUrl } = Ready.parse(first);
  let counts: Counts = { requests: 0, mostSandboxes: 0, finished: 0 };
  child.on('message', (message) => {
    counts = Counts.parse(message);
  });
  return {
    daytonaUrl,
    modelUrl,
    setTask: (task) => void child.send(task),
    counts: () => counts,
    close: () => void child.kill('SIGKILL'),
  };
}
