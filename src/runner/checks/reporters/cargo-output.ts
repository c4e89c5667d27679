import { type TestCase } from '../check.ts';

/** One binary of tests that cargo ran. */
export interface CargoTarget {
  readonly kind: 'unit' | 'integration' | 'doc';
  /** Source file with its `main` or root module, relative to its package; empty for doc tests. */
  readonly path: string;
  /** Name of the crate, with underscores. */
  readonly crate: string;
  readonly tests: readonly CargoTest[];
  /** False when it ended before all of its tests did. */
  readonly complete: boolean;
}

export interface CargoTest {
  readonly name: string;
  readonly status: TestCase['status'];
  /** What it printed, its panic included; empty unless it failed. */
  readonly message: string;
}

export interface RustcError {
  /** As printed: relative to the workspace, or absolute. */
  readonly file: string;
  readonly message: string;
}

export interface CargoOutput {
  readonly targets: readonly CargoTarget[];
  readonly errors: readonly RustcError[];
}

const TARGET = /^\s+Running (unittests )?(\S.*\.rs) \((.+)\)$/;
const DOC_TARGET = /^\s+Doc-tests (\S+)$/;
const COUNT = /^running (\d+) tests?$/;
const TEST =
  /^test (.+?)(?: - (?:should panic|compile fail|compile))? \.\.\. (ok|FAILED|ignored)(?:[,\s].*)?$/;
const RESULT = /^test result: /;
const SECTION = /^---- (.+) stdout ----$/;
const ERROR = /^error(?:\[E\d+\])?: /;
const LOCATION = /^\s*--> (.+\.rs):\d+:\d+$/;

const STATUSES: Readonly<Record<string, TestCase['status']>> = {
  ok: 'passed',
  FAILED: 'failed',
  ignored: 'skipped',
};

interface OpenTarget {
  readonly kind: CargoTarget['kind'];
  readonly path: string;
  readonly crate: string;
  readonly tests: { name: string; status: TestCase['status']; lines: string[] }[];
  announced: number;
  hasResult: boolean;
}

/**
 * Reads what `cargo test` printed: targets, tests in libtest's plain format, and the compiler's errors.
 *
 * @throws Error when a target that ended well shows other tests than it announced: its output is mixed up
 */
export function readCargoOutput(output: string): CargoOutput {
  const targets: OpenTarget[] = [];
  const errors: RustcError[] = [];
  let section: string[] | undefined;
  let error: string[] | undefined;
  for (const line of output.split('\n')) {
    const started = startTarget(line);
    const target = targets.at(-1);
    if (started !== null) {
      targets.push(started);
      section = error = undefined;
    } else if (SECTION.test(line)) {
      const name = SECTION.exec(line)?.[1];
      section = target?.tests.find((test) => test.name === withoutMode(name ?? ''))?.lines;
    } else if (line === 'failures:' || RESULT.test(line)) {
      section = undefined;
      if (target !== undefined && line !== 'failures:') target.hasResult = true;
    } else if (section !== undefined) {
      section.push(line);
    } else if (target !== undefined) {
      readTest(line, target);
    } else {
      error = readErrorLine(line, error, errors);
    }
  }
  return { targets: targets.map(closeTarget), errors };
}

function startTarget(line: string): OpenTarget | null {
  const empty = { tests: [], announced: 0, hasResult: false };
  const [, unit, path, program] = TARGET.exec(line) ?? [];
  if (path !== undefined && program !== undefined) {
    const crate = /([^/\\]+?)(?:-[\da-f]{16})?(?:\.exe)?$/.exec(program)?.[1] ?? '';
    return { kind: unit === undefined ? 'integration' : 'unit', path, crate, ...empty };
  }
  const crate = DOC_TARGET.exec(line)?.[1];
  return crate === undefined ? null : { kind: 'doc', path: '', crate, ...empty };
}

function readTest(line: string, target: OpenTarget): void {
  const count = COUNT.exec(line)?.[1];
  if (count !== undefined) target.announced += Number(count);
  const [, name, outcome] = TEST.exec(line) ?? [];
  if (name === undefined || outcome === undefined) return;
  target.tests.push({ name, status: STATUSES[outcome] ?? 'failed', lines: [] });
}

function withoutMode(name: string): string {
  return name.replace(/ - (?:should panic|compile fail|compile)$/, '');
}

/** An error reaches to the next empty line; where it is says its first arrow. */
function readErrorLine(line: string, open: string[] | undefined, errors: RustcError[]): string[] | undefined {
  if (ERROR.test(line)) return [line];
  if (open === undefined || line.trim() === '') return undefined;
  open.push(line);
  const file = LOCATION.exec(line)?.[1];
  const last = errors.at(-1);
  if (file !== undefined && open.length === 2) errors.push({ file, message: open.join('\n') });
  else if (last !== undefined && open.length > 2) {
    errors[errors.length - 1] = { ...last, message: `${last.message}\n${line}` };
  }
  return open;
}

function closeTarget(target: OpenTarget): CargoTarget {
  const { kind, path, crate, tests, announced, hasResult } = target;
  if (hasResult && tests.length !== announced) throw new Error('Not every test of the output can be read.');
  return {
    kind,
    path,
    crate,
    complete: hasResult || announced === 0,
    tests: tests.map(({ name, status, lines }) => ({ name, status, message: lines.join('\n').trim() })),
  };
}
