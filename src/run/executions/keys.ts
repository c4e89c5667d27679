import { hash } from 'node:crypto';
import { type PTCExecutionPlan } from '../../protocol/roma.ts';

/**
 * What two requests under one execution id must have in common to be the same: all but when they were made, for a
 * client that tries again may say the time anew.
 */
export function fingerprintOf(plan: PTCExecutionPlan): string {
  const { created_at: _, ...rest } = plan;
  return digest(rest);
}

/**
 * The key a result is kept under: the plan without what names, dates or caches it; `metadata` counts only by the
 * work it asks for.
 * @param baseSha the commit that work on a repository starts from; null for work from nothing
 */
export function cacheKeyOf(plan: PTCExecutionPlan, baseSha: string | null): string {
  const { execution_id: _, created_at: __, metadata, cache_strategy: ___, cache_ttl: ____, ...work } = plan;
  const { repository, base, plan: subtasks } = metadata;
  return digest({
    ...work,
    ...(repository ? { repository, base: base ?? null, baseSha } : {}),
    ...(subtasks ? { plan: subtasks } : {}),
  });
}

const digest = (value: unknown): string => hash('sha256', JSON.stringify(sorted(value)));

/** The same with the keys of objects in one order, whatever order they were written in. */
function sorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(sorted);
  const all: Record<string, unknown> = {};
  for (const [key, each] of Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))) {
    // To set this one would not make it a key.
    if (key === '__proto__') Object.defineProperty(all, key, { value: sorted(each), enumerable: true });
    else all[key] = sorted(each);
  }
  return all;
}
