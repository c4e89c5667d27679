import { type Subject } from './trigger.ts';

export const BRANCH_PREFIX = 'ptc/';
const SLUG_LENGTH = 40;
const ID_DIGITS = 8;

/** `ptc/<number>-<slug>`: the same subject always asks for the same branch. */
export const branchNameFor = (subject: Pick<Subject, 'number' | 'title'>): string =>
  `${BRANCH_PREFIX}${subject.number}-${slugOf(subject.title)}`;

/** `ptc/<slug>-<the last 8 hex digits of the run's id>`, for work that has no subject. */
export function branchNameOfGoal(goal: string, runId: string): string {
  const digits = runId.toLowerCase().replace(/[^0-9a-f]/g, '');
  return `${BRANCH_PREFIX}${slugOf(goal)}-${digits.slice(-ID_DIGITS)}`;
}

const slugOf = (words: string): string =>
  words
    .slice(0, 4 * SLUG_LENGTH)
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, SLUG_LENGTH)
    .replace(/^-+|-+$/g, '') || 'task';
