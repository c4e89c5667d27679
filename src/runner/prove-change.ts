import { join } from 'node:path';
import { type Proof } from '../protocol/proof.ts';
import { type Change, readChange } from './change.ts';
import { type CheckPackage } from './checks/check.ts';
import { packagesFor } from './checks/packages-for.ts';
import { caseKey } from './checks/proof/cases.ts';
import { prove } from './checks/proof/prove.ts';
import { type SetupRun, setUpTree } from './checks/set-up-tree.ts';
import { checkOutReady, checkPlace, type Ground } from './ground.ts';
import { type Checkout } from './repository.ts';
import { type Session } from './session.ts';
import { type WorkTree } from './work-tree.ts';

/** A change that was checked. */
export interface Judged {
  readonly change: Change;
  readonly proof: Proof;
  /** The fresh checkout it was checked in. */
  readonly checkout: Checkout;
}

/** The change as it stands, proven in a fresh checkout of exactly its tree. */
export async function proveChange(
  session: Session,
  ground: Ground,
  work: WorkTree,
  attempt: number,
): Promise<Judged> {
  const { job, folder, commands, emit, signal } = session;
  const { repository, found } = ground;
  const tree = await work.snapshot(signal);
  const [change, base] = await Promise.all([readChange(repository, tree, signal), ground.base()]);
  const packages = packagesFor(
    found,
    change.files.map((file) => file.path),
  );
  // Beside the base's checks, as the agent's work, but not beside its set-up: both fill one cache of packages.
  await base.checks.setUp(packages);
  const commit = await repository.commitTree(tree, repository.baseSha, signal);
  const checkout = await checkOutReady(session, repository, `proof-${attempt}`, commit);
  const [headSetup, baseline] = await Promise.all([
    setUpHead(session, checkout, packages),
    base.checks.run(packages),
  ]);
  const proof = await prove({
    baseline,
    baseTree: base.tree,
    headTree: checkout.path,
    headSetup,
    changes: change.texts,
    reports: join(folder.root, 'reports'),
    commands,
    timeoutMs: job.limits.checkTimeoutMs,
    signal,
    onCommand: (done) => emit({ type: 'command', ...done }),
  });
  return { change, proof: withFirst(proof, session.failedFirst), checkout };
}

/** The proof with what was seen of its tests before the change was made. */
export function withFirst(proof: Proof, failedFirst: ReadonlySet<string>): Proof {
  const tests = proof.tests.map((each) => ({ ...each, first: failedFirst.has(caseKey(each)) }));
  return { ...proof, tests };
}

/** Sets the checkout up, in its turn. */
export async function setUpHead(
  session: Session,
  { path }: Checkout,
  packages: readonly CheckPackage[],
): Promise<readonly SetupRun[]> {
  const finishTurn = await session.setUps.take();
  return setUpTree(packages, checkPlace(session, 'proof', path)).finally(finishTurn);
}
