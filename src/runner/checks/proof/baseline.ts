import { PtcError } from '../../../domain/errors.ts';
import { type CheckPlace } from '../check-place.ts';
import { type CheckedRun, type FoundChecks } from '../check.ts';
import { runCheck } from '../run-check.ts';
import { endedWell, type SetupRun, setUpTree } from '../set-up-tree.ts';
import { howItEnded } from './check-outcome.ts';

/** How the checks end without the change. */
export interface Baseline {
  readonly found: FoundChecks;
  readonly setup: readonly SetupRun[];
  /** One for each check, in order. */
  readonly runs: readonly CheckedRun[];
}

/** Enough of a failed command's output to see why; the rest stands in its event. */
const TAIL_LENGTH = 2_000;

/**
 * Sets the base tree up and runs every check on it.
 *
 * @param onSetUp called between the two
 * @throws PtcError `setup-failed`; the reason of `place.signal` when it is aborted
 */
export async function runBaseline(
  found: FoundChecks,
  place: CheckPlace,
  onSetUp: () => void = () => {},
): Promise<Baseline> {
  const setup = await setUpTree(found.setup, place);
  const failure = setup.find(({ end }) => !endedWell(end));
  if (failure !== undefined) throw setupFailed(failure);
  onSetUp();
  const runs: CheckedRun[] = [];
  for (const check of found.checks) runs.push(await runCheck(check, place));
  return { found, setup, runs };
}

function setupFailed({ command, end }: SetupRun): PtcError {
  const tail = end.output.trim().slice(-TAIL_LENGTH);
  return new PtcError({
    code: 'setup-failed',
    message: `Setting up the repository failed: \`${command}\` (${howItEnded(end)}).${tail === '' ? '' : `\n${tail}`}`,
    remedy:
      'Make the command work in a fresh clone, or name the commands that do as a list under `setup:` in `.github/ptc.yml` of the default branch.',
    retryable: false,
  });
}
