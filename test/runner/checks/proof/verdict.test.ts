import { describe, expect, test } from 'vitest';
import { type CommandEnd } from '../../../../src/protocol/proof.ts';
import { type Check, type CheckedRun, type TestCase } from '../../../../src/runner/checks/check.ts';
import { type CheckEvidence } from '../../../../src/runner/checks/proof/evidence.ts';
import { type FileChange } from '../../../../src/runner/checks/proof/file-change.ts';
import { type Judgement, judge } from '../../../../src/runner/checks/proof/verdict.ts';

const TEST: Check = { name: 'test', kind: 'test', folder: '', command: 'npm test', tool: 'vitest' };
const LINT: Check = { name: 'lint', kind: 'lint', folder: '', command: 'npm run lint', tool: 'unknown' };

const NEW_TEST: FileChange = { path: 'new.test.ts', before: null, after: 'test' };
const SOURCE: FileChange = { path: 'src.ts', before: 'old', after: 'export const made = 1;' };

const STATUSES: readonly TestCase['status'][] = ['passed', 'failed', 'error', 'skipped'];

/** A case from `status file name`, an error's message after a colon. */
function testCase(line: string): TestCase {
  const [head = '', message = ''] = line.split(': ');
  const [word = '', file = '', name = file] = head.split(' ');
  const status = STATUSES.find((each) => each === word);
  if (status === undefined) throw new Error(`${line} names no status`);
  return { file, name, status, message };
}

interface RunOptions {
  readonly check?: Check;
  readonly end?: Partial<CommandEnd>;
  /** No report at all. */
  readonly unknown?: boolean;
}

function run(
  lines: readonly string[],
  { check = TEST, end = {}, unknown = false }: RunOptions = {},
): CheckedRun {
  const cases = lines.map(testCase);
  const failed = cases.filter((each) => each.status === 'failed' || each.status === 'error').length;
  const whole = {
    exitCode: failed > 0 ? 1 : 0,
    limit: null,
    durationMs: 1,
    output: '',
    outputBytes: 0,
    ...end,
  };
  const counts = unknown ? null : { passed: cases.length - failed, failed, skipped: 0 };
  return { check, run: { passed: whole.exitCode === 0 && whole.limit === null, counts, end: whole }, cases };
}

function plain(exitCode: number, extra: RunOptions = {}): CheckedRun {
  return run([], { unknown: true, ...extra, end: { exitCode, ...extra.end } });
}

function decide(
  base: CheckedRun,
  head: CheckedRun | null,
  overlay: CheckedRun | null,
  extra: { changes?: readonly FileChange[]; others?: readonly CheckEvidence[] } = {},
): Judgement {
  return judge({
    changes: extra.changes ?? [SOURCE, NEW_TEST],
    checks: [{ check: base.check, base, head, overlay, flaky: [] }, ...(extra.others ?? [])],
    headSetupFailure: null,
    baseTree: '/base',
  });
}

const OLD = 'passed old.test.ts works';
const ADDED = 'passed new.test.ts proves-it';

describe('what a new test does on the base', () => {
  test.each([
    ['fails by assertion', 'failed new.test.ts proves-it: AssertionError', 'assertion', true],
    [
      'cannot import what the change creates',
      "error new.test.ts new.test.ts: The requested module './src.ts' does not provide an export named 'made'",
      'missing-subject',
      true,
    ],
    [
      'cannot import something else',
      "error new.test.ts new.test.ts: Cannot find package 'left-pad' imported from new.test.ts",
      'load-error',
      false,
    ],
    ['passes', 'passed new.test.ts proves-it', 'passed', false],
    ['is skipped', 'skipped new.test.ts proves-it', 'not-run', false],
    ['is not reported', 'passed new.test.ts another', 'not-run', false],
  ])('it %s', (_, line, base, proves) => {
    const { verdict, tests, reasons } = decide(
      run([OLD]),
      run([OLD, ADDED]),
      run([line.replace('error: ', 'error ')]),
    );
    expect(tests).toEqual([
      { file: 'new.test.ts', name: 'proves-it', base, head: 'passed', proves, first: false },
    ]);
    expect(verdict).toBe(proves ? 'green' : 'unproven');
    expect(reasons).toHaveLength(proves ? 0 : 1);
  });

  test('a run that a limit ended, or that says nothing of the file, is not run', () => {
    const hung = decide(
      run([OLD]),
      run([OLD, ADDED]),
      plain(1, { end: { limit: 'timeout', output: 'new.test.ts' } }),
    );
    const silent = decide(run([OLD]), run([OLD, ADDED]), plain(1, { end: { output: 'no config' } }));
    expect([hung, silent].map(({ tests }) => tests[0]?.base)).toEqual(['not-run', 'not-run']);
  });

  test('a tool that stops at a file it cannot load is read by what it printed', () => {
    const output = "Error: Cannot find module './made'\nRequire stack:\n- /base/new.test.ts";
    const changes = [NEW_TEST, { path: 'made.js', before: null, after: '' }];
    const { tests } = decide(run([OLD]), run([OLD, ADDED]), plain(1, { end: { output } }), { changes });
    expect(tests[0]).toMatchObject({ base: 'missing-subject', proves: true });
  });
});

