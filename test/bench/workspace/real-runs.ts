import { type RunnerEvent } from '../../../src/protocol/runner-event.ts';
import { openDatabase } from '../../../src/store/database.ts';
import { SAMPLE_TURNS } from '../../helpers/sample-project.ts';
import { type ScriptedTurn } from '../../helpers/scripted-model.ts';
import { createWorld, untilFinished } from '../../helpers/world.ts';
import { median } from '../overhead/timeline.ts';
import { type ApiCall, apiMsWithin, callsWithin, recordCalls, timesSent } from './api-time.ts';

const START = 'POST /toolbox/process/session/{id}/exec';
/** Calls of the agent in one run. */
const CONVERSATION = 50;

/** Milliseconds; medians of all runs. */
export interface FirstEvent {
  /** From the webhook to the first event, and what of it was the API's or the start of the runner's process. */
  readonly wholeMs: number;
  readonly apiMs: number;
  readonly apiCalls: number;
  /** From the command that starts the runner to its first event. */
  readonly startMs: number;
  /** The rest, with what the start took longer than the runner alone takes. */
  readonly oursMs: number;
}

/** Real runners in sandboxes of the local server, whose every answer takes `latencyMs`. */
export async function firstEvents(
  databaseUrl: string,
  options: { readonly runs: number; readonly latencyMs: number; readonly runnerStartMs: number },
): Promise<FirstEvent> {
  const world = await createWorld({ workspaces: 'daytona' });
  try {
    const { daytona } = world;
    if (daytona === null) throw new Error('a world without Daytona');
    const calls = recordCalls(daytona);
    daytona.setLatencyMs(options.latencyMs);
    const server = await world.start({ DATABASE_URL: databaseUrl });
    const measured: FirstEvent[] = [];
    for (let run = 0; run <= options.runs; run += 1) {
      const issue = await world.openIssue();
      const triggeredAtMs = Date.now();
      const runId = await world.label(issue);
      const { events } = await untilFinished(server, runId);
      const started = calls.findLast(({ route }) => route === START);
      if (started === undefined) throw new Error(`${runId} has started no runner`);
      measured.push(split(calls, triggeredAtMs, started.toMs, atMs(events[0]), options.runnerStartMs));
    }
    const figure = (name: keyof FirstEvent): number => median(measured.slice(1).map((each) => each[name]));
    return {
      wholeMs: figure('wholeMs'),
      apiMs: figure('apiMs'),
      apiCalls: figure('apiCalls'),
      startMs: figure('startMs'),
      oursMs: figure('oursMs'),
    };
  } finally {
    await world.close();
  }
}

function split(
  calls: readonly ApiCall[],
  triggeredAtMs: number,
  launchedAtMs: number,
  firstEventAtMs: number,
  runnerStartMs: number,
): FirstEvent {
  const wholeMs = firstEventAtMs - triggeredAtMs;
  const apiMs = apiMsWithin(calls, triggeredAtMs, launchedAtMs);
  return {
    wholeMs,
    apiMs,
    apiCalls: callsWithin(calls, triggeredAtMs, launchedAtMs),
    startMs: firstEventAtMs - launchedAtMs,
    oursMs: wholeMs - apiMs - runnerStartMs,
  };
}

export interface RoundTrips {
  readonly calls: number;
  /** From a request's event to the event of what was done with its answer; medians. */
  readonly wholeMs: number;
  readonly modelMs: number;
  readonly apiMs: number;
  readonly apiCalls: number;
  readonly oursMs: number;
  /** Bytes of events handed out, by bytes of events there are. */
  readonly timesSent: number;
}

/** A conversation of a real runner through the whole app. */
export async function roundTrips(databaseUrl: string, latencyMs: number): Promise<RoundTrips> {
  const world = await createWorld({ workspaces: 'daytona', turns: TURNS });
  try {
    const { daytona } = world;
    if (daytona === null) throw new Error('a world without Daytona');
    const calls = recordCalls(daytona);
    daytona.setLatencyMs(latencyMs);
    const server = await world.start({ DATABASE_URL: databaseUrl, PTC_MAX_MODEL_REQUESTS: '100' });
    const runId = await world.label(await world.openIssue());
    const { events } = await untilFinished(server, runId);
    const modelMs = await modelTimes(databaseUrl, world.dataDir, runId);
    const trips = tripsOf(events).map(({ requestId, fromMs, toMs }) => {
      const [model, api] = [modelMs.get(requestId) ?? 0, apiMsWithin(calls, fromMs, toMs)];
      const apiCalls = callsWithin(calls, fromMs, toMs);
      return {
        wholeMs: toMs - fromMs,
        modelMs: model,
        apiMs: api,
        apiCalls,
        oursMs: toMs - fromMs - model - api,
      };
    });
    const figure = (name: 'wholeMs' | 'modelMs' | 'apiMs' | 'apiCalls' | 'oursMs'): number =>
      median(trips.map((each) => each[name]));
    return {
      calls: trips.length,
      wholeMs: figure('wholeMs'),
      modelMs: figure('modelMs'),
      apiMs: figure('apiMs'),
      apiCalls: figure('apiCalls'),
      oursMs: figure('oursMs'),
      timesSent: timesSent(calls),
    };
  } finally {
    await world.close();
  }
}

const TURNS: readonly ScriptedTurn[] = [
  ...Array.from({ length: CONVERSATION - SAMPLE_TURNS.length }, (_, index) => ({
    text: `Turn ${index + 1}.`,
    tools: [{ name: 'read_file', input: { path: 'src/duration.js', start_line: (index % 9) + 1 } }],
  })),
  ...SAMPLE_TURNS,
];

const atMs = (event: RunnerEvent | undefined): number => Date.parse(event?.at ?? '');

/** Each request that the answer's tool follows at once: what comes between belongs to something else. */
function tripsOf(
  events: readonly RunnerEvent[],
): readonly { readonly requestId: string; readonly fromMs: number; readonly toMs: number }[] {
  return events.flatMap((event, index) => {
    const next = events[index + 1];
    if (event.type !== 'model.request' || next?.type !== 'tool') return [];
    return [{ requestId: event.requestId, fromMs: atMs(event), toMs: atMs(next) }];
  });
}

async function modelTimes(
  databaseUrl: string,
  dataFolder: string,
  runId: string,
): Promise<ReadonlyMap<string, number>> {
  const database = await openDatabase({ databaseUrl, dataFolder });
  try {
    const rows = await database.kysely
      .selectFrom('model_calls')
      .select(['request_id', 'duration_ms'])
      .where('run_id', '=', runId)
      .execute();
    return new Map(rows.map((row) => [row.request_id, row.duration_ms]));
  } finally {
    await database.close();
  }
}
