import { type CheckRun, type Proof } from '../../protocol/proof.ts';
import { type RomaTestResults } from '../../protocol/roma.ts';

/** Of what tests print, the head and the tail together are at most so long. */
const MAX_OUTPUT = 100_000;
/** What shells say of a command that was ended for its time, or killed. */
const EXIT_TIMEOUT = 124;
const EXIT_KILLED = 137;

/** What the tests came to on the changed tree; null when none were run. */
export function testResultsOf(proof: Proof | null): RomaTestResults | null {
  const runs = (proof?.checks ?? []).flatMap(({ kind, command, head }) =>
    kind === 'test' && head !== null ? [{ command, head }] : [],
  );
  if (runs.length === 0) return null;
  const heads = runs.map(({ head }) => head);
  const counts = heads.map(countsOf);
  return {
    test_command: runs.map(({ command }) => command).join(' && '),
    exit_code: heads.map(exitCodeOf).find((code) => code !== 0) ?? 0,
    stdout: headAndTail(heads.map(({ end }) => end.output).join('\n')),
    // One stream holds both, in the order they were printed.
    stderr: '',
    tests_passed: counts.reduce((sum, { passed }) => sum + passed, 0),
    tests_failed: counts.reduce((sum, { failed }) => sum + failed, 0),
    duration_seconds: heads.reduce((sum, { end }) => sum + end.durationMs, 0) / 1000,
  };
}

/** A command whose tool tells no numbers counts as one test. */
function countsOf({ counts, passed }: CheckRun): { readonly passed: number; readonly failed: number } {
  return counts ?? { passed: passed ? 1 : 0, failed: passed ? 0 : 1 };
}

function exitCodeOf({ end }: CheckRun): number {
  return end.exitCode ?? (end.limit === 'timeout' ? EXIT_TIMEOUT : EXIT_KILLED);
}

function headAndTail(text: string): string {
  if (text.length <= MAX_OUTPUT) return text;
  const note = `\n… (${text.length - MAX_OUTPUT} characters left out)\n`;
  const half = MAX_OUTPUT / 2;
  return (text.slice(0, half) + note + text.slice(-half)).toWellFormed();
}
