import { type Problem, toProblem } from '../../domain/errors.ts';
import { graphOrder, type Plan } from '../../domain/plan.ts';

/** What one subtask led to: a commit on top of the one it started from, and an answer for those that wait. */
export interface SubtaskWork {
  readonly commit: string;
  readonly output: string;
}

export type SubtaskEnd =
  | { readonly state: 'done'; readonly output: string }
  | { readonly state: 'failed'; readonly problem: Problem }
  /** One that it waits for failed. */
  | { readonly state: 'skipped'; readonly becauseOf: number };

export interface Schedule {
  /** The plan's own edges: a failed subtask stops those that wait for it. */
  readonly after: Plan['after'];
  /** Further edges, for order alone: between subtasks that will probably change the same files. */
  readonly apart: Plan['after'];
  /** Most subtasks at work at once. */
  readonly parallel: number;
  /** The commit that the first ones start from. */
  readonly base: string;
  readonly signal: AbortSignal;
  /**
   * Does a subtask on top of a commit.
   * @param redo it has been done before, and did not merge
   */
  readonly work: (index: number, onTop: string, redo: boolean) => Promise<SubtaskWork>;
  /** Puts a subtask's commit on top of another one; null when they conflict. */
  readonly merge: (index: number, onTop: string, commit: string) => Promise<string | null>;
  /** @param head the commit with everything that was put in so far */
  readonly ended: (index: number, end: SubtaskEnd, head: string) => void;
}

export interface ScheduleEnd {
  /** By index. */
  readonly ends: readonly SubtaskEnd[];
  /** The commit with the change of every subtask that was done. */
  readonly head: string;
}

/**
 * Does all subtasks, independent ones at the same time, and puts their changes together in the graph's order,
 * whatever order they get done in. Each starts from the commit at which the last one it waits for was put in.
 * So where each starts, and what comes out, hangs on the plan alone and never on who was faster: a recorded
 * run can be run again. What does not merge is done again on top of what is there by then.
 *
 * @throws the signal's reason, and whatever `merge` throws. A subtask that throws has failed.
 */
export async function runSchedule(schedule: Schedule): Promise<ScheduleEnd> {
  const board = openBoard(schedule);
  try {
    for (;;) {
      schedule.signal.throwIfAborted();
      const start = board.startable();
      if (start !== undefined) board.start(start);
      else if (!(await board.putInNext())) {
        if (board.isComplete()) return board.result();
        await board.oneDone();
      }
    }
  } finally {
    await board.idle();
  }
}

type Result = { readonly work: SubtaskWork } | { readonly problem: Problem };

/** The state of a schedule: what runs, what has been worked out, and what has been put in. */
function openBoard({ after, apart, parallel, base, signal, work, merge, ended }: Schedule) {
  const waitsFor = after.map((earlier, index) => [...earlier, ...(apart[index] ?? [])]);
  const order = graphOrder({ after: waitsFor });
  const ends = new Map<number, SubtaskEnd>();
  const results = new Map<number, Result>();
  const running = new Map<number, Promise<void>>();
  /** The head after each subtask of the order was put in. */
  const heads: string[] = [];

  const headAfter = (at: number): string | undefined => (at === -1 ? base : heads[at]);
  const lastWaitedFor = (index: number): number =>
    Math.max(-1, ...(waitsFor[index] ?? []).map((each) => order.indexOf(each)));
  const stoppedBy = (index: number): number | undefined =>
    (after[index] ?? []).find((each) => (ends.get(each)?.state ?? 'done') !== 'done');

  const end = (index: number, how: SubtaskEnd, head: string): void => {
    ends.set(index, how);
    heads.push(head);
    ended(index, how, head);
  };

  const attempt = async (index: number, onTop: string, redo: boolean): Promise<Result> => {
    try {
      return { work: await work(index, onTop, redo) };
    } catch (error) {
      signal.throwIfAborted();
      return { problem: toProblem(error) };
    }
  };

  const putIn = async (index: number, head: string, result: Result): Promise<void> => {
    if ('problem' in result) return end(index, { state: 'failed', problem: result.problem }, head);
    const { commit, output } = result.work;
    const merged = await merge(index, head, commit);
    if (merged !== null) return end(index, { state: 'done', output }, merged);
    const again = await attempt(index, head, true);
    if ('problem' in again) return end(index, { state: 'failed', problem: again.problem }, head);
    return end(index, { state: 'done', output: again.work.output }, again.work.commit);
  };

  return {
    /** The next subtask that can be started now. */
    startable: (): number | undefined =>
      running.size >= parallel
        ? undefined
        : order.find(
            (index) =>
              !running.has(index) &&
              !results.has(index) &&
              !ends.has(index) &&
              stoppedBy(index) === undefined &&
              headAfter(lastWaitedFor(index)) !== undefined,
          ),
    start(index: number): void {
      const onTop = headAfter(lastWaitedFor(index)) ?? base;
      const working = attempt(index, onTop, false)
        .then((result) => void results.set(index, result))
        .finally(() => running.delete(index));
      working.catch(() => {}); // whoever waits for it is told
      running.set(index, working);
    },
    /** Puts in the next subtask of the order; false while it is not worked out. */
    async putInNext(): Promise<boolean> {
      const index = order[heads.length];
      if (index === undefined) return false;
      const head = headAfter(heads.length - 1) ?? base;
      const cause = stoppedBy(index);
      const result = results.get(index);
      if (cause !== undefined) end(index, { state: 'skipped', becauseOf: cause }, head);
      else if (result === undefined) return false;
      else await putIn(index, head, result);
      return true;
    },
    oneDone: (): Promise<void> => Promise.race(running.values()),
    isComplete: (): boolean => heads.length === order.length,
    result: (): ScheduleEnd => ({
      ends: [...ends].sort(([a], [b]) => a - b).map(([, each]) => each),
      head: heads.at(-1) ?? base,
    }),
    idle: async (): Promise<void> => void (await Promise.allSettled(running.values())),
  };
}
