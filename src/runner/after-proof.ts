import { PtcError } from '../domain/errors.ts';
import { type CheckProof, type Proof } from '../protocol/proof.ts';
import { cutMiddle, type Fence } from './fence.ts';
import { endInWords } from './tools/run-command.ts';

const MAX_OUTPUT_BYTES = 8 * 1024;
const MAX_NAMES = 50;

export interface AttemptState {
  /** The attempt that was just judged, from 1. */
  readonly attempt: number;
  readonly attempts: number;
  /** The agent has been asked for a proving test before. */
  readonly askedForTest: boolean;
  /** Model turns that remain. */
  readonly turnsLeft: number;
  /** New files that are no part of the change. */
  readonly byProducts: readonly string[];
}

export type Decision =
  | { readonly next: 'accept' }
  | { readonly next: 'send-back'; readonly feedback: string }
  | { readonly next: 'give-up'; readonly problem: PtcError };

/** What follows from a proof. A red change goes back while attempts remain, an unproven one once. */
export function afterProof(proof: Proof, state: AttemptState, fence: Fence): Decision {
  const mayGoOn = state.attempt < state.attempts && state.turnsLeft > 0;
  switch (proof.verdict) {
    case 'green':
    case 'none':
      return { next: 'accept' };
    case 'unproven':
      if (!mayGoOn || state.askedForTest || nothingCanProve(proof)) return { next: 'accept' };
      return { next: 'send-back', feedback: askForTest(proof, fence) };
    case 'red':
      if (!mayGoOn) return { next: 'give-up', problem: checksRed(proof, state.attempt) };
      return { next: 'send-back', feedback: failuresInWords(proof, state.byProducts, fence) };
  }
}

/** Where the change brings its checks itself, it can bring a test as well. */
const nothingCanProve = ({ checks, stages }: Proof): boolean =>
  stages === null && !checks.some((check) => check.kind === 'test');

const checksRed = (proof: Proof, attempt: number): PtcError =>
  new PtcError({
    code: 'checks-red',
    message: `The checks still fail after ${attempt} ${attempt === 1 ? 'attempt' : 'attempts'}: ${proof.reasons.join(' ')}`,
    remedy: 'Look at the draft, and say more about what is wanted: `/ptc build <words>`.',
    retryable: false,
  });

function askForTest(proof: Proof, fence: Fence): string {
  return [
    'The checks pass, but no test proves the change:',
    fence('proof', proof.reasons.join('\n')),
    'Add or change a test so that it fails without your change and passes with it, in the style of the tests that are there. Then call finish again. If no such test is possible, call finish again and say why in the body.',
  ].join('\n');
}

function failuresInWords(proof: Proof, byProducts: readonly string[], fence: Fence): string {
  const setup = proof.setup.filter(
    ({ tree, end }) => tree === 'proof' && (end.limit !== null || end.exitCode !== 0),
  );
  const failing = proof.checks.filter(({ head }) => head !== null && !head.passed);
  const fresh = failing.filter(({ base }) => base === null || base.passed);
  // One that failed before says little, unless it alone can be meant.
  const broken = fresh.length > 0 ? fresh : failing;
  const names = proof.newFailures.slice(0, MAX_NAMES);
  const parts = [
    'The change was checked in a fresh checkout and is not accepted:',
    fence('proof', [...proof.reasons, ...names.map((name) => `Fails: ${name}`)].join('\n')),
    ...setup.map(
      ({ command, end }) =>
        `Set-up: ${endInWords(end)}\n${fence('set-up', `${command}\n${cutMiddle(end.output, MAX_OUTPUT_BYTES)}`)}`,
    ),
    ...broken.map((check) => checkInWords(check, fence)),
    byProducts.length === 0
      ? ''
      : `These new files are not part of the change, because apply_patch did not make them:\n${fence('files', byProducts.slice(0, MAX_NAMES).join('\n'))}`,
    'Repair the change, then call finish again.',
  ];
  return parts.filter((part) => part !== '').join('\n');
}

/** A check that the subtask made fail, and why that is its doing. */
export interface FailedCheck {
  readonly reason: string;
  readonly newFailures: readonly string[];
  readonly check: CheckProof;
}

/** What the agent of a subtask is told of the checks it made fail. */
export function failedChecksInWords(failures: readonly FailedCheck[], fence: Fence): string {
  const names = failures.flatMap(({ newFailures }) => newFailures).slice(0, MAX_NAMES);
  const reasons = failures.map(({ reason }) => reason);
  return [
    'The change was checked in your tree and is not accepted:',
    fence('proof', [...reasons, ...names.map((name) => `Fails: ${name}`)].join('\n')),
    ...failures.map(({ check }) => checkInWords(check, fence)),
    'Repair the change, then call finish again.',
  ].join('\n');
}

/** What the agent of a subtask is told of files that no parser accepts. */
export const faultsToAgent = (faults: readonly string[], fence: Fence): string =>
  [
    'Files that you changed cannot be parsed:',
    fence('parsers', faults.slice(0, MAX_NAMES).join('\n')),
    'Repair them, then call finish again.',
  ].join('\n');

function checkInWords({ kind, command, head }: CheckProof, fence: Fence): string {
  if (head === null) return '';
  const output = cutMiddle(head.end.output, MAX_OUTPUT_BYTES);
  return `The ${kind} check: ${endInWords(head.end)}\n${fence(kind, `${command}\n${output}`)}`;
}