describe('red', () => {
  test('a test that passed before fails now', () => {
    const { verdict, newFailures, reasons } = decide(
      run([OLD]),
      run(['failed old.test.ts works', ADDED]),
      null,
    );
    expect({ verdict, newFailures }).toEqual({ verdict: 'red', newFailures: ['old.test.ts > works'] });
    expect(reasons[0]).toContain('one test fails');
  });

  test('a new test fails with the change, though the base has failures of its own', () => {
    const base = run(['failed old.test.ts works']);
    const result = decide(base, run(['failed old.test.ts works', 'failed new.test.ts proves-it']), null);
    expect(result).toMatchObject({ verdict: 'red', newFailures: ['new.test.ts > proves-it'] });
  });

  test('a lint command fails that passed before', () => {
    const lint = {
      check: LINT,
      base: plain(0, { check: LINT }),
      head: plain(1, { check: LINT }),
      overlay: null,
      flaky: [],
    };
    const result = decide(run([OLD]), run([OLD, ADDED]), run(['failed new.test.ts proves-it']), {
      others: [lint],
    });
    expect(result).toMatchObject({
      verdict: 'red',
      reasons: ['`npm run lint` fails with the change: exit code 1.'],
    });
  });

  test('the tests hang with the change only', () => {
    const { verdict, reasons } = decide(
      run([OLD]),
      plain(1, { end: { exitCode: null, limit: 'timeout' } }),
      null,
    );
    expect(verdict).toBe('red');
    expect(reasons[0]).toContain('ran out of time');
  });

  test('the command fails with the change though no test does', () => {
    const base = run(['failed old.test.ts works']);
    expect(decide(base, run([OLD], { end: { exitCode: 1 } }), null).verdict).toBe('red');
  });

  test('the first tests of a repository that has a test command fail', () => {
    const base = run([], { end: { exitCode: 5 } });
    expect(decide(base, run(['failed new.test.ts proves-it']), null).verdict).toBe('red');
  });

  test('a file of the base no longer loads', () => {
    const result = decide(run([OLD]), run(['error old.test.ts old.test.ts: SyntaxError', ADDED]), null);
    expect(result).toMatchObject({ verdict: 'red', newFailures: ['old.test.ts'], deletedTests: [] });
  });

  test('setting up the changed tree fails', () => {
    const end = { exitCode: 1, limit: null, durationMs: 1, output: '', outputBytes: 0 };
    const result = judge({
      changes: [SOURCE],
      checks: [{ check: run([OLD]).check, base: run([OLD]), head: null, overlay: null, flaky: [] }],
      headSetupFailure: { command: 'npm ci', end },
      baseTree: '/base',
    });
    expect(result).toMatchObject({
      verdict: 'red',
      reasons: ['Setting up the changed tree failed: `npm ci` (exit code 1).'],
    });
  });
});

describe('failures known on the base', () => {
  const KNOWN = 'failed old.test.ts broken';

  test('they do not keep a proven change from being green', () => {
    const result = decide(run([OLD, KNOWN]), run([OLD, KNOWN, ADDED]), run(['failed new.test.ts proves-it']));
    expect(result).toMatchObject({
      verdict: 'green',
      knownFailures: ['old.test.ts > broken'],
      newFailures: [],
    });
  });

  test('one that the change turns green proves it, without any new test', () => {
    const { verdict, tests } = decide(run([KNOWN]), run(['passed old.test.ts broken']), null, {
      changes: [SOURCE],
    });
    expect(verdict).toBe('green');
    expect(tests).toEqual([
      { file: 'old.test.ts', name: 'broken', base: 'assertion', head: 'passed', proves: true, first: false },
    ]);
  });

  test('one that passes when the base is run again proves nothing', () => {
    const head = run(['passed old.test.ts broken']);
    const result = decide(run([KNOWN]), head, head, { changes: [SOURCE] });
    expect(result).toMatchObject({ verdict: 'unproven', tests: [{ base: 'passed', proves: false }] });
  });

  test('a lint command that fails on both is not ours', () => {
    const lint = {
      check: LINT,
      base: plain(1, { check: LINT }),
      head: plain(1, { check: LINT }),
      overlay: null,
      flaky: [],
    };
    const result = decide(run([OLD]), run([OLD, ADDED]), run(['failed new.test.ts proves-it']), {
      others: [lint],
    });
    expect(result.verdict).toBe('green');
  });

  test.each([
    ['hang on both', 'timeout', 'timeout'],
    ['hang on the base and fail on the head', 'timeout', null],
  ] as const)('tests that %s leave the change unproven', (_, baseLimit, headLimit) => {
    const ended = (limit: CommandEnd['limit']): CheckedRun => plain(1, { end: { exitCode: 1, limit } });
    const { verdict, reasons } = decide(ended(baseLimit), ended(headLimit), null);
    expect(verdict).toBe('unproven');
    expect(reasons[0]).toContain('cannot be told');
  });
});

