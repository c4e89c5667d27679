import { type TestCase } from '../check.ts';
import { isFailing } from './cases.ts';
import { type FileChange } from './file-change.ts';

/**
 * The faults of a linter's or type checker's run on the head that are more than there were on the base.
 *
 * One fault is told from another by file, rule and message, whatever its line; of several that are the same,
 * those count that the base has fewer of. What stood in a file that the change deletes may stand in one that it
 * creates: files are renamed.
 */
export function newFaults(
  base: readonly TestCase[],
  head: readonly TestCase[],
  changes: readonly FileChange[],
): readonly TestCase[] {
  const before = groupFaults(base);
  const after = groupFaults(head);
  const gone = new Set(changes.filter((change) => change.after === null).map(({ path }) => path));
  const made = new Set(changes.filter((change) => change.before === null).map(({ path }) => path));
  const moved = countByText(base.filter(({ file }) => gone.has(file)));
  return [...after].flatMap(([key, faults]) => {
    const [first] = faults;
    if (first === undefined) return [];
    const known = before.get(key)?.length ?? 0;
    let more = Math.max(0, faults.length - known);
    if (made.has(first.file)) more -= takeFrom(moved, faultText(first), more);
    if (more === 0) return [];
    return more === faults.length ? faults : [oneOfSeveral(first, faults, more)];
  });
}

/** Those that fail the check by themselves; where it fails without any, the warnings must be what it fails by. */
export function failingFaults(cases: readonly TestCase[]): readonly TestCase[] {
  const failing = cases.filter(isFailing);
  return failing.length > 0 ? failing : cases;
}

/** A fault as people read it in a list: `src/a.ts: no-unused-vars 'x' is defined but never used (line 12)`. */
export function faultLabel({ file, name, message }: TestCase): string {
  return `${file}: ${name}${message === '' ? '' : ` (${message})`}`;
}

function groupFaults(cases: readonly TestCase[]): ReadonlyMap<string, readonly TestCase[]> {
  return Map.groupBy(cases, (fault) => JSON.stringify([fault.file, faultText(fault)]));
}

/** Counts and line numbers in a message change with every line added; numbers in names and quotes stay. */
function faultText({ name }: TestCase): string {
  return name.replaceAll(/(?<![\w'"`.-])\d+(?![\w'"`-]|\.\d)/g, '#');
}

function countByText(faults: readonly TestCase[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const fault of faults) counts.set(faultText(fault), (counts.get(faultText(fault)) ?? 0) + 1);
  return counts;
}

/** Takes up to `wanted` of those counted under `text`, and says how many there were. */
function takeFrom(counts: Map<string, number>, text: string, wanted: number): number {
  const taken = Math.min(wanted, counts.get(text) ?? 0);
  counts.set(text, (counts.get(text) ?? 0) - taken);
  return taken;
}

/** Which of them is the new one nothing tells: all their lines are named. */
function oneOfSeveral(first: TestCase, faults: readonly TestCase[], more: number): TestCase {
  const lines = faults.flatMap(({ message }) => /^line (\d+)$/.exec(message)?.[1] ?? []);
  const where = lines.length === 0 ? '' : `lines ${lines.join(', ')}: `;
  return { ...first, message: `${where}${more} more than before` };
}
