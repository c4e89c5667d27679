import { PtcError } from '../domain/errors.ts';

/** The error `text-too-long` for a text GitHub would refuse; callers cut theirs, with a link to the rest. */
export function requireLength(what: string, text: string, maxChars: number): void {
  if (text.length <= maxChars) return;
  throw new PtcError({
    code: 'text-too-long',
    message: `The ${what} has ${text.length} characters; GitHub takes ${maxChars}.`,
    remedy: 'Report it as a bug with the run id: the text should have been shortened.',
    retryable: false,
  });
}
