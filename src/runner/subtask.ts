import { PtcError } from '../domain/errors.ts';
import { type Plan } from '../domain/plan.ts';
import { type FailedCheck, failedChecksInWords, faultsToAgent } from './after-proof.ts';
import { type Feedback } from './agent.ts';
import { readChange } from './change.ts';
import { packagesFor } from './checks/packages-for.ts';
import { isFailing } from './checks/proof/cases.ts';
import { compareCheck } from './checks/proof/check-outcome.ts';
import { type FileChange } from './checks/proof/file-change.ts';
import { runCheck } from './checks/run-check.ts';
import { type CheckedRun } from './checks/check.ts';
import { presentPaths, readSources, sourceFaults } from './checks/sources/read-sources.ts';
import { faultInWords, type SourceFault } from './checks/sources/source-fault.ts';
import { foreseenFailure } from './failure.ts';
import { type Fence } from './fence.ts';
import { checkOutReady, checkPlace, type Ground } from './ground.ts';
import { subtaskOpening } from './plan-in-words.ts';
import { changesFiles } from './schedule/predicted-files.ts';
import { type SubtaskWork } from './schedule/schedule.ts';
import { type Session } from './session.ts';
import { type StartedAgent, startAgent } from './start-agent.ts';
import { type Summary } from './tools/finish.ts';
import { openWorkTree, type WorkTree } from './work-tree.ts';

const GATHER_TIMEOUT_MS = 60_000;

export interface SubtaskSetup {
  readonly plan: Plan;
  readonly index: number;
  /** The commit it starts from. */
  readonly onTop: string;
  /** It was done before, and what came of it did not merge. */
  readonly redo: boolean;
  /** What the subtasks done so far say, by index. */
  readonly outputs: ReadonlyMap<number, string>;
  /** The task and the repository, fenced. */
  readonly briefing: string;
  /** Told, before it throws, what it had changed by then, as a git diff. */
  readonly onFailure: (diff: string) => void;
}

/**
 * One agent does one subtask, in a tree of its own with dependencies of its own, until the checks that pass
 * without it pass with it.
 *
 * @throws PtcError `checks-red`, what an agent throws, and the signal's reason
 */
export async function doSubtask(session: Session, ground: Ground, setup: SubtaskSetup): Promise<SubtaskWork> {
  const { index, onTop } = setup;
  const own: Session = {
    ...session,
    emit: (body) => session.emit({ ...body, subtask: index }),
    ask: (request, signal) => session.ask({ ...request, subtask: index }, signal),
  };
  const name = `subtask-${index}${setup.redo ? '-redo' : ''}`;
  const checkout = await checkOutReady(own, ground.repository, name, onTop);
  const work = openWorkTree(checkout);
  try {
    return await workUntilGreen(own, ground, setup, { name, work });
  } catch (error) {
    session.signal.throwIfAborted();
    setup.onFailure(await diffSoFar(ground, onTop, work));
    throw (await foreseenFailure(error, session.folder.root)) ?? error;
  } finally {
    await ground.repository.drop(checkout);
  }
}

interface Place {
  readonly name: string;
  readonly work: WorkTree;
}

async function workUntilGreen(
  session: Session,
  ground: Ground,
  setup: SubtaskSetup,
  { name, work }: Place,
): Promise<SubtaskWork> {
  const { job, fence, emit, signal } = session;
  const { onTop } = setup;
  const { repository } = ground;
  const changes = changesFiles(setup.plan.subtasks[setup.index] ?? { task_type: 'CODE_INTERPRET' });
  const started = await startAgent(session, ground, {
    conversationId: name,
    work,
    opening: subtaskOpening(setup.briefing, setup, fence),
    task: changes ? 'maybe' : 'answer',
  });
  let feedback: Feedback | null = null;
  for (let attempt = 1; ; attempt += 1) {
    const output = inWords(await started.agent.workUntilFinish(feedback));
    const tree = await work.snapshot(signal);
    if (!changes || tree === (await repository.treeOf(onTop, signal))) return { commit: onTop, output };

    const handedIn = { started, work, tree };
    const failures = await failuresOf(session, ground, setup, handedIn);
    if (failures === null) return { commit: await repository.commitTree(tree, onTop, signal), output };
    emit({ type: 'attempt', attempt, verdict: 'red' });
    if (attempt >= job.limits.attempts || started.agent.turnsLeft() <= 0)
      throw checksRed(failures.reasons, attempt);
    feedback = { text: failures.inWords(fence), failed: true };
  }
}

