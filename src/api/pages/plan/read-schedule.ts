import { graphOrder, layersOf, type Plan, readPlan, type Subtask, toDocument } from '../../../domain/plan.ts';
import { type RunnerEvent } from '../../../protocol/runner-event.ts';

/** A stretch of time in which a subtask was at work. */
export interface Stretch {
  readonly fromMs: number;
  /** Where it ended; the end of the schedule while it goes on. */
  readonly toMs: number;
  /** It began anew on top of what was merged by then. */
  readonly redo: boolean;
}

/** How a subtask stands; `stopped`: at work when the run ended. */
export type Standing = 'waiting' | 'at work' | 'done' | 'failed' | 'skipped' | 'stopped';

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

type Event<T extends RunnerEvent['type']> = Extract<RunnerEvent, { type: T }>;

/** The plan the workspace works by, with its edges made sure of; null when there is none that holds. */
export function planOf(events: readonly RunnerEvent[]): Plan | null {
  const told = events.findLast((event) => event.type === 'plan');
  if (told === undefined) return null;
  try {
    return readPlan(toDocument(told.plan));
  } catch {
    return null; // a workspace can say anything, and the timeline says that it did
  }
}

/**
 * @param now the end of what still goes on; null when the run is over
 * @returns null when there is no plan
 */
export function readSchedule(events: readonly RunnerEvent[], now: Date | null): Schedule | null {
  const plan = planOf(events);
  if (plan === null) return null;
  const since = events.findLastIndex(({ type }) => type === 'plan');
  const told = events.slice(since);
  const goesOn = now !== null && told.at(-1)?.type !== 'runner.finished';
  const states = told.filter((event) => event.type === 'subtask.state');
  const began = states.find(({ state }) => state === 'started') ?? told[0];
  const startMs = began === undefined ? 0 : Date.parse(began.at);
  const isOver = plan.subtasks.every((_, index) => ENDS.has(stateOf(states, index)));
  const last = (isOver ? states : told).reduce((latest, { at }) => Math.max(latest, Date.parse(at)), startMs);
  // A workspace has a clock of its own, which may be ahead of ours.
  const endMs = goesOn && !isOver ? Math.max(last, now.getTime()) : last;

  const layers = layersOf(plan);
  const bySubtask = Map.groupBy(states, ({ subtask }) => subtask);
  const rows = graphOrder(plan).flatMap((index): readonly ScheduleRow[] => {
    const subtask = plan.subtasks[index];
    if (subtask === undefined) return [];
    const own = bySubtask.get(index) ?? [];
    const place = { index, subtask, layer: layers[index] ?? 0, after: plan.after[index] ?? [] };
    return [{ ...place, ...readRow(own, endMs, goesOn) }];
  });
  return { rows, startMs, endMs };
}

const ENDS: ReadonlySet<string | undefined> = new Set(['done', 'failed', 'skipped']);

const stateOf = (states: readonly Event<'subtask.state'>[], index: number): string | undefined =>
  states.findLast(({ subtask }) => subtask === index)?.state;

function readRow(
  states: readonly Event<'subtask.state'>[],
  endMs: number,
  goesOn: boolean,
): Pick<ScheduleRow, 'standing' | 'stretches' | 'endedMs' | 'detail'> {
  const stretches = states.flatMap(({ state, at }, place): readonly Stretch[] => {
    if (state !== 'started' && state !== 'redo') return [];
    const fromMs = Date.parse(at);
    const next = states[place + 1];
    return [{ fromMs, toMs: next === undefined ? endMs : Date.parse(next.at), redo: state === 'redo' }];
  });
  const last = states.at(-1);
  if (last === undefined) return { standing: 'waiting', stretches, endedMs: null, detail: '' };
  const { state, detail } = last;
  if (state === 'started' || state === 'redo') {
    return { standing: goesOn ? 'at work' : 'stopped', stretches, endedMs: null, detail };
  }
  return { standing: state, stretches, endedMs: Date.parse(last.at), detail };
}
