import { diffLines } from '../../../patch/diff-lines.ts';
import { type FileChange } from '../proof/file-change.ts';

/** The lines, from 1, that a change to a file adds or alters. */
export function changedLines({ before, after }: FileChange): readonly number[] {
  const [old, now] = [before, after].map((text) => (text ?? '').split('\n'));
  return diffLines(old ?? [], now ?? []).flatMap(({ newFrom, newTo }) =>
    Array.from({ length: newTo - newFrom }, (_, index) => newFrom + index + 1),
  );
}

/**
 * True for a line, in a language with C's comments, that has something to run: for reports that tell of
 * stretches of text and so of empty lines, comments and lone brackets too.
 */
export function holdsCode(line: string): boolean {
  return /[\p{L}\p{N}_$]/u.test(line) && !/^\s*(?:\/\/|\/\*|\*(?:\s|\/|$))/.test(line);
}
