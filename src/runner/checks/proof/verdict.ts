import { type Proof, type TestProof } from '../../../protocol/proof.ts';
import { type TestCase } from '../check.ts';
import { caseLabel, isFailing } from './cases.ts';
import { changedTestFiles } from './changed-tests.ts';
import { checkConfiguration } from './check-configuration.ts';
import { type CheckOutcome, compareCheck, howItEnded } from './check-outcome.ts';
import { type Evidence } from './evidence.ts';
import { isTestFile } from './test-files.ts';
import { deletedTests, skippedTests, testProofs } from './test-proofs.ts';

export type Judgement = Omit<Proof, 'isolation' | 'setup' | 'coverage' | 'stages'>;

/** The verdict that follows from what was seen, by the rules of the protocol's `Proof`. Pure. */
export function judge(evidence: Evidence): Judgement {
  const { checks, changes } = evidence;
  const outcomes = checks.flatMap(({ base, head }) =>
    head === null ? [] : [compareCheck(base, head, changes)],
  );
  const testChecks = checks.filter(({ check }) => check.kind === 'test');
  const tests = checks.flatMap((check) => testProofs(check, evidence));
  const verdict = decide(evidence, outcomes, tests);
  return {
    verdict,
    reasons: [...reasonsFor(verdict, evidence, outcomes, tests), ...flakyReasons(evidence)],
    checks: checks.map(({ check: { name, kind, command }, base, head }) => {
      return { name, kind, command, base: base?.run ?? null, head: head?.run ?? null };
    }),
    tests,
    knownFailures: labels(testChecks.flatMap(({ base }) => base?.cases.filter(isFailing) ?? [])),
    newFailures: [...new Set(outcomes.flatMap((outcome) => outcome.newFailures))],
    deletedTests: deletedLabels(evidence),
    skippedTests: labels(testChecks.flatMap(skippedTests)),
    checkConfiguration: checkConfiguration(changes),
  };
}

function decide(
  { checks, headSetupFailure }: Evidence,
  outcomes: readonly CheckOutcome[],
  tests: readonly TestProof[],
): Proof['verdict'] {
  const has = (state: CheckOutcome['state']): boolean => outcomes.some((outcome) => outcome.state === state);
  if (headSetupFailure !== null || has('broken')) return 'red';
  if (checks.length === 0) return 'none';
  return has('undecided') || !tests.some((test) => test.proves) ? 'unproven' : 'green';
}

function reasonsFor(
  verdict: Proof['verdict'],
  evidence: Evidence,
  outcomes: readonly CheckOutcome[],
  tests: readonly TestProof[],
): readonly string[] {
  if (verdict === 'green') return [];
  if (verdict === 'none') return ['The repository names no test, lint or type check command to check with.'];
  const { headSetupFailure } = evidence;
  if (headSetupFailure !== null) {
    const { command, end } = headSetupFailure;
    return [`Setting up the changed tree failed: \`${command}\` (${howItEnded(end)}).`];
  }
  const decisive = outcomes.filter(({ state }) => state === 'broken' || state === 'undecided');
  return [...decisive.map((outcome) => outcome.reason), ...unprovenReasons(evidence, tests)];
}

function unprovenReasons({ checks, changes }: Evidence, tests: readonly TestProof[]): readonly string[] {
  if (tests.some((test) => test.proves)) return [];
  const testChecks = checks.filter(({ check }) => check.kind === 'test');
  if (testChecks.length === 0)
    return ['The repository has no test command, so nothing can prove the change.'];
  if (testChecks.every(({ head }) => changedTestFiles(changes, head).length === 0) && tests.length === 0) {
    return ['The change adds no test and fixes none.'];
  }
  if (tests.length === 0) {
    const unknown = testChecks.every(
      ({ base }) => base !== null && base.cases.length === 0 && !base.run.passed,
    );
    return [
      unknown
        ? 'The tests fail without the change already and report no single tests, so the new ones prove nothing.'
        : 'No test of the changed test files behaves differently without the change.',
    ];
  }
  return rowReasons(tests);
}

/** Why none of the rows proves the change, each kind of reason once. */
function rowReasons(tests: readonly TestProof[]): readonly string[] {
  const passing = tests.filter((test) => test.head === 'passed');
  const reasons: readonly (readonly [readonly TestProof[], string])[] = [
    [passing.filter(({ base }) => base === 'passed'), 'passes without the change too'],
    [
      passing.filter(({ base }) => base === 'load-error'),
      'cannot be loaded without the change, for another reason than what it tests being missing',
    ],
    [passing.filter(({ base }) => base === 'not-run'), 'did not run without the change'],
    [tests.filter(({ head }) => head === 'skipped'), 'is skipped'],
    [tests.filter(({ head }) => head === 'failed'), 'fails with the change'],
  ];
  return reasons.flatMap(([rows, what]) => {
    const [first, ...others] = rows;
    if (first === undefined) return [];
    const more =
      others.length === 0 ? '' : ` (so ${others.length === 1 ? 'is one' : `are ${others.length}`} more)`;
    return [`The test "${first.name}" of ${first.file} ${what}, so it proves nothing${more}.`];
  });
}

function flakyReasons({ checks }: Evidence): readonly string[] {
  return labels(checks.flatMap((check) => check.flaky)).map(
    (label) =>
      `The test "${label}" failed once with the change and passed when it was run again: it is flaky.`,
  );
}

/** Tests gone by the reports, and test files deleted of which no report tells the tests. */
function deletedLabels({ checks, changes }: Evidence): readonly string[] {
  const gone = checks.filter(({ check }) => check.kind === 'test').flatMap(deletedTests);
  const told = new Set(gone.map((test) => test.file));
  const files = changes
    .filter(({ path, after }) => after === null && isTestFile(path) && !told.has(path))
    .map(({ path }) => path);
  return [...new Set([...labels(gone), ...files])];
}

function labels(tests: readonly TestCase[]): readonly string[] {
  return [...new Set(tests.map(caseLabel))];
}
