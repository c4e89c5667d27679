import { describe, expect, test } from 'vitest';
import { type CommandEnd } from '../../../../src/protocol/proof.ts';
import { type Check, type CheckedRun, type TestCase } from '../../../../src/runner/checks/check.ts';
import { type CheckOutcome, compareCheck } from '../../../../src/runner/checks/proof/check-outcome.ts';
import { type FileChange } from '../../../../src/runner/checks/proof/file-change.ts';
import { judge } from '../../../../src/runner/checks/proof/verdict.ts';

const LINT: Check = { name: 'lint', kind: 'lint', folder: '', command: 'npm run lint', tool: 'eslint' };

/** A fault from `file:line text`; a warning from one that starts with `?`. */
function fault(line: string): TestCase {
  const [, warning, file = '', number = '', name = ''] = /^(\?)?([^:]+):(\d+) (.+)$/.exec(line) ?? [];
  return { file, name, status: warning === undefined ? 'failed' : 'skipped', message: `line ${number}` };
}

/** A run that ended as its faults say, or as `end` says. */
function run(lines: readonly string[], end: Partial<CommandEnd> = {}): CheckedRun {
  const cases = lines.map(fault);
  const failed = cases.filter(({ status }) => status === 'failed').length;
  const whole = {
    exitCode: failed > 0 ? 1 : 0,
    limit: null,
    durationMs: 1,
    output: '',
    outputBytes: 0,
    ...end,
  };
  const counts = { passed: 0, failed, skipped: cases.length - failed };
  return { check: LINT, run: { passed: whole.exitCode === 0, counts, end: whole }, cases };
}

/** A run of which nobody knows what it found. */
function unread(exitCode: number, output = ''): CheckedRun {
  const end = { exitCode, limit: null, durationMs: 1, output, outputBytes: output.length };
  return { check: LINT, run: { passed: exitCode === 0, counts: null, end }, cases: [] };
}

function compare(base: CheckedRun, head: CheckedRun, changes: readonly FileChange[] = []): CheckOutcome {
  return compareCheck(base, head, changes);
}

const UNUSED = "no-unused-vars 'x' is defined but never used";
const OLD = Array.from({ length: 300 }, (_, index) => `src/${index % 7}.ts:${index} no-var Unexpected var`);

describe('faults that were there before', () => {
  test('300 of them are known, wherever their lines have gone', () => {
    const moved = OLD.map((line) => line.replace(/:(\d+)/, (_, number) => `:${Number(number) + 40}`));
    expect(compare(run(OLD), run(moved))).toMatchObject({ state: 'known', newFailures: [] });
  });

  test('some of them mended leave the rest known', () => {
    expect(compare(run(OLD), run(OLD.slice(20))).state).toBe('known');
  });

  test('a number in the message that has grown is the same fault, one in a name is not', () => {
    const long = ['src/a.ts:301 max-lines File has too many lines (301). Maximum allowed is 300.'];
    expect(compare(run(long), run([long[0]?.replace('(301)', '(309)') ?? ''])).state).toBe('known');
    const base = run(["src/a.ts:1 no-undef 'x1' is not defined"]);
    expect(compare(base, run(["src/a.ts:1 no-undef 'x2' is not defined"])).state).toBe('broken');
  });

  test('a file that is renamed takes its faults along, and only those', () => {
    const changes = [
      { path: 'old.ts', before: 'a', after: null },
      { path: 'new.ts', before: null, after: 'a' },
    ];
    const base = run([`old.ts:1 ${UNUSED}`]);
    expect(compare(base, run([`new.ts:1 ${UNUSED}`]), changes).state).toBe('known');
    expect(compare(base, run([`new.ts:1 ${UNUSED}`, `new.ts:5 ${UNUSED}`]), changes).newFailures).toEqual([
      `new.ts: ${UNUSED} (lines 1, 5: 1 more than before)`,
    ]);
    expect(compare(base, run([`other.ts:1 ${UNUSED}`]), changes).state).toBe('broken');
  });
});

