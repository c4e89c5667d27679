import { join } from 'node:path';
import { type Proof } from '../protocol/proof.ts';
import { afterProof } from './after-proof.ts';
import { type Feedback } from './agent.ts';
import { type Change, readChange } from './change.ts';
import { type CheckPackage } from './checks/check.ts';
import { packagesFor } from './checks/packages-for.ts';
import { caseKey } from './checks/proof/cases.ts';
import { prove } from './checks/proof/prove.ts';
import { type SetupRun, setUpTree } from './checks/set-up-tree.ts';
import { checkOutReady, checkPlace, type Ground } from './ground.ts';
import { type Progress } from './progress.ts';
import { type Checkout } from './repository.ts';
import { type Session } from './session.ts';
import { type Summary } from './tools/finish.ts';
import { type WorkTree } from './work-tree.ts';

/** Whoever makes the change, and mends it when it comes back. */
export interface Maker {
  /**
   * Goes on until there is a change to be proven.
   * @param feedback why the last one came back, null at first
   */
  handIn(feedback: Feedback | null): Promise<{ readonly summary: Summary; readonly work: WorkTree }>;
  turnsLeft(): number;
  byProducts(): Promise<readonly string[]>;
  /** What a change whose checks pass still lacks, null when nothing. */
  review(change: Change): Promise<string | null>;
}

/**
 * Has the change proven in a fresh checkout until it is accepted: what fails goes back while attempts remain.
 * @throws PtcError `checks-red`, and what `maker` throws
 */
export async function workUntilAccepted(
  session: Session,
  ground: Ground,
  maker: Maker,
  progress: Progress,
): Promise<void> {
  const { job, fence, emit } = session;
  let feedback: Feedback | null = null;
  let askedForTest = false;
  for (let attempt = 1; ; attempt += 1) {
    emit({ type: 'phase', phase: 'working' });
    const { summary, work } = await maker.handIn(feedback);
    progress.summary = summary;
    progress.work = work;

    emit({ type: 'phase', phase: 'proving' });
    const { change, proof, checkout } = await proveChange(session, ground, work, attempt);
    progress.change = change;
    progress.proof = proof;
    emit({ type: 'attempt', attempt, verdict: proof.verdict });

    const byProducts = await maker.byProducts();
    const { attempts } = job.limits;
    const turnsLeft = maker.turnsLeft();
    const decision = afterProof(proof, { attempt, attempts, askedForTest, turnsLeft, byProducts }, fence);
    if (decision.next === 'give-up') throw decision.problem;
    if (decision.next === 'accept') {
      const lacks = await maker.review(change);
      if (lacks === null || attempt >= attempts || turnsLeft <= 0)
        return sayWhatIsLeftOut(session, byProducts);
      feedback = { text: lacks, failed: false };
    } else {
      feedback = { text: decision.feedback, failed: proof.verdict === 'red' };
      askedForTest ||= proof.verdict === 'unproven';
    }
    // The tree goes on from here: what was seen is no longer true of it.
    progress.change = null;
    progress.proof = null;
    await ground.repository.drop(checkout);
  }
}

function sayWhatIsLeftOut({ emit }: Session, byProducts: readonly string[]): void {
  if (byProducts.length === 0) return;
  emit({ type: 'note', text: `Left out, because apply_patch did not make them: ${byProducts.join(', ')}` });
}

interface Proven {
  readonly change: Change;
  readonly proof: Proof;
  readonly checkout: Checkout;
}

/** The change as it stands, proven in a fresh checkout of exactly its tree. */
async function proveChange(
  session: Session,
  ground: Ground,
  work: WorkTree,
  attempt: number,
): Promise<Proven> {
  const { job, folder, commands, emit, signal } = session;
  const { repository, found } = ground;
  const tree = await work.snapshot(signal);
  const [change, base] = await Promise.all([readChange(repository, tree, signal), ground.base]);
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

function withFirst(proof: Proof, failedFirst: ReadonlySet<string>): Proof {
  const tests = proof.tests.map((each) => ({ ...each, first: failedFirst.has(caseKey(each)) }));
  return { ...proof, tests };
}

async function setUpHead(
  session: Session,
  { path }: Checkout,
  packages: readonly CheckPackage[],
): Promise<readonly SetupRun[]> {
  const finishTurn = await session.setUps.take();
  return setUpTree(packages, checkPlace(session, 'proof', path)).finally(finishTurn);
}
