import { expect, test } from 'vitest';
import { proofSection } from '../../src/api/pages/proof.ts';
import { type Proof } from '../../src/protocol/proof.ts';

const END = { exitCode: 1, limit: null, durationMs: 1_000, output: '', outputBytes: 0 };

const PROOF: Proof = {
  verdict: 'green',
  reasons: [],
  isolation: 'none',
  setup: [],
  checks: [
    {
      name: 'lint',
      kind: 'lint',
      command: 'npm run lint',
      base: { passed: false, counts: { passed: 0, failed: 300, skipped: 12 }, end: END },
      head: null,
    },
  ],
  tests: [{ file: 'a.test.ts', name: 'adds', base: 'assertion', head: 'passed', proves: true, first: true }],
  knownFailures: [],
  newFailures: [],
  deletedTests: [],
  skippedTests: [],
  checkConfiguration: [],
  coverage: { covered: 9, coverable: 10, files: [{ path: 'src/<b>.ts', uncoveredLines: [[12, 14]] }] },
  stages: null,
};

test('faults, tests written first and lines that were not run are said as in the check run', async () => {
  const page = String(await proofSection(PROOF));
  expect(page).toContain('red: 300 faults, 12 warnings');
  expect(page).toContain('yes, and was seen to fail first');
  expect(page).toContain('9 of 10 changed lines were run by the tests; not run: src/&lt;b&gt;.ts:12–14.');
});

test('where no tool could tell of lines, the page says nothing of them', async () => {
  expect(String(await proofSection({ ...PROOF, coverage: null }))).not.toContain('changed line');
});
