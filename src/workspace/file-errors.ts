import { PtcError } from '../domain/errors.ts';

export const notAFile = (relative: string): PtcError =>
  new PtcError({
    code: 'workspace-file-unsafe',
    message: `What stands at ${JSON.stringify(relative)} in the workspace is no plain file of it.`,
    remedy: 'Nothing was read or written. Look at what the repository’s commands do to their workspace.',
    retryable: false,
  });

export const tooLarge = (relative: string, sizeBytes: number, maxBytes: number): PtcError =>
  new PtcError({
    code: 'workspace-file-too-large',
    message: `${JSON.stringify(relative)} in the workspace has ${sizeBytes} bytes, of at most ${maxBytes}.`,
    remedy: 'Ask for a smaller change.',
    retryable: false,
  });
