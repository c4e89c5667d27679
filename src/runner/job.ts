import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Proof } from '../protocol/proof.ts';
import { PROTOCOL_VERSION } from '../protocol/version.ts';
import { afterProof } from './after-proof.ts';
import { type Change, readChange } from './change.ts';
import { type CheckPlace } from './checks/check-place.ts';
import { type FoundChecks } from './checks/check.ts';
import { findChecks } from './checks/find-checks.ts';
import { type Baseline, runBaseline } from './checks/proof/baseline.ts';
import { prove } from './checks/proof/prove.ts';
import { type SetupRun, setUpTree } from './checks/set-up-tree.ts';
import { type Commands } from './command/command.ts';
import { openCommands } from './command/open-commands.ts';
import { createFence } from './fence.ts';
import { type Checkout, fetchBase, type Repository } from './repository.ts';
import { type JobSetup, type Session } from './session.ts';
import { type AgentGround, startAgent } from './start-agent.ts';
import { type Summary } from './tools/finish.ts';
import { openWorkTree, type WorkTree } from './work-tree.ts';

/** What there is of the job's outcome at any moment. A job that ends badly hands on this much. */
export interface Progress {
  repository: Repository | null;
  work: WorkTree | null;
  change: Change | null;
  summary: Summary | null;
  proof: Proof | null;
}

/**
 * The whole job, in order. Resolves when the change is accepted.
 * @throws PtcError for everything that ends it badly; `progress` says how far it came
 */
export async function runJob(setup: JobSetup, progress: Progress): Promise<void> {
  const { job, folder, emit } = setup;
  const commands = await openCommands({ settings: job.isolation, limits: job.limits, root: folder.root });
  try {
    emit({ type: 'runner.started', protocolVersion: PROTOCOL_VERSION, isolation: commands.level });
    for (const text of commands.caveats) emit({ type: 'note', text });
    await cloneAndWork({ ...setup, commands, fence: createFence() }, progress);
  } finally {
    await commands.close();
  }
}

async function cloneAndWork(session: Session, progress: Progress): Promise<void> {
  const { job, folder, inbox, commands, emit, signal } = session;
  emit({ type: 'phase', phase: 'cloning' });
  const token = job.repository.needsToken ? await inbox.cloneToken(signal) : null;
  const repository = await fetchBase(folder, job.repository, token, signal);
  progress.repository = repository;
  const work = openWorkTree(await repository.checkOut('work', repository.baseSha, signal));
  progress.work = work;
  await commands.prepareFolder(work.path);

  const found = await findChecks(work.path, job.checks);
  const checks = found.checks.map(({ name, kind, command }) => ({ name, kind, command }));
  emit({ type: 'checks.found', setup: found.setup, checks });

  // The base is set up and checked while the agent works; nothing waits for it but the proof.
  const inBackground = new AbortController();
  const stop = AbortSignal.any([signal, inBackground.signal]);
  const setUp = Promise.withResolvers<void>();
  const base = checkBase({ ...session, signal: stop }, repository, found, setUp.resolve);
  base.catch((error: unknown) => inBackground.abort(error));
  const baseSetUp = Promise.race([setUp.promise, base.then(() => {})]);
  baseSetUp.catch(() => {});
  try {
    const ground = { repository, work, found, base, baseSetUp };
    await workUntilAccepted({ ...session, signal: stop }, ground, progress);
  } finally {
    inBackground.abort(new Error('The job is over.'));
    await base.catch(() => {});
  }
}

interface CheckedBase {
  readonly tree: string;
  readonly baseline: Baseline;
}

async function checkBase(
  session: Session,
  repository: Repository,
  found: FoundChecks,
  onSetUp: () => void,
): Promise<CheckedBase> {
  const { commands, emit, signal } = session;
  emit({ type: 'phase', phase: 'installing' });
  const checkout = await repository.checkOut('base', repository.baseSha, signal);
  await commands.prepareFolder(checkout.path);
  const baseline = await runBaseline(found, checkPlace(session, 'base', checkout.path), onSetUp);
  return { tree: checkout.path, baseline };
}

