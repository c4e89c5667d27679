import { type Check, type CheckedRun, type TestCase } from '../check.ts';
import { type SetupRun } from '../set-up-tree.ts';
import { type FileChange } from './file-change.ts';

/** One check wherever it was run; null where it was not. */
export interface CheckEvidence {
  readonly check: Check;
  /** Null too where the change brings the check itself: then nothing is known of it without the change. */
  readonly base: CheckedRun | null;
  readonly head: CheckedRun | null;
  /** The base with the change's tests laid over it; only for test checks of a change that has tests. */
  readonly overlay: CheckedRun | null;
  /** Tests that failed on the head and passed when it was run again. */
  readonly flaky: readonly TestCase[];
}

/** Everything that was seen, from which the verdict follows. */
export interface Evidence {
  readonly changes: readonly FileChange[];
  readonly checks: readonly CheckEvidence[];
  /** The set-up command that failed on the head; null when all went well. */
  readonly headSetupFailure: SetupRun | null;
  /** Real path of the tree in which tests were run without the change. */
  readonly baseTree: string;
}
