/** Lines of a file, from 1, that a tool tells of: true for one that was run. */
export type LineRuns = ReadonlyMap<number, boolean>;

/** By the file's path. */
export type FileRuns = ReadonlyMap<string, LineRuns>;

/** What several reports tell together: a line was run when it was in one of them. */
export function joinRuns(all: readonly FileRuns[]): FileRuns {
  const joined = new Map<string, Map<number, boolean>>();
  for (const [path, runs] of all.flatMap((each) => [...each])) {
    const known = joined.get(path) ?? new Map<number, boolean>();
    for (const [line, ran] of runs) known.set(line, ran || known.get(line) === true);
    joined.set(path, known);
  }
  return joined;
}
