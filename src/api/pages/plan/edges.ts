import { type ScheduleRow } from './read-schedule.ts';

export interface Edge {
  readonly from: ScheduleRow;
  readonly to: ScheduleRow;
}

/** The edges that no way over other subtasks says already, so that a large plan can still be read. */
export function edgesToDraw(rows: readonly ScheduleRow[]): readonly Edge[] {
  const byIndex = new Map(rows.map((row) => [row.index, row]));
  const reached = new Map<number, ReadonlySet<number>>();
  // Rows stand in graph order: what a subtask waits for has been seen before it.
  for (const { index, after } of rows) {
    const all = after.flatMap((earlier) => [earlier, ...(reached.get(earlier) ?? [])]);
    reached.set(index, new Set(all));
  }
  return rows.flatMap((to) =>
    to.after.flatMap((earlier) => {
      const from = byIndex.get(earlier);
      const isImplied = to.after.some((other) => reached.get(other)?.has(earlier));
      return from === undefined || isImplied ? [] : [{ from, to }];
    }),
  );
}
