import { setTimeout as sleep } from 'node:timers/promises';
import { openDatabase } from '../../../src/store/database.ts';
import { type Files } from '../../helpers/forge/index.ts';
import { type ServerProcess } from '../../helpers/server-process.ts';
import { createWorld, type RunState, untilFinished, type World } from '../../helpers/world.ts';
import { memoryMb, processOf } from './process-memory.ts';
import { type Mark, type Timeline } from './timeline.ts';

const POLL_MS = 20;
/** The collector gives memory back only while there is nothing else to do. */
const SETTLE_MS = 5_000;

export interface ServerSide {
  readonly world: World;
  /** One issue from label to finished. */
  run(): Promise<void>;
  /** Ends the server and says how its runs went, in their order. */
  end(): Promise<ServerFigures>;
}

export interface ServerFigures {
  readonly timelines: readonly Timeline[];
  /** Writes to the forge of each run. */
  readonly writes: readonly number[];
  /** What the server holds after its runs, and the most it ever held: its start makes the database. */
  readonly appMb: number;
  readonly appPeakMb: number;
  /** The most a runner ever held. */
  readonly runnerMb: number;
  /** What the commands were kept apart by. */
  readonly isolation: string;
}

interface DoneRun {
  readonly runId: string;
  readonly labelledAtMs: number;
  readonly writes: number;
  readonly events: readonly Mark[];
}

/** The real server on a forge and a database of its own. Without `databaseUrl`, on PGlite. */
export async function startServerSide(files: Files, databaseUrl?: string): Promise<ServerSide> {
  const world = await createWorld({ files });
  const server = await world.start(databaseUrl === undefined ? {} : { DATABASE_URL: databaseUrl });
  const done: DoneRun[] = [];
  let runnerMb = 0;
  let isolation = '';
  return {
    world,
    async run() {
      const issue = await world.openIssue();
      const before = world.forge.requests.length;
      const labelledAtMs = Date.now();
      const runId = await world.label(issue);
      runnerMb = Math.max(runnerMb, await watchRun(server, runId));
      const state = await untilFinished(server, runId);
      if (state.status !== 'succeeded') throw new Error(`${runId} ended as ${state.status}`);
      const requests = world.forge.requests.slice(before);
      const writes = requests.filter(({ method, auth }) => method !== 'GET' && auth === 'installation');
      const own = writes.filter(({ operationId }) => operationId !== undefined);
      const started = state.events.find(({ type }) => type === 'runner.started');
      if (started?.type === 'runner.started') isolation = started.isolation;
      done.push({ runId, labelledAtMs, writes: own.length, events: marksOf(state.events) });
    },
    async end() {
      await sleep(SETTLE_MS);
      const { heldMb: appMb, peakMb: appPeakMb } = memoryMb(server.pid);
      await server.end('SIGTERM');
      const timelines = await readTimelines(done, world.dataDir, databaseUrl);
      return { timelines, writes: done.map(({ writes }) => writes), appMb, appPeakMb, runnerMb, isolation };
    },
  };
}

/** Waits for the removal of the workspace, with little load on the server; the runner's peak memory in MB. */
async function watchRun(server: ServerProcess, runId: string): Promise<number> {
  const removed = (line: string): boolean => line.includes('workspace removed') && line.includes(runId);
  let pid: number | null = null;
  let peakMb = 0;
  for (let waits = 0; !server.log.slice(-20).some(removed); waits += 1) {
    if (waits > 600_000 / POLL_MS) throw new Error(server.log.slice(-20).join('\n'));
    if (waits % 5 === 0) {
      pid ??= await processOf(`/${runId}`);
      if (pid !== null) peakMb = Math.max(peakMb, memoryMb(pid).peakMb);
    }
    await sleep(POLL_MS);
  }
  return peakMb;
}

/** Names for what the runner had done when it wrote an event. */
function marksOf(events: RunState['events']): readonly Mark[] {
  let baseChecks = 0;
  const nameOf = (event: RunState['events'][number]): string | null => {
    if (event.type === 'runner.started') return 'runner-start';
    if (event.type === 'checks.found') return 'clone';
    if (event.type === 'runner.finished') return 'result';
    if (event.type !== 'command') return null;
    if (event.purpose === 'setup') return `${event.tree}-install`;
    if (event.tree === 'proof') return 'proof-tests';
    return (baseChecks += 1) === 1 ? 'base-tests' : 'new-tests';
  };
  return events.flatMap((event) => {
    const name = nameOf(event);
    return name === null ? [] : [{ name, atMs: Date.parse(event.at) }];
  });
}

interface StepRow {
  readonly run_id: string;
  readonly name: string;
  readonly queued_at: string;
  readonly started_at: string;
  readonly completed_at: string;
}

const STEPS = `select o.workflow_uuid as run_id, o.function_name as name, s.created_at as queued_at,
  o.started_at_epoch_ms as started_at, o.completed_at_epoch_ms as completed_at
  from dbos.operation_outputs o join dbos.workflow_status s using (workflow_uuid)
  where o.workflow_uuid like 'run-%' order by o.function_id`;

/** The engine notes when each step began and ended. */
async function readTimelines(
  runs: readonly DoneRun[],
  dataFolder: string,
  databaseUrl: string | undefined,
): Promise<readonly Timeline[]> {
  const database = await openDatabase({
    dataFolder,
    ...(databaseUrl === undefined ? {} : { databaseUrl }),
  });
  try {
    const { rows } = await database.pool.query<StepRow>(STEPS);
    return runs.map(({ runId, labelledAtMs, events }) => {
      const steps = rows.filter((row) => row.run_id === runId);
      return { startedAtMs: labelledAtMs, marks: stepMarks(steps, events) };
    });
  } finally {
    await database.close();
  }
}

function stepMarks(steps: readonly StepRow[], events: readonly Mark[]): readonly Mark[] {
  const ended = (name: string, step: string): readonly Mark[] =>
    steps.filter((row) => row.name === step).map((row) => ({ name, atMs: Number(row.completed_at) }));
  const [first] = steps;
  return [
    ...(first === undefined
      ? []
      : [
          { name: 'trigger', atMs: Number(first.queued_at) },
          { name: 'queue', atMs: Number(first.started_at) },
        ]),
    ...ended('acknowledge', 'acknowledging'),
    ...ended('provision', 'provisioning'),
    ...events,
    ...ended('follow', 'running'),
    ...ended('publish', 'publishing'),
    ...ended('report', 'reporting'),
    ...ended('dispose', 'disposing'),
    ...ended('finish', 'finished'),
  ];
}
