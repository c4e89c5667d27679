import { realpathSync } from 'node:fs';
import { type TestCase } from '../check.ts';
import { repositoryPath } from '../reporters/report-path.ts';
import { MAX_MESSAGE_LENGTH } from '../reporters/reporter.ts';

/** One place that a linter or type checker finds fault with. */
export interface Fault {
  /** As the tool names it. */
  readonly file: string;
  /** Counted from 1; null when the tool does not say. */
  readonly line: number | null;
  /** The rule or error code with the message. */
  readonly text: string;
  /** A warning alone fails no check, unless the tool is told so. */
  readonly severity: 'error' | 'warning';
}

/**
 * A fault in the shape of a test, as reports carry it: the name is the text without any place, so that it stays
 * the same when lines move; the message names the line. A warning counts as skipped.
 *
 * @param place the folder the tool ran in
 */
export function faultCase({ file, line, text, severity }: Fault, place: string): TestCase {
  return {
    file: repositoryPath(file, place),
    name: withoutPlace(text, place).slice(0, MAX_MESSAGE_LENGTH),
    status: severity === 'error' ? 'failed' : 'skipped',
    message: line === null ? '' : `line ${line}`,
  };
}

/** A tool's text without the folder it ran in: tools name other files in full, and each tree stands elsewhere. */
export function withoutPlace(text: string, place: string): string {
  return text.replaceAll(`${place}/`, '').replaceAll(`${realpathSync(place)}/`, '');
}
