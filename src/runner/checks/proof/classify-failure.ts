import { type TestProof } from '../../../protocol/proof.ts';
import { missedByCompiler } from './compiler-errors.ts';
import { isCreatedByChange } from './created-subject.ts';
import { type FileChange } from './file-change.ts';
import { failedImport, missingName } from './missing-names.ts';

type FailureClass = Extract<TestProof['base'], 'assertion' | 'missing-subject' | 'load-error'>;

export interface Failure {
  /** The test file. */
  readonly file: string;
  /** `failed`: the test ran and failed. `error`: it, or what it needs, could not even be loaded or set up. */
  readonly status: 'failed' | 'error';
  readonly message: string;
  /** The tree the failure was seen in; its paths stand in messages. */
  readonly tree: string;
}

const ASSERTION = /AssertionError|ERR_ASSERTION|^\s*E\s+assert\s|expect\(/m;

/**
 * Why a test fails without the change: by assertion; because what it tests is created by the change
 * (`missing-subject`); or because it could not be loaded for any other reason, which proves nothing.
 */
export function classifyFailure(failure: Failure, changes: readonly FileChange[]): FailureClass {
  const message = failure.message
    .replaceAll(`file://${failure.tree}/`, '')
    .replaceAll(`${failure.tree}/`, '');
  const missed = missedByCompiler(failure.file, message);
  if (missed !== null) {
    // A compiler tells all errors at once, and each of them alone would keep the test from running.
    const areCreated = missed.every((each) => isCreatedByChange(each, failure.file, changes));
    return missed.length > 0 && areCreated ? 'missing-subject' : 'load-error';
  }
  const missing = failedImport(message) ?? (failure.status === 'error' ? missingName(message) : null);
  // An assertion may quote such a message: a test of error texts does.
  if (ASSERTION.test(message) && (failure.status === 'failed' || missing === null)) return 'assertion';
  if (missing === null) return failure.status === 'failed' ? 'assertion' : 'load-error';
  return isCreatedByChange(missing, failure.file, changes) ? 'missing-subject' : 'load-error';
}
