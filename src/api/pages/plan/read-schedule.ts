import { graphOrder, layersOf, type Plan, readPlan, type Subtask, toDocument } from '../../../domain/plan.ts';
import { type RunnerEvent } from '../../../protocol/runner-event.ts';
import { NO_TRACK, type Stretch, type Track, tracksOf } from './subtask-tracks.ts';

/**
 * How a subtask stands. `worked out`: it waits to be put together with the others. `stopped`: it was at work
 * when the run ended.
 */
export type Standing = 'waiting' | 'at work' | 'worked out' | 'done' | 'failed' | 'skipped' | 'stopped';

export interface ScheduleRow {
  readonly index: number;
  readonly subtask: Subtask;
  readonly layer: number;
  readonly after: readonly number[];
  readonly standing: Standing;
  readonly stretches: readonly Stretch[];
  /** When it came to an end, null when it did not. */
  readonly endedMs: number | null;
  readonly detail: string;
}

/** What the events say of a plan's subtasks. Times are moments in ms by the workspace's clock. */
export interface Schedule {
  /** In graph order. */
  readonly rows: readonly ScheduleRow[];
  readonly startMs: number;
  readonly endMs: number;
}

/** The plan the workspace works by, with its edges made sure of; null when there is none that holds. */
export function planOf(events: readonly RunnerEvent[]): Plan | null {
  const told = events.findLast((event) => event.type === 'plan');
  if (told === undefined) return null;
  try {
    return readPlan(toDocument(told.plan));
  } catch {
    return null; // a workspace can say anything, and the events as JSON have it
  }
}

/**
 * @param now the end of what still goes on; null when the run is over
 * @returns null when there is no plan
 */
export function readSchedule(events: readonly RunnerEvent[], now: Date | null): Schedule | null {
  const plan = planOf(events);
  if (plan === null) return null;
  const told = events.slice(events.findIndex(({ type }) => type === 'plan'));
  const goesOn = now !== null && told.at(-1)?.type !== 'runner.finished';
  const tracks = tracksOf(told);
  const layers = layersOf(plan);
  const rows = graphOrder(plan).flatMap((index): readonly ScheduleRow[] => {
    const subtask = plan.subtasks[index];
    if (subtask === undefined) return [];
    const place = { index, subtask, layer: layers[index] ?? 0, after: plan.after[index] ?? [] };
    return [{ ...place, ...outcomeOf(tracks.get(index) ?? NO_TRACK, goesOn) }];
  });
  return { rows, ...spanOf(rows, told, goesOn ? now : null) };
}

function outcomeOf(
  { stretches, last }: Track,
  goesOn: boolean,
): Pick<ScheduleRow, 'standing' | 'stretches' | 'endedMs' | 'detail'> {
  const detail = last?.detail ?? '';
  if (last === null) return { standing: 'waiting', stretches, endedMs: null, detail };
  if (last.state !== 'started' && last.state !== 'redo') {
    return { standing: last.state, stretches, endedMs: Date.parse(last.at), detail };
  }
  const worked = stretches.at(-1)?.ending === 'worked';
  const standing = !goesOn ? 'stopped' : worked ? 'worked out' : 'at work';
  return { standing, stretches, endedMs: null, detail };
}

/** From the first start to the last end, or to where the run is now. */
function spanOf(
  rows: readonly ScheduleRow[],
  told: readonly RunnerEvent[],
  now: Date | null,
): Pick<Schedule, 'startMs' | 'endMs'> {
  const toldMs = told.map(({ at }) => Date.parse(at));
  const startsMs = rows.flatMap(({ stretches }) => stretches.map(({ fromMs }) => fromMs));
  const startMs = least(startsMs.length > 0 ? startsMs : toldMs);
  const endsMs = rows.flatMap(({ endedMs }) => endedMs ?? []);
  if (endsMs.length === rows.length) return { startMs, endMs: greatest(endsMs) };
  // A workspace has a clock of its own, which may be ahead of ours.
  return { startMs, endMs: greatest([...toldMs, ...(now === null ? [] : [now.getTime()])]) };
}

// A workspace may have said more than a call takes arguments.
const least = (all: readonly number[]): number => all.reduce((a, b) => Math.min(a, b));
const greatest = (all: readonly number[]): number => all.reduce((a, b) => Math.max(a, b));
