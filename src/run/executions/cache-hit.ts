import { type PTCArtifactResult } from '../../protocol/roma.ts';
import { type StoredExecution } from './ports.ts';

/** The result of an earlier execution as the answer to this one, which cost nothing and took no time. */
export function cacheHitOf(
  executionId: string,
  { cacheKey, createdAt }: Pick<StoredExecution, 'cacheKey' | 'createdAt'>,
  kept: PTCArtifactResult,
): PTCArtifactResult {
  return {
    ...kept,
    execution_id: executionId,
    status: 'CACHE_HIT',
    llm_usage: [],
    started_at: createdAt,
    completed_at: createdAt,
    duration_seconds: 0,
    from_cache: true,
    cache_key: cacheKey,
    metadata: { ...kept.metadata, cached_execution_id: kept.execution_id, cached_status: kept.status },
  };
}
