import { type Plan } from '../domain/plan.ts';
import { type Proof } from '../protocol/proof.ts';
import { type RunnerResult, type SubtaskResult } from '../protocol/runner-result.ts';
import { type Change } from './change.ts';
import { type Repository } from './repository.ts';
import { type Summary } from './tools/finish.ts';
import { type WorkTree } from './work-tree.ts';

/** What there is of the job's outcome at any moment. A job that ends badly hands on this much. */
export interface Progress {
  repository: Repository | null;
  /** The tree that holds the change so far. */
  work: WorkTree | null;
  /** The commit with what the subtasks have made so far, while there is no such tree. */
  head: string | null;
  change: Change | null;
  summary: Summary | null;
  proof: Proof | null;
  plan: Plan | null;
  subtasks: readonly SubtaskResult[];
  verification: RunnerResult['verification'];
}

export const noProgress = (): Progress => ({
  repository: null,
  work: null,
  head: null,
  change: null,
  summary: null,
  proof: null,
  plan: null,
  subtasks: [],
  verification: null,
});
