import { type Run } from '../domain/run.ts';

/** Runs with the same key go one after the other: those that would move the same branch. */
export const queueKeyOf = (run: Run): string =>
  run.repository === null ? run.id : `${run.repository.id}:${run.target.headBranch}`;
