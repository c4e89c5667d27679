/** A place in a file that no parser accepts. */
export interface SourceFault {
  /** Relative to the tree. */
  readonly path: string;
  /** From 1; null where the parser does not say. */
  readonly line: number | null;
  /** The parser's own words. */
  readonly message: string;
}

const MAX_MESSAGE_LENGTH = 500;

/** `src/total.py:3: invalid syntax` */
export const faultInWords = ({ path, line, message }: SourceFault): string =>
  `${path}${line === null ? '' : `:${line}`}: ${message.slice(0, MAX_MESSAGE_LENGTH)}`;

/** The line, from 1, in which a character stands. */
export const lineAt = (text: string, offset: number): number => text.slice(0, offset).split('\n').length;
