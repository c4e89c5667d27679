import { afterProof } from './after-proof.ts';
import { type Feedback } from './agent.ts';
import { type Change, readChange } from './change.ts';
import { type Ground } from './ground.ts';
import { type Progress } from './progress.ts';
import { proveChange } from './prove-change.ts';
import { type Session } from './session.ts';
import { type Summary } from './tools/finish.ts';
import { validateChange } from './validate-change.ts';
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
 * Goes on until the change is accepted: as the job asks for, proven, validated or as it is.
 * @throws PtcError `checks-red`, and what `maker` throws
 */
export async function workUntilAccepted(
  session: Session,
  ground: Ground,
  maker: Maker,
  progress: Progress,
): Promise<void> {
  if (session.job.acceptance === 'as-is') await takeAsItIs(session, ground, maker, progress);
  else await checkUntilAccepted(session, ground, maker, progress);
}

async function takeAsItIs(
  { emit, signal }: Session,
  { repository }: Ground,
  maker: Maker,
  progress: Progress,
): Promise<void> {
  emit({ type: 'phase', phase: 'working' });
  const { summary, work } = await maker.handIn(null);
  progress.summary = summary;
  progress.work = work;
  progress.change = await readChange(repository, await work.snapshot(signal), signal);
  emit({ type: 'note', text: 'Nothing was run: testing is switched off for this task.' });
}

/** Has the change checked in a fresh checkout: what fails goes back while attempts remain. */
async function checkUntilAccepted(
  session: Session,
  ground: Ground,
  maker: Maker,
  progress: Progress,
): Promise<void> {
  const { job, fence, emit } = session;
  const judge = job.acceptance === 'validation' ? validateChange : proveChange;
  let feedback: Feedback | null = null;
  let askedForTest = false;
  for (let attempt = 1; ; attempt += 1) {
    emit({ type: 'phase', phase: 'working' });
    const { summary, work } = await maker.handIn(feedback);
    progress.summary = summary;
    progress.work = work;

    emit({ type: 'phase', phase: 'proving' });
    const { change, proof, checkout } = await judge(session, ground, work, attempt);
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
