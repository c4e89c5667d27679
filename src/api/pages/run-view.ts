import { type RunnerEvent } from '../../protocol/runner-event.ts';
import { type RunnerResult } from '../../protocol/runner-result.ts';
import { type StoredModelCall, type StoredRun } from '../../run/ports.ts';

/** All that is known of a run. */
export interface RunView {
  readonly stored: StoredRun;
  readonly events: readonly RunnerEvent[];
  readonly result: RunnerResult | null;
  readonly calls: readonly StoredModelCall[];
  /** The subtask whose entries alone the timeline shows, null for all of them. */
  readonly subtask: number | null;
  readonly publicUrl: string | null;
  readonly now: Date;
}
