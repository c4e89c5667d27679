import { type CheckKind, type CheckRun } from '../../protocol/proof.ts';

/** The tool behind a check; decides how its report is asked for and read. */
export type CheckTool =
  | 'vitest'
  | 'jest'
  | 'mocha'
  | 'bun-test'
  | 'node-test'
  | 'pytest'
  | 'unittest'
  | 'go-test'
  | 'cargo-test'
  | 'maven'
  | 'gradle'
  | 'dotnet-test'
  | 'rspec'
  | 'minitest'
  | 'phpunit'
  | 'eslint'
  | 'oxlint'
  | 'biome'
  | 'ruff'
  | 'golangci-lint'
  | 'unknown';

export interface Check {
  /** Unique among the checks of a repository: `test`, or `services/go: test`. */
  readonly name: string;
  readonly kind: CheckKind;
  /** Where its package lies: relative to the tree, with slashes; empty for the root. */
  readonly folder: string;
  /** As a person would type it in the root of the tree: `cd services/go && go test ./...`. */
  readonly command: string;
  readonly tool: CheckTool;
}

/** A folder with manifests, and what it is set up and checked with. */
export interface CheckPackage {
  /** Relative to the tree, with slashes; empty for the root. */
  readonly folder: string;
  /** Folder of the package whose set-up installs this one too; null when it has to be set up by itself. */
  readonly installedBy: string | null;
  /** Commands that install the dependencies, in order, as typed in the root of the tree. */
  readonly setup: readonly string[];
  /** Host names that these may reach: the public registries of the ecosystems in and below the folder. */
  readonly registries: readonly string[];
  readonly checks: readonly Check[];
}

/** What a repository is checked with, found in its manifests or named by its owner. */
export interface FoundChecks {
  /** Sorted by folder, so that the root comes first and every package after those around it. */
  readonly packages: readonly CheckPackage[];
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
