import { createHash } from 'node:crypto';
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

const digest = (value: unknown): string =>
  createHash('sha256').update(JSON.stringify(value, withSortedKeys)).digest('hex');

/** For JSON.stringify: objects with their keys in one order, whatever order they were written in. */
function withSortedKeys(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