describe('a fault that the change adds', () => {
  test('it is named among 300 old ones', () => {
    expect(compare(run(OLD), run([...OLD, `src/a.ts:12 ${UNUSED}`]))).toEqual({
      state: 'broken',
      newFailures: [`src/a.ts: ${UNUSED} (line 12)`],
      reason: '`npm run lint` fails with the change: one fault that was not there before.',
    });
  });

  test('it is named where there was none before', () => {
    const outcome = compare(unread(0), run([`src/a.ts:12 ${UNUSED}`, `src/b.ts:3 ${UNUSED}`]));
    expect(outcome.newFailures).toHaveLength(2);
    expect(outcome.reason).toContain('2 faults that were not there before');
  });

  test('one more of the same in a file is new', () => {
    const base = run([`src/a.ts:5 ${UNUSED}`, `src/a.ts:9 ${UNUSED}`]);
    const head = run([`src/a.ts:5 ${UNUSED}`, `src/a.ts:7 ${UNUSED}`, `src/a.ts:10 ${UNUSED}`]);
    expect(compare(base, head).newFailures).toEqual([
      `src/a.ts: ${UNUSED} (lines 5, 7, 10: 1 more than before)`,
    ]);
  });

  test('the same one in another file is new', () => {
    expect(compare(run([`src/a.ts:5 ${UNUSED}`]), run([`src/b.ts:5 ${UNUSED}`])).state).toBe('broken');
  });
});

describe('warnings', () => {
  const WARNED = `?src/a.ts:1 ${UNUSED}`;

  test('a new one beside old errors breaks nothing', () => {
    expect(compare(run(OLD), run([...OLD, WARNED])).state).toBe('known');
  });

  test('a new one breaks a command that fails by warnings alone', () => {
    expect(compare(run([]), run([WARNED], { exitCode: 1 }))).toMatchObject({
      state: 'broken',
      newFailures: [`src/a.ts: ${UNUSED} (line 1)`],
    });
  });

  test('old ones are known when the errors beside them are gone', () => {
    expect(compare(run([...OLD, WARNED]), run([WARNED], { exitCode: 1 })).state).toBe('known');
  });
});

describe('what cannot be read', () => {
  const CUT = 'a\n[… 900 bytes left out …]\nb';

  test('a linter that nobody can read is taken by its exit code', () => {
    expect(compare(unread(1), unread(1)).state).toBe('known');
    expect(compare(unread(0), unread(1)).state).toBe('broken');
  });

  test.each([
    ['on the base', unread(1, CUT), run(OLD)],
    ['on the head', run(OLD), unread(1, CUT)],
    ['on both', unread(1, CUT), unread(1, CUT)],
  ])('output cut %s says nothing about the change', (_, base, head) => {
    const { state, reason } = compare(base, head);
    expect(state).toBe('undecided');
    expect(reason).toContain('more than is kept of its output');
  });

  test('faults on one side only say nothing about the change', () => {
    expect(compare(unread(1), run(OLD)).state).toBe('undecided');
    expect(compare(run(OLD), unread(1)).state).toBe('undecided');
  });

  test('a linter that breaks down with the change is broken by it', () => {
    expect(compare(run(OLD), unread(2))).toMatchObject({
      state: 'broken',
      reason: '`npm run lint` fails with the change: exit code 2.',
    });
  });

  test('one that fails with the change without any fault is broken by it', () => {
    expect(compare(run(OLD), run([], { exitCode: 1 })).reason).toContain('it finds no fault');
  });

  test('one that is stopped on both says nothing about the change', () => {
    const stopped = run([], { exitCode: 1, limit: 'timeout' });
    expect(compare(stopped, stopped).state).toBe('undecided');
    expect(compare(run(OLD), stopped).state).toBe('broken');
  });
});

test('faults are told as new failures, never as tests known, deleted or skipped', () => {
  const base = run([...OLD, `src/a.ts:5 ${UNUSED}`]);
  const head = run([...OLD.slice(0, 100), `?src/a.ts:5 ${UNUSED}`, `src/b.ts:1 ${UNUSED}`]);
  const result = judge({
    changes: [{ path: 'src/b.ts', before: '', after: 'x' }],
    checks: [{ check: base.check, base, head, overlay: null, flaky: [] }],
    headSetupFailure: null,
    baseTree: '/base',
  });
  expect(result).toMatchObject({
    verdict: 'red',
    newFailures: [`src/b.ts: ${UNUSED} (line 1)`],
    knownFailures: [],
    deletedTests: [],
    skippedTests: [],
    tests: [],
  });
});
