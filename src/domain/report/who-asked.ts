import { type Run } from '../run.ts';

/** For whom a run works, as the end of a sentence on the forge. */
export const forWhom = ({ requester }: Pick<Run, 'requester'>): string =>
  requester === null ? 'by request through its API' : `for @${requester.login}`;
