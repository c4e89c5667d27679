import { type Subject } from './trigger.ts';

export const BRANCH_PREFIX = 'ptc/';
const SLUG_LENGTH = 40;

/** `ptc/<number>-<slug>`: the same subject always asks for the same branch. */
export function branchNameFor(subject: Pick<Subject, 'number' | 'title'>): string {
  const slug = subject.title
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, SLUG_LENGTH)
    .replace(/^-+|-+$/g, '');
  return `${BRANCH_PREFIX}${subject.number}-${slug || 'task'}`;
}