interface Ground extends AgentGround {
  readonly base: Promise<CheckedBase>;
  /** Resolves when the base's set-up is over; its checks may still be running. */
  readonly baseSetUp: Promise<void>;
}

async function workUntilAccepted(session: Session, ground: Ground, progress: Progress): Promise<void> {
  const { job, fence, emit } = session;
  const { agent, byProducts } = await startAgent(session, ground);
  let feedback: string | null = null;
  let askedForTest = false;
  for (let attempt = 1; ; attempt += 1) {
    emit({ type: 'phase', phase: 'working' });
    progress.summary = await agent.workUntilFinish(feedback);

    emit({ type: 'phase', phase: 'proving' });
    const { change, proof, tree } = await proveChange(session, ground, attempt);
    progress.change = change;
    progress.proof = proof;
    emit({ type: 'attempt', attempt, verdict: proof.verdict });

    const left = await byProducts();
    const state = {
      attempt,
      attempts: job.limits.attempts,
      askedForTest,
      turnsLeft: agent.turnsLeft(),
      byProducts: left,
    };
    const decision = afterProof(proof, state, fence);
    if (decision.next === 'give-up') throw decision.problem;
    if (decision.next === 'accept') {
      if (left.length > 0)
        emit({ type: 'note', text: `Left out, because apply_patch did not make them: ${left.join(', ')}` });
      return;
    }
    feedback = decision.feedback;
    askedForTest ||= proof.verdict === 'unproven';
    // The tree goes on from here: what was seen is no longer true of it.
    progress.change = null;
    progress.proof = null;
    // For room alone; what a command made unremovable may stay.
    await rm(tree, { recursive: true, force: true }).catch(() => {});
  }
}

/** The change as it stands, proven in a fresh checkout of exactly its tree. */
async function proveChange(
  session: Session,
  ground: Ground,
  attempt: number,
): Promise<{ readonly change: Change; readonly proof: Proof; readonly tree: string }> {
  const { job, folder, commands, emit, signal } = session;
  const { repository, work, base } = ground;
  const tree = await work.snapshot(signal);
  const [change, head, { tree: baseTree, baseline }] = await Promise.all([
    readChange(repository, tree, signal),
    setUpHead(session, ground, { name: `proof-${attempt}`, tree }),
    base,
  ]);
  const proof = await prove({
    baseline,
    baseTree,
    headTree: head.path,
    headSetup: head.setup,
    changes: change.texts,
    reports: join(folder.root, 'reports'),
    commands,
    timeoutMs: job.limits.checkTimeoutMs,
    signal,
    onCommand: (done) => emit({ type: 'command', ...done }),
  });
  return { change, proof, tree: head.path };
}

/**
 * The fresh checkout, set up. That may go on beside the base's checks, as the agent's work does, but not
 * beside the base's set-up: both fill one cache of packages.
 */
async function setUpHead(
  session: Session,
  { repository, found, baseSetUp }: Ground,
  head: { readonly name: string; readonly tree: string },
): Promise<{ readonly path: string; readonly setup: readonly SetupRun[] }> {
  const { path } = await checkOutTree(repository, session.commands, head, session.signal);
  await baseSetUp;
  return { path, setup: await setUpTree(found.setup, checkPlace(session, 'proof', path)) };
}

const checkPlace = (
  { job, folder, commands, emit, signal }: Session,
  name: 'base' | 'proof',
  tree: string,
): CheckPlace => ({
  tree,
  reports: join(folder.root, 'reports'),
  commands,
  timeoutMs: job.limits.checkTimeoutMs,
  signal,
  onCommand: (done) => emit({ type: 'command', tree: name, ...done }),
});

async function checkOutTree(
  repository: Repository,
  commands: Commands,
  { name, tree }: { readonly name: string; readonly tree: string },
  signal: AbortSignal,
): Promise<Checkout> {
  const checkout = await repository.checkOut(name, await repository.commitTree(tree, signal), signal);
  await commands.prepareFolder(checkout.path);
  return checkout;
}
