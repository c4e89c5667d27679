/**
 * The simulated Daytona and the scripted model in a process of their own, so that neither waits for the git processes
 * of the forge. Started by simulation.ts, told what its runners do, and tells how far they are.
 */
import { type ScriptedTurn, startScriptedModel } from '../../helpers/scripted-model.ts';
import { startSimulatedDaytona } from './simulated-daytona.ts';
import { type Counts, type Ready, RunnersTask, Start } from './simulation.ts';

/** Between two pieces of an answer, of which one has about fifty. */
const MODEL_LATENCY_MS = 30;
const TELL_EVERY_MS = 200;
const MOST_TURNS = 100;

const TURNS: readonly ScriptedTurn[] = Array.from({ length: MOST_TURNS }, (_, index) => ({
  text: `Turn ${index + 1} of a simulated agent. ${'It says what it looks at and why. '.repeat(20)}`,
  tools: [{ name: 'finish', input: { title: 'Take a note', body: 'x'.repeat(400) } }],
}));

const { manifest } = Start.parse(JSON.parse(process.argv[2] ?? ''));
let task: RunnersTask = { modelCalls: 1, pauseMs: 0, atOnce: 1 };
let finished = 0;
let waiting: (() => void)[] = [];
const daytona = await startSimulatedDaytona(manifest, () => {
  const { modelCalls, pauseMs, atOnce } = task;
  return {
    modelCalls,
    pauseMs,
    beforeEnd: async () => {
      if (daytona.mostSandboxes() < atOnce) await new Promise<void>((resolve) => waiting.push(resolve));
      finished += 1;
    },
  };
});
const model = await startScriptedModel(TURNS, MODEL_LATENCY_MS);
process.on('message', (message) => {
  task = RunnersTask.parse(message);
});
process.on('disconnect', () => process.exit());
setInterval(() => {
  if (daytona.mostSandboxes() >= task.atOnce) {
    for (const resolve of waiting) resolve();
    waiting = [];
  }
  // Nothing is kept that nobody asks for.
  model.server.clearRequests();
  const counts: Counts = { requests: daytona.requests(), mostSandboxes: daytona.mostSandboxes(), finished };
  process.send?.(counts);
}, TELL_EVERY_MS);
const ready: Ready = { daytonaUrl: daytona.url, modelUrl: model.url };
process.send?.(ready);
