export interface CountsView {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** The counts of a check in words: tests as tests, what a linter or type checker finds as faults and warnings. */
export function countsInWords(kind: string, counts: CountsView | null): readonly string[] {
  if (counts === null) return [];
  const { passed, failed, skipped } = counts;
  if (kind === 'test')
    return [`${passed} passed`, `${failed} failed`, ...(skipped > 0 ? [`${skipped} skipped`] : [])];
  return [
    failed === 1 ? '1 fault' : `${failed} faults`,
    ...(skipped > 0 ? [skipped === 1 ? '1 warning' : `${skipped} warnings`] : []),
  ];
}
