import { type CheckedRun, type TestCase } from '../check.ts';

/** Worst first: of several cases with one name, the worst counts. */
const RANK: readonly TestCase['status'][] = ['error', 'failed', 'passed', 'skipped'];

/** The tests of a run by identity. */
export type CaseIndex = ReadonlyMap<string, TestCase>;

export function caseKey(test: Pick<TestCase, 'file' | 'name'>): string {
  return JSON.stringify([test.file, test.name]);
}

export function indexCases(run: CheckedRun | null): CaseIndex {
  const index = new Map<string, TestCase>();
  for (const test of run?.cases ?? []) {
    const present = index.get(caseKey(test));
    if (present === undefined || RANK.indexOf(test.status) < RANK.indexOf(present.status)) {
      index.set(caseKey(test), test);
    }
  }
  return index;
}

export function isFailing(test: TestCase | undefined): boolean {
  return test?.status === 'failed' || test?.status === 'error';
}

/** True for the case that stands for a whole file which did not load. */
export function isUnloadedFile(test: TestCase): boolean {
  return test.status === 'error' && test.file !== '' && test.name === test.file;
}

/** The case that says that `file` did not load; undefined when it did. */
export function unloadedFile(index: CaseIndex, file: string): TestCase | undefined {
  const found = index.get(caseKey({ file, name: file }));
  return found !== undefined && isUnloadedFile(found) ? found : undefined;
}

/** A test as people read it in a list. */
export function caseLabel({ file, name }: TestCase): string {
  if (file === '' || file === name) return name;
  return `${file} > ${name}`;
}