const inWords = ({ title, body }: Summary): string => (body === '' ? title : `${title}\n\n${body}`);

interface HandedIn {
  readonly started: StartedAgent;
  readonly work: WorkTree;
  readonly tree: string;
}

/** Why a subtask is not done yet. */
interface Failures {
  readonly reasons: readonly string[];
  readonly inWords: (fence: Fence) => string;
}

/** Null when nothing is wrong with it, by itself: what only the whole can tell is told of the whole. */
async function failuresOf(
  session: Session,
  ground: Ground,
  setup: SubtaskSetup,
  handedIn: HandedIn,
): Promise<Failures | null> {
  switch (session.job.acceptance) {
    case 'as-is':
      return null;
    case 'validation': {
      const faults = await faultsInPlace(session, ground, setup, handedIn);
      const reasons = faults.map(faultInWords);
      return faults.length === 0 ? null : { reasons, inWords: (fence) => faultsToAgent(reasons, fence) };
    }
    case 'proof': {
      const failed = await checkInPlace(session, ground, setup, handedIn);
      const reasons = failed.map(({ reason }) => reason);
      return failed.length === 0 ? null : { reasons, inWords: (fence) => failedChecksInWords(failed, fence) };
    }
  }
}

/** What no parser accepts of the files that the subtask changed. */
async function faultsInPlace(
  session: Session,
  { repository: { gitDir } }: Ground,
  { onTop }: SubtaskSetup,
  { work, tree }: HandedIn,
): Promise<readonly SourceFault[]> {
  const { texts } = await readChange({ gitDir, baseSha: onTop }, tree, session.signal);
  await session.commands.prepareFolder(work.path);
  const place = checkPlace(session, 'work', work.path);
  return sourceFaults(await readSources(presentPaths(texts), place), texts, place);
}

/** The base's checks in the subtask's own tree. Which fail that did not fail on the base? */
async function checkInPlace(
  { signal }: Session,
  ground: Ground,
  { plan, index, onTop }: SubtaskSetup,
  { started, work, tree }: HandedIn,
): Promise<readonly FailedCheck[]> {
  const { repository, found } = ground;
  const { gitDir } = repository;
  const change = await readChange({ gitDir, baseSha: onTop }, tree, signal);
  const packages = packagesFor(
    found,
    change.files.map(({ path }) => path),
  );
  const base = await ground.base();
  const [place, baseline] = await Promise.all([started.commands.place(), base.checks.run(packages)]);
  const isWaitedFor = plan.after.some((earlier) => earlier.includes(index));
  const failures: FailedCheck[] = [];
  for (const run of baseline.runs) {
    const head = await runCheck(run.check, place);
    const { state, reason, newFailures } = compareCheck(run, head, change.texts);
    if (state !== 'broken' || (isWaitedFor && onlyOwnTestsFail(head, change.texts))) continue;
    const { name, kind, command } = run.check;
    failures.push({ reason, newFailures, check: { name, kind, command, base: run.run, head: head.run } });
  }
  // What a check wrote over is no part of what was handed in.
  await work.restore(tree, signal);
  return failures;
}

/** Tests that come first, for a subtask that waits for this one to make them pass. */
function onlyOwnTestsFail({ cases }: CheckedRun, changes: readonly FileChange[]): boolean {
  const made = new Set(changes.filter(({ before }) => before === null).map(({ path }) => path));
  const failing = cases.filter(isFailing);
  return failing.length > 0 && failing.every(({ file }) => made.has(file));
}

async function diffSoFar({ repository }: Ground, onTop: string, work: WorkTree): Promise<string> {
  const signal = AbortSignal.timeout(GATHER_TIMEOUT_MS);
  try {
    const { gitDir } = repository;
    return (await readChange({ gitDir, baseSha: onTop }, await work.snapshot(signal), signal)).diff;
  } catch {
    return ''; // the failure that led here says more
  }
}

const checksRed = (reasons: readonly string[], attempt: number): PtcError =>
  new PtcError({
    code: 'checks-red',
    message: `The checks still fail after ${attempt} ${attempt === 1 ? 'attempt' : 'attempts'}: ${reasons.join(' ')}`,
    remedy: 'Look at the draft, and say more about what is wanted: `/ptc build <words>`.',
    retryable: false,
  });
