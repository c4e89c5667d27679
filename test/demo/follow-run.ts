import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod';
import { describe } from '../../src/cli/run/progress.ts';
import { RunnerEvent } from '../../src/protocol/runner-event.ts';
import { type ServerProcess } from '../helpers/server-process.ts';

const TIMEOUT_MS = 10 * 60_000;
const POLL_MS = 100;

const State = z.object({
  phase: z.string(),
  status: z.string().nullable(),
  events: z.array(RunnerEvent),
});

/** Prints the timeline of the run as it happens; resolves to how it ended. */
export async function followRun(
  server: ServerProcess,
  runId: string,
  startedAt: number,
  say: (line: string) => void,
): Promise<string> {
  const tell = (line: string): void =>
    say(`${((performance.now() - startedAt) / 1000).toFixed(1).padStart(6)} s  ${line}`);
  const deadline = performance.now() + TIMEOUT_MS;
  let phase = '';
  let seq = 0;
  while (performance.now() < deadline) {
    const state = await readState(`${server.apiUrl}/runs/${runId}/events?after=${seq}`);
    if (state !== null) {
      if (state.phase !== phase) tell(state.phase);
      phase = state.phase;
      for (const event of state.events) {
        const line = describe(event);
        if (line !== null) tell(`  ${line}`);
        seq = event.seq;
      }
      if (state.status !== null) return state.status;
    }
    await sleep(POLL_MS);
  }
  throw new Error(`the run did not end:\n${server.log.join('\n')}`);
}

/** Null until the delivery has become a run. */
async function readState(url: string): Promise<z.infer<typeof State> | null> {
  const response = await fetch(url);
  if (response.status === 404) return null;
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
  return State.parse(await response.json());
}
