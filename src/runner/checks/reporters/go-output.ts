import { type TestCase } from '../check.ts';

/** One test of `go test -v`. */
export interface GoTest {
  /** Import path. */
  readonly package: string;
  /** `TestAdd`, or `TestAdd/small` for a test in it. */
  readonly name: string;
  readonly status: TestCase['status'];
  /** What it printed. */
  readonly message: string;
}

/** A message of the compiler, or of what looks for imports. */
export interface GoError {
  /** As printed: relative to the folder the command ran in, or absolute. */
  readonly file: string;
  readonly message: string;
}

export interface GoOutput {
  readonly tests: readonly GoTest[];
  /** Import paths of the packages whose tests could not be built. */
  readonly unbuilt: readonly string[];
  readonly errors: readonly GoError[];
}

// A test may have printed something without a line end before any of these.
const TURN = /=== (RUN|CONT|NAME|PAUSE) +(\S+)$/;
const OUTCOME = /--- (PASS|FAIL|SKIP): (\S+) \(\d[\d.]*s\)$/;
const PACKAGE = /^(?:ok {2}|FAIL|\? {3})\t(\S+)(?:\s+\[(build|setup) failed\])?/;
const ERROR = /^(?:vet: )?([^\s:][^:]*\.go):\d+(?::\d+)?: /;

const STATUSES: Readonly<Record<string, TestCase['status']>> = {
  PASS: 'passed',
  FAIL: 'failed',
  SKIP: 'skipped',
};

interface OpenTest {
  status: TestCase['status'] | null;
  readonly lines: string[];
}

/** Reads what `go test -v` printed, errors of its build included. */
export function readGoOutput(output: string): GoOutput {
  const tests: GoTest[] = [];
  const unbuilt: string[] = [];
  const errors: GoError[] = [];
  let open = new Map<string, OpenTest>();
  let current: OpenTest | undefined;
  for (const line of output.split('\n')) {
    const ended = PACKAGE.exec(line);
    const turn = TURN.exec(line);
    const outcome = OUTCOME.exec(line);
    const finished = open.get(outcome?.[2] ?? '');
    if (ended?.[1] !== undefined) {
      tests.push(...closePackage(ended[1], open));
      if (ended[2] !== undefined) unbuilt.push(ended[1]);
      open = new Map();
      current = undefined;
    } else if (turn?.[2] !== undefined) {
      current = takeTurn(open, turn[2], turn[1] === 'RUN') ?? current;
    } else if (finished !== undefined) {
      finished.status = STATUSES[outcome?.[1] ?? ''] ?? 'failed';
      current = finished;
    } else if (current !== undefined) {
      current.lines.push(line);
    } else {
      readError(line, errors);
    }
  }
  return { tests, unbuilt, errors };
}

function takeTurn(open: Map<string, OpenTest>, name: string, starts: boolean): OpenTest | undefined {
  if (starts && !open.has(name)) open.set(name, { status: null, lines: [] });
  return open.get(name);
}

/** A test that never ended was ended with its process: by a time limit, a panic elsewhere or an exit. */
function closePackage(name: string, open: ReadonlyMap<string, OpenTest>): readonly GoTest[] {
  return [...open].map(([test, { status, lines }]) => ({
    package: name,
    name: test,
    status: status ?? 'failed',
    message: status === 'passed' || status === 'skipped' ? '' : lines.join('\n').trim(),
  }));
}

function readError(line: string, errors: GoError[]): void {
  const file = ERROR.exec(line)?.[1];
  const last = errors.at(-1);
  if (file !== undefined) errors.push({ file, message: line.trim() });
  else if (line.startsWith('\t') && last !== undefined) {
    errors[errors.length - 1] = { ...last, message: `${last.message}\n${line}` };
  }
}
