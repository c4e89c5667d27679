import * as z from 'zod';
import { PtcError } from './errors.ts';

/** ROMA's kinds of work. THINK and RETRIEVE answer with text; CODE_INTERPRET and WRITE change files. */
const TaskType = z.enum(['RETRIEVE', 'WRITE', 'THINK', 'CODE_INTERPRET', 'IMAGE_GENERATION']);

/** More subtasks than this are no plan for one pull request. */
export const MAX_SUBTASKS = 50;
const MAX_GOAL_LENGTH = 10_000;
const MAX_CONTEXT_LENGTH = 60_000;
const NAMED_FAULTS = 20;

/** One of ROMA's subtasks. It has no id: its index in the list, from 0, is the id. */
export const Subtask = z
  .object({
    goal: z.string().trim().min(1).max(MAX_GOAL_LENGTH),
    task_type: TaskType,
    context_input: z.string().max(MAX_CONTEXT_LENGTH).nullish(),
    /** Paths it will probably change; ours, not ROMA's. */
    files: z.array(z.string()).max(200).readonly().nullish(),
  })
  .readonly();
export type Subtask = z.infer<typeof Subtask>;

/** A plan as ROMA writes it: only `dependencies_graph` makes edges, from an index to those it waits for. */
export const PlanDocument = z
  .object({
    subtasks: z.array(Subtask).min(1).readonly(),
    dependencies_graph: z.record(z.string(), z.array(z.string())).nullish(),
  })
  .readonly();
export type PlanDocument = z.infer<typeof PlanDocument>;

const Listed = z.object({ subtasks: z.array(z.unknown()) });

/** A plan that can be executed: every edge points to a subtask there is, and none leads back. */
export const Plan = z
  .object({
    subtasks: z.array(Subtask).min(1).max(MAX_SUBTASKS).readonly(),
    /** For each subtask the indices of those it waits for, ascending. */
    after: z.array(z.array(z.number().int().nonnegative()).readonly()).readonly(),
  })
  .readonly();
export type Plan = z.infer<typeof Plan>;

/**
 * Reads a plan that a model, ROMA or a person wrote.
 * @throws PtcError `plan-invalid`, `plan-too-large`, `plan-cyclic`, `plan-unsupported`
 */
export function readPlan(raw: unknown): Plan {
  // Before each of them is looked at: there may be a million, and each would have its faults.
  const count = Listed.safeParse(raw).data?.subtasks.length ?? 0;
  if (count > MAX_SUBTASKS) throw tooLarge(count);
  const parsed = PlanDocument.safeParse(raw);
  if (!parsed.success) throw invalid(faultsInWords(parsed.error));
  const { subtasks, dependencies_graph: graph } = parsed.data;
  const drawn = subtasks.findIndex((subtask) => subtask.task_type === 'IMAGE_GENERATION');
  if (drawn !== -1) throw unsupported(drawn);
  const plan = { subtasks, after: readEdges(graph ?? {}, subtasks.length) };
  const cycle = findCycle(plan.after);
  if (cycle !== null) throw cyclic(cycle);
  return plan;
}

function faultsInWords({ issues }: z.ZodError): string {
  const named = z.prettifyError(new z.ZodError(issues.slice(0, NAMED_FAULTS)));
  return issues.length > NAMED_FAULTS ? `${named}\nand ${issues.length - NAMED_FAULTS} more faults` : named;
}

function readEdges(
  graph: Readonly<Record<string, readonly string[]>>,
  count: number,
): readonly (readonly number[])[] {
  const index = (text: string): number => {
    const number = /^\d+$/.test(text) ? Number(text) : -1;
    if (number >= 0 && number < count) return number;
    throw invalid(`dependencies_graph names the subtask "${text}", but there are 0 to ${count - 1}.`);
  };
  const after = Array.from({ length: count }, () => new Set<number>());
  for (const [later, earlier] of Object.entries(graph))
    for (const each of earlier) after[index(later)]?.add(index(each));
  return after.map((indices) => [...indices].sort((a, b) => a - b));
}

/** The subtasks of a way that ends where it began, null when there is none. */
function findCycle(after: Plan['after']): readonly number[] | null {
  const settled = new Set<number>();
  const visit = (index: number, way: readonly number[]): readonly number[] | null => {
    if (way.includes(index)) return [...way.slice(way.indexOf(index)), index];
    if (settled.has(index)) return null;
    for (const earlier of after[index] ?? []) {
      const cycle = visit(earlier, [...way, index]);
      if (cycle !== null) return cycle;
    }
    settled.add(index);
    return null;
  };
  for (const index of after.keys()) {
    const cycle = visit(index, []);
    if (cycle !== null) return cycle;
  }
  return null;
}

/** For each subtask its layer: 0 waits for nothing, and every other lies one above the last it waits for. */
export function layersOf({ after }: Pick<Plan, 'after'>): readonly number[] {
  const layers: number[] = [];
  const layer = (index: number): number =>
    (layers[index] ??= Math.max(-1, ...(after[index] ?? []).map(layer)) + 1);
  return [...after.keys()].map(layer);
}

/** The order in which results are put together: layer by layer, and by index within one. */
export function graphOrder(plan: Pick<Plan, 'after'>): readonly number[] {
  const layers = layersOf(plan);
  return [...plan.after.keys()].sort((a, b) => (layers[a] ?? 0) - (layers[b] ?? 0) || a - b);
}

/** The plan as ROMA writes one. */
export function toDocument({ subtasks, after }: Plan): PlanDocument {
  const edges = [...after.entries()].filter(([, earlier]) => earlier.length > 0);
  return {
    subtasks,
    dependencies_graph: Object.fromEntries(
      edges.map(([index, earlier]) => [String(index), earlier.map(String)]),
    ),
  };
}

const REMEDY = 'Correct the plan, or leave it out: then one is made.';

const invalid = (what: string): PtcError =>
  new PtcError({
    code: 'plan-invalid',
    message: `The plan cannot be read: ${what}`,
    remedy: REMEDY,
    retryable: false,
  });

const tooLarge = (count: number): PtcError =>
  new PtcError({
    code: 'plan-too-large',
    message: `The plan has ${count} subtasks; at most ${MAX_SUBTASKS} fit into one pull request.`,
    remedy: 'Join small subtasks, or split the task into several issues.',
    retryable: false,
  });

const cyclic = (cycle: readonly number[]): PtcError =>
  new PtcError({
    code: 'plan-cyclic',
    message: `The subtasks ${cycle.join(' → ')} of the plan wait for each other.`,
    remedy: REMEDY,
    retryable: false,
  });

const unsupported = (index: number): PtcError =>
  new PtcError({
    code: 'plan-unsupported',
    message: `The subtask ${index} of the plan asks for an image; only text and code are made here.`,
    remedy: 'Take that subtask out of the plan.',
    retryable: false,
  });
