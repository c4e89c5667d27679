import { PtcError } from '../../../domain/errors.ts';
import { type CheckPlace } from '../check-place.ts';
import { type CheckedRun, type CheckPackage } from '../check.ts';
import { missingToolchain } from '../missing-toolchain.ts';
import { runCheck } from '../run-check.ts';
import { endedWell, type SetupRun, setUpTree } from '../set-up-tree.ts';
import { howItEnded } from './check-outcome.ts';

/** How the checks of some packages end without the change. */
export interface Baseline {
  readonly setup: readonly SetupRun[];
  /** One for each check, in order. */
  readonly runs: readonly CheckedRun[];
}

/** The base tree, in which every package is set up and checked once, when it is first asked for. */
export interface BaseChecks {
  /** @throws PtcError `toolchain-missing`, `setup-failed`; the reason of the place's signal when it is aborted */
  setUp(packages: readonly CheckPackage[]): Promise<readonly SetupRun[]>;
  /** Sets up what is not yet, and resolves when all checks of the packages have ended. Throws as `setUp`. */
  run(packages: readonly CheckPackage[]): Promise<Baseline>;
}

/** Enough of a failed command's output to see why; the rest stands in its event. */
const TAIL_LENGTH = 2_000;

/** Commands run one after the other, whoever asks; a package that failed once fails the same way again. */
export function openBaseChecks(place: CheckPlace): BaseChecks {
  const setUps = new Map<string, Promise<readonly SetupRun[]>>();
  const checked = new Map<string, Promise<readonly CheckedRun[]>>();
  let last: Promise<unknown> = Promise.resolve();
  const once = <T>(known: Map<string, Promise<T>>, folder: string, work: () => Promise<T>): Promise<T> => {
    const present = known.get(folder);
    if (present !== undefined) return present;
    const result = last.then(work);
    last = result.catch(() => {});
    known.set(folder, result);
    return result;
  };
  const setUp = async (packages: readonly CheckPackage[]): Promise<readonly SetupRun[]> => {
    const runs = packages.map((each) => once(setUps, each.folder, () => setUpPackage(each, place)));
    return (await Promise.all(runs)).flat();
  };
  return {
    setUp,
    async run(packages) {
      const setup = await setUp(packages);
      const runs = packages.map((each) => once(checked, each.folder, () => checkPackage(each, place)));
      return { setup, runs: (await Promise.all(runs)).flat() };
    },
  };
}

async function setUpPackage(each: CheckPackage, place: CheckPlace): Promise<readonly SetupRun[]> {
  const setup = await setUpTree([each], place);
  const failure = setup.find(({ end }) => !endedWell(end));
  if (failure !== undefined) throw missingToolchain(failure) ?? setupFailed(failure);
  return setup;
}

async function checkPackage({ checks }: CheckPackage, place: CheckPlace): Promise<readonly CheckedRun[]> {
  const runs: CheckedRun[] = [];
  for (const check of checks) {
    const checked = await runCheck(check, place);
    // Without its tests nothing can be proven; without a linter much can.
    const missing =
      check.kind === 'test' ? missingToolchain({ command: check.command, ...checked.run }) : null;
    if (missing !== null) throw missing;
    runs.push(checked);
  }
  return runs;
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
