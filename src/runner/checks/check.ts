import { type CheckKind, type CheckRun } from '../../protocol/proof.ts';

/** The tool behind a test command; decides how its report is asked for and read. */
export type TestTool = 'vitest' | 'jest' | 'mocha' | 'node-test' | 'pytest' | 'unknown';

export interface Check {
  readonly name: string;
  readonly kind: CheckKind;
  /** As a person would type it in the tree. */
  readonly command: string;
  readonly tool: TestTool;
}

/** What a repository is checked with, found in its manifests or named by its owner. */
export interface FoundChecks {
  /** Commands that install the dependencies, in order. */
  readonly setup: readonly string[];
  readonly checks: readonly Check[];
}

/** One test as its tool reported it. */
export interface TestCase {
  /** Repo-relative file, empty when the tool does not say. */
  readonly file: string;
  readonly name: string;
  readonly status: 'passed' | 'failed' | 'error' | 'skipped';
  /** The tool's failure text; empty for the rest. */
  readonly message: string;
}

/** One run of one check, with the single tests behind the counts (empty without a report). */
export interface CheckedRun {
  readonly check: Check;
  readonly run: CheckRun;
  readonly cases: readonly TestCase[];
}
