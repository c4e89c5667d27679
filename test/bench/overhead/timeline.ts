/** When something was done, by what was done last before it. */
export interface Mark {
  readonly name: string;
  /** Since the epoch. */
  readonly atMs: number;
}

/** One piece of work: when it was asked for, and its marks in order. */
export interface Timeline {
  readonly startedAtMs: number;
  readonly marks: readonly Mark[];
}

export const totalMs = ({ startedAtMs, marks }: Timeline): number =>
  (marks.at(-1)?.atMs ?? startedAtMs) - startedAtMs;

/** How long each step took, by its name. */
function durations({ startedAtMs, marks }: Timeline): ReadonlyMap<string, number> {
  return new Map(
    marks.map(({ name, atMs }, index) => [name, atMs - (marks[index - 1]?.atMs ?? startedAtMs)]),
  );
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? upper)) / 2;
}

/** Medians of each step in milliseconds, a column a side; a step one side does not have is a dash. */
export function timeTable(sides: Readonly<Record<string, readonly Timeline[]>>): string {
  const names = Object.keys(sides);
  const columns = Object.values(sides).map((timelines) => ({ timelines, steps: timelines.map(durations) }));
  // The second side's steps are the most, in their order.
  const steps = [...new Set(columns.toReversed().flatMap((column) => [...(column.steps[0]?.keys() ?? [])]))];
  const cell = (value: number | null): string => (value === null ? '-' : value.toFixed(0)).padStart(12);
  const line = (title: string, cells: readonly string[]): string => `${title.padEnd(34)}${cells.join('')}`;
  return [
    line(
      'median ms',
      names.map((name) => name.padStart(12)),
    ),
    ...steps.map((step) =>
      line(
        step,
        columns.map(({ steps: each }) => {
          const values = each.flatMap((one) => one.get(step) ?? []);
          return cell(values.length === 0 ? null : median(values));
        }),
      ),
    ),
    line(
      'all',
      columns.map(({ timelines }) => cell(median(timelines.map(totalMs)))),
    ),
  ].join('\n');
}
