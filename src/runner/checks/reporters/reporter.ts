import { type CommandEnd } from '../../../protocol/proof.ts';
import { type TestCase } from '../check.ts';

/** What a command needs so that its tool also writes a report into a folder. */
export interface ReportRequest {
  /** Words added to the command; empty where the environment is enough. */
  readonly words: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Files by name that must stand in the folder before the command starts. */
  readonly files: Readonly<Record<string, string>>;
  /** Name of a file in the folder for all that the command prints: of its output only the ends are kept. */
  readonly transcript?: string;
}

/** How one tool is asked for its report, and how that is read. All files are relative to the check's folder. */
export interface Reporter {
  /** @param folder absolute, writable for the command */
  request(folder: string): ReportRequest;
  /**
   * Words that make the tool run these files alone, or not much besides them.
   *
   * @param place as of `read`
   */
  only(files: readonly string[], place: string): readonly string[] | Promise<readonly string[]>;
  /**
   * The tests of the report. A file that could not be loaded is one case, whose name is the file and whose
   * status is `error`.
   *
   * @param folder the one of the request
   * @param place the folder the command ran in, absolute: the tree, or the package's folder in it
   * @param end how the command ended, for tools that report on their output
   * @returns null without a report; throws whatever a malformed one leads to
   */
  read(folder: string, place: string, end: CommandEnd): Promise<readonly TestCase[] | null>;
}

/** Untrusted commands write the reports. */
export const MAX_REPORT_BYTES = 20_000_000;

/** A test's own text is kept as far as it helps to understand the failure. */
export const MAX_MESSAGE_LENGTH = 8_000;
