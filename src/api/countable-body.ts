import { type MiddlewareHandler } from 'hono';
import { answerFaults } from './problem.ts';

/** Far more than any plan has, and few enough for each of them to be wrong. */
const MAX_VALUES = 20_000;
/** No shorter body holds so many. */
const LEAST_BYTES = 2 * MAX_VALUES;
/** Nothing deeper is looked at one by one. */
const MAX_DEPTH = 6;
/** An object of more fields is none of ours. */
const MAX_FIELDS = 100;

/**
 * Refuses a body that holds so many values that to name all their faults would take all there is of stack and memory.
 * Stands before the validation; what is no JSON is left to that.
 */
export const countableBody: MiddlewareHandler = async (context, next) => {
  const length = Number(context.req.header('content-length') ?? Infinity);
  if (length < LEAST_BYTES) return next();
  const body: unknown = await context.req.json().catch(() => null);
  const path = heapIn(body);
  if (path === null) return next();
  return answerFaults(context, [{ path: path.join('.'), message: `holds more than ${MAX_VALUES} values` }]);
};

/** The way to the field that holds too much; null when there is none. */
function heapIn(value: unknown): readonly string[] | null {
  if (!isHeap(value)) return null;
  const fields = typeof value === 'object' && value !== null ? Object.entries(value) : [];
  for (const [name, part] of fields.length > MAX_FIELDS ? [] : fields) {
    const path = heapIn(part);
    if (path !== null) return [name, ...path];
  }
  return [];
}

function isHeap(value: unknown): boolean {
  let count = 0;
  let level: readonly unknown[] = [value];
  for (let depth = 0; depth <= MAX_DEPTH && level.length > 0; depth += 1) {
    count += level.length;
    if (count > MAX_VALUES) return true;
    level = level.flatMap((each) => (typeof each === 'object' && each !== null ? Object.values(each) : []));
  }
  return false;
}
