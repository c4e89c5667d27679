import { toProblem } from '../domain/errors.ts';
import { type Plan } from '../domain/plan.ts';
import { PROTOCOL_VERSION } from '../protocol/version.ts';
import { workUntilAccepted } from './accept.ts';
import { makeAtomically } from './atomic-work.ts';
import { checksInEvent } from './checks/checks-in-event.ts';
import { firstPackages } from './checks/packages-for.ts';
import { noCommands } from './command/no-commands.ts';
import { openCommands } from './command/open-commands.ts';
import { createTurns } from './command/turns.ts';
import { makeEmptyBase } from './empty-repository.ts';
import { createFence } from './fence.ts';
import { EMPTY_OVERVIEW, type Ground, lookAround, openBase } from './ground.ts';
import { assertAllDone, makeByPlan } from './planned-work.ts';
import { makePlan } from './planning/planner.ts';
import { type Progress } from './progress.ts';
import { openingMessage } from './prompt.ts';
import { fetchBase, type Origin, type Repository } from './repository.ts';
import { type JobSetup, type Session } from './session.ts';

/**
 * The whole job, in order. Resolves when the change is accepted, or, where only that was asked for, the plan
 * is made.
 * @throws PtcError for everything that ends it badly; `progress` says how far it came
 */
export async function runJob(setup: JobSetup, progress: Progress): Promise<void> {
  const { job, folder, emit } = setup;
  const commands =
    job.acceptance === 'as-is'
      ? noCommands()
      : await openCommands({ settings: job.isolation, limits: job.limits, root: folder.root });
  try {
    emit({ type: 'runner.started', protocolVersion: PROTOCOL_VERSION, isolation: commands.level });
    for (const text of commands.caveats) emit({ type: 'note', text });
    const session = {
      ...setup,
      commands,
      fence: createFence(),
      setUps: createTurns(),
      failedFirst: new Set<string>(),
    };
    await onGround(session, progress, async (stoppable, ground) => {
      const briefing = openingMessage({ job, ...ground }, session.fence);
      const plan = await planFor(stoppable, briefing);
      progress.plan = plan;
      if (job.mode === 'plan-only') return;
      const maker =
        plan === null
          ? await makeAtomically(stoppable, ground, briefing, progress)
          : makeByPlan(stoppable, ground, { plan, briefing }, progress);
      await workUntilAccepted(stoppable, ground, maker, progress);
      assertAllDone(progress.subtasks);
    });
  } finally {
    await commands.close();
  }
}

/** Makes what the work stands on and has `work` done on it. */
async function onGround(
  session: Session,
  progress: Progress,
  work: (session: Session, ground: Ground) => Promise<void>,
): Promise<void> {
  const { job, folder, signal } = session;
  const { cloneUrl } = job.repository;
  const repository =
    cloneUrl === null
      ? await makeEmptyBase(folder, job.repository.baseSha)
      : await clone(session, { ...job.repository, cloneUrl });
  progress.repository = repository;
  if (job.acceptance === 'proof') return besideBaseChecks(session, repository, work);
  const isEmpty = cloneUrl === null;
  const overview = isEmpty
    ? EMPTY_OVERVIEW
    : await lookAround(session, await repository.checkOut('base', repository.baseSha, signal));
  const base = (): Promise<never> => Promise.reject(new Error('The base is not checked in this job.'));
  await work(session, { repository, base, ...overview });
}

async function clone({ folder, inbox, emit, signal }: Session, origin: Origin): Promise<Repository> {
  emit({ type: 'phase', phase: 'cloning' });
  const token = origin.needsToken ? await inbox.cloneToken(signal) : null;
  return fetchBase(folder, origin, token, signal);
}

/** Has the base set up and checked while `work` goes on. */
async function besideBaseChecks(
  session: Session,
  repository: Repository,
  work: (session: Session, ground: Ground) => Promise<void>,
): Promise<void> {
  const { job, emit, signal } = session;
  const checkout = await repository.checkOut('base', repository.baseSha, signal);
  const overview = await lookAround(session, checkout);
  emit({ type: 'checks.found', ...checksInEvent(overview.found) });

  const inBackground = new AbortController();
  const stoppable = { ...session, signal: AbortSignal.any([signal, inBackground.signal]) };
  const opened = openBase(stoppable, checkout);
  const checked = opened.then((each) =>
    job.mode === 'plan-only' ? undefined : each.checks.run(firstPackages(overview.found)),
  );
  // What keeps the base from being checked ends the job.
  checked.catch((error: unknown) => inBackground.abort(error));
  try {
    await work(stoppable, { repository, base: () => opened, ...overview });
  } finally {
    inBackground.abort(new Error('The job is over.'));
    await checked.catch(() => {});
  }
}

/** The plan that is executed; null when one agent does it all. */
async function planFor({ job, ask, emit, signal }: Session, briefing: string): Promise<Plan | null> {
  if (job.plan !== null) {
    emit({ type: 'plan', plan: job.plan, source: 'given' });
    return job.plan;
  }
  if (job.mode === 'atomic') return null;
  emit({ type: 'phase', phase: 'planning' });
  try {
    const plan = await makePlan({ ask, signal, briefing });
    if (plan !== null) emit({ type: 'plan', plan, source: 'planner' });
    return plan;
  } catch (error) {
    signal.throwIfAborted();
    const problem = toProblem(error);
    if (job.mode === 'plan-only' || !UNUSABLE_PLANS.has(problem.code)) throw error;
    emit({ type: 'note', text: `One agent does it all, because no plan came of it: ${problem.message}` });
    return null;
  }
}

/** What a planner may get wrong twice without keeping the work from being done. */
const UNUSABLE_PLANS: ReadonlySet<string> = new Set([
  'answer-missing',
  'answer-invalid',
  'plan-invalid',
  'plan-too-large',
  'plan-cyclic',
  'plan-unsupported',
]);