describe('a change without proof', () => {
  test('no test is added', () => {
    const result = decide(run([OLD]), run([OLD]), null, { changes: [SOURCE] });
    expect(result).toMatchObject({
      verdict: 'unproven',
      reasons: ['The change adds no test and fixes none.'],
    });
  });

  test('a changed file in which nothing behaves differently', () => {
    const changes = [SOURCE, { path: 'old.test.ts', before: 'a', after: 'b' }];
    const { verdict, tests, reasons } = decide(run([OLD]), run([OLD]), run([OLD]), { changes });
    expect({ verdict, tests }).toEqual({ verdict: 'unproven', tests: [] });
    expect(reasons[0]).toContain('behaves differently');
  });

  test('the new test is skipped', () => {
    const result = decide(run([OLD]), run([OLD, 'skipped new.test.ts proves-it']), null);
    expect(result).toMatchObject({ verdict: 'unproven', tests: [{ head: 'skipped', proves: false }] });
  });

  test('a repository that only lints', () => {
    const { verdict, reasons } = decide(plain(0, { check: LINT }), plain(0, { check: LINT }), null);
    expect(verdict).toBe('unproven');
    expect(reasons).toEqual(['The repository has no test command, so nothing can prove the change.']);
  });

  test('a repository with nothing to check with', () => {
    const result = judge({ changes: [SOURCE], checks: [], headSetupFailure: null, baseTree: '/base' });
    expect(result).toMatchObject({ verdict: 'none', reasons: [expect.any(String)] });
  });
});

describe('a tool without single tests', () => {
  test('new tests that turn the command red on the base prove the change', () => {
    const { verdict, tests } = decide(plain(0), plain(0), plain(1));
    expect(verdict).toBe('green');
    expect(tests).toEqual([
      {
        file: 'new.test.ts',
        name: '(whole command)',
        base: 'assertion',
        head: 'passed',
        proves: true,
        first: false,
      },
    ]);
  });

  test.each([
    ['pass on the base', plain(0), plain(0), 'passed'],
    ['hang on the base', plain(0), plain(1, { end: { limit: 'timeout' } }), 'not-run'],
    [
      'want another package',
      plain(0),
      plain(1, { end: { output: "Cannot find module 'left-pad'" } }),
      'load-error',
    ],
  ])('new tests that %s prove nothing', (_, base, overlay, status) => {
    const result = decide(base, plain(0), overlay);
    expect(result).toMatchObject({ verdict: 'unproven', tests: [{ base: status, proves: false }] });
  });

  test('a command that is red on the base already proves nothing', () => {
    const { verdict, reasons } = decide(plain(1), plain(0), plain(1));
    expect(verdict).toBe('unproven');
    expect(reasons[0]).toContain('fail without the change already');
  });
});

describe('what people should know besides', () => {
  test('deleted and newly skipped tests are listed', () => {
    const base = run([
      OLD,
      'passed old.test.ts gone',
      'passed deleted.test.ts one',
      'skipped old.test.ts always',
    ]);
    const head = run(['skipped old.test.ts works', 'skipped old.test.ts always', ADDED]);
    const changes = [
      SOURCE,
      NEW_TEST,
      { path: 'deleted.test.ts', before: 'x', after: null },
      { path: 'unreported.test.ts', before: 'x', after: null },
    ];
    const result = decide(base, head, run(['failed new.test.ts proves-it']), { changes });
    expect(result).toMatchObject({
      verdict: 'green',
      deletedTests: ['old.test.ts > gone', 'deleted.test.ts > one', 'unreported.test.ts'],
      skippedTests: ['old.test.ts > works'],
    });
  });

  test('changed configuration of the checks is listed and does not change the verdict', () => {
    const changes = [SOURCE, NEW_TEST, { path: 'vitest.config.ts', before: 'a', after: 'b' }];
    const result = decide(run([OLD]), run([OLD, ADDED]), run(['failed new.test.ts proves-it']), { changes });
    expect(result).toMatchObject({ verdict: 'green', checkConfiguration: ['vitest.config.ts'] });
  });

  test('a flaky test is named though the verdict is green', () => {
    const { verdict, reasons } = judge({
      changes: [SOURCE, NEW_TEST],
      checks: [
        {
          check: run([OLD]).check,
          base: run([OLD]),
          head: run([OLD, ADDED]),
          overlay: run(['failed new.test.ts proves-it']),
          flaky: [testCase('failed old.test.ts works')],
        },
      ],
      headSetupFailure: null,
      baseTree: '/base',
    });
    expect(verdict).toBe('green');
    expect(reasons).toEqual([expect.stringContaining('flaky')]);
  });
});
