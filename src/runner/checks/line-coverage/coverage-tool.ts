import { type ReportRequest } from '../reporters/reporter.ts';
import { type FileRuns } from './line-runs.ts';

/** What is asked of a tool. */
export interface Asked {
  /** For reports: absolute, writable for the command. */
  readonly folder: string;
  readonly tree: string;
  /** The folder the command runs in, absolute: the tree, or the package's folder in it. */
  readonly place: string;
  /** The files of the change that it may tell of, by their path relative to `place`, with their text. */
  readonly files: ReadonlyMap<string, string>;
}

/** How one tool is asked which lines it ran, and how its answer is read. */
export interface CoverageTool {
  /** Names of the files that it can tell of. */
  readonly tells: RegExp;
  /** Null when this tree lacks what the tool measures with. */
  request(asked: Asked): ReportRequest | null | Promise<ReportRequest | null>;
  /**
   * Of the files asked for, what the tool tells, by their path relative to `place`. Nothing without a report;
   * throws whatever a malformed one leads to.
   */
  read(asked: Asked): Promise<FileRuns>;
}
