import { type TestCase } from '../check.ts';

/** What a command needs so that its tool also writes a report into a folder. */
export interface ReportRequest {
  /** Words added to the command; empty where the environment is enough. */
  readonly words: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Files by name that must stand in the folder before the command starts. */
  readonly files: Readonly<Record<string, string>>;
}

/** How one test tool is asked for its report, and how that is read. */
export interface Reporter {
  /** @param folder absolute, writable for the command */
  request(folder: string): ReportRequest;
  /** Words that make the tool run these files (relative to the tree) alone, or not much besides them. */
  only(files: readonly string[]): readonly string[];
  /**
   * The tests of the report. A file that could not be loaded is one case, whose name is the file and whose
   * status is `error`.
   *
   * @returns null without a report; throws whatever a malformed one leads to
   */
  read(folder: string, tree: string): Promise<readonly TestCase[] | null>;
}

/** Untrusted commands write the reports. */
export const MAX_REPORT_BYTES = 20_000_000;

/** A test's own text is kept as far as it helps to understand the failure. */
export const MAX_MESSAGE_LENGTH = 8_000;
