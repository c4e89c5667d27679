import { expect, test } from 'vitest';
import { proofTable, type ProofView } from '../../../src/domain/report/proof-table.ts';

function run(passed: number, failed: number, skipped: number) {
  const end = { exitCode: failed === 0 ? 0 : 1, limit: null, durationMs: 1_000 };
  return { passed: failed === 0, counts: { passed, failed, skipped }, end };
}

const EMPTY: ProofView = {
  verdict: 'green',
  reasons: [],
  isolation: 'none',
  setup: [],
  checks: [],
  tests: [],
  knownFailures: [],
  newFailures: [],
  deletedTests: [],
  skippedTests: [],
  checkConfiguration: [],
  coverage: null,
};

test('tests are counted as tests, what a linter or type checker finds as faults and warnings', () => {
  const checks = [
    { kind: 'test', command: 'npm test', base: run(2, 1, 0), head: run(3, 0, 1) },
    { kind: 'lint', command: 'npm run lint', base: run(0, 300, 12), head: run(0, 1, 1) },
    { kind: 'typecheck', command: 'tsc', base: null, head: { ...run(0, 0, 0), counts: null } },
  ];
  const rows = proofTable({ ...EMPTY, checks })
    .split('\n')
    .filter((line) => line.startsWith('|'));
  expect(rows.slice(2)).toEqual([
    expect.stringMatching(/❌ exit 1, 2 passed, 1 failed \(.*✅ exit 0, 3 passed, 0 failed, 1 skipped \(/),
    expect.stringMatching(/❌ exit 1, 300 faults, 12 warnings \(.*❌ exit 1, 1 fault, 1 warning \(/),
    expect.stringMatching(/not run \| ✅ exit 0 \(/),
  ]);
});

test('a test that was seen to fail before the change was written says so', () => {
  const row = { file: 'a.test.ts', base: 'assertion', head: 'passed' };
  const tests = [
    { ...row, name: 'first', proves: true, first: true },
    { ...row, name: 'second', proves: true, first: false },
    { ...row, name: 'third', proves: false, first: true },
  ];
  const rows = proofTable({ ...EMPTY, tests })
    .split('\n')
    .filter((line) => line.includes('›'));
  expect(rows).toEqual([
    expect.stringMatching(/first .* yes, and was seen to fail first \|$/),
    expect.stringMatching(/second .*\| yes \|$/),
    expect.stringMatching(/third .*\| no \|$/),
  ]);
});

test('the changed lines that no test runs stand below the tests, and mention nobody', () => {
  const files = [{ path: '@someone/a.ts', uncoveredLines: [[12, 12] as const] }];
  const table = proofTable({ ...EMPTY, coverage: { covered: 9, coverable: 10, files } });
  expect(table).toContain('9 of 10 changed lines were run by the tests; not run: @\u200bsomeone/a.ts:12.');
  expect(proofTable(EMPTY)).not.toContain('changed lines');
});
