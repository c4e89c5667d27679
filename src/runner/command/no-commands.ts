import { notStarted } from './command-errors.ts';
import { type Commands } from './command.ts';

/** For jobs in which nothing is run: there is nothing to be kept apart, and nothing is opened. */
export const noCommands = (): Commands => ({
  level: 'none',
  caveats: [],
  run: () => Promise.reject(notStarted('nothing is run in this job')),
  prepareFolder: () => Promise.resolve(),
  close: () => Promise.resolve(),
});
