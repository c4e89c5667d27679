import { graphOrder, type Plan, type Subtask } from '../../domain/plan.ts';

/** Something that looks like a path or a file's name: it has a slash or an ending. */
const PATH_LIKE = /[\w@.-]*(?:\/[\w@.-]+)+|[\w@-][\w@.-]*\.\w{1,8}/g;

/** Paths by the name of their file. */
type PathsByName = ReadonlyMap<string, readonly string[]>;

export const byName = (paths: readonly string[]): PathsByName =>
  Map.groupBy(paths, (path) => path.slice(path.lastIndexOf('/') + 1));

/**
 * Files a subtask will probably change or make: those it names itself, and those its goal speaks of, as far
 * as the repository has them or they look like new ones.
 */
export function predictedFiles(subtask: Subtask, tracked: PathsByName): ReadonlySet<string> {
  if (!changesFiles(subtask)) return new Set();
  const words = subtask.goal.match(PATH_LIKE) ?? [];
  const spoken = words.map((word) => word.replace(/^\.\//, '').replace(/\.$/, ''));
  const found = spoken.flatMap((word): readonly string[] => {
    const named = tracked.get(word) ?? [];
    // A name that stands in many places tells nothing.
    if (named.length === 1) return named;
    return word.includes('/') && /\.\w+$/.test(word) ? [word] : [];
  });
  return new Set([...found, ...(subtask.files ?? []).map((path) => path.replace(/^\.\//, ''))]);
}

export const changesFiles = ({ task_type: type }: Pick<Subtask, 'task_type'>): boolean =>
  type === 'CODE_INTERPRET' || type === 'WRITE';

/**
 * Edges between subtasks that will probably change the same files and that nothing keeps apart yet: the later
 * one in the graph's order waits for the earlier one.
 *
 * @param tracked files of the repository
 */
export function keepApart(plan: Plan, tracked: readonly string[]): Plan['after'] {
  const named = byName(tracked);
  const files = plan.subtasks.map((subtask) => predictedFiles(subtask, named));
  const order = graphOrder(plan);
  const apart = plan.after.map((): number[] => []);
  for (const [at, index] of order.entries()) {
    for (const earlier of order.slice(0, at).reverse()) {
      const shared = files[index]?.isDisjointFrom(files[earlier] ?? new Set()) === false;
      if (shared && !isWaitedFor(plan.after, apart, index, earlier)) apart[index]?.push(earlier);
    }
  }
  return apart;
}

/** True when `index` waits for `earlier` already, over others or not. */
function isWaitedFor(after: Plan['after'], apart: Plan['after'], index: number, earlier: number): boolean {
  const seen = [index];
  for (const each of seen) {
    if (each === earlier) return true;
    const next = [...(after[each] ?? []), ...(apart[each] ?? [])];
    seen.push(...next.filter((candidate) => !seen.includes(candidate)));
  }
  return false;
}
