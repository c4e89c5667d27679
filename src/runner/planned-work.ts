import { availableParallelism } from 'node:os';
import { PtcError, toProblem } from '../domain/errors.ts';
import { type Plan } from '../domain/plan.ts';
import { type SubtaskResult } from '../protocol/runner-result.ts';
import { type Maker } from './accept.ts';
import { readChange } from './change.ts';
import { checkOutReady, type Ground } from './ground.ts';
import { planStory, repairOpening } from './plan-in-words.ts';
import { reviewWhole } from './planning/verifier.ts';
import { type Progress } from './progress.ts';
import { mergeOnTop } from './schedule/merge.ts';
import { keepApart } from './schedule/predicted-files.ts';
import { runSchedule, type ScheduleEnd, type SubtaskEnd } from './schedule/schedule.ts';
import { type Session } from './session.ts';
import { type StartedAgent, startAgent } from './start-agent.ts';
import { doSubtask } from './subtask.ts';
import { type Summary } from './tools/finish.ts';
import { openWorkTree, type WorkTree } from './work-tree.ts';

/** Agents wait for the model most of the time, so more than one fits on a core. */
const SUBTASKS_PER_CORE = 2;

/**
 * Each subtask of the plan has an agent of its own; what they make is put together, and one more agent mends
 * what does not hold together.
 */
export function makeByPlan(
  session: Session,
  ground: Ground,
  { plan, briefing }: { readonly plan: Plan; readonly briefing: string },
  progress: Progress,
): Maker {
  let made: { readonly work: WorkTree; readonly ends: readonly SubtaskEnd[] } | null = null;
  let mender: StartedAgent | null = null;
  let reviews = 0;
  /** In words, until somebody has seen the whole; the plan itself says the rest. */
  const unreviewed = { title: session.job.task.title.slice(0, 200) || 'Several subtasks', body: '' };

  const make = async (): Promise<{ readonly summary: Summary; readonly work: WorkTree }> => {
    const { head, ends } = await doAll(session, ground, { plan, briefing }, progress);
    session.emit({ type: 'phase', phase: 'merging' });
    const work = openWorkTree(await checkOutReady(session, ground.repository, 'work', head));
    made = { work, ends };
    return { summary: unreviewed, work };
  };

  return {
    async handIn(feedback) {
      if (made === null || feedback === null) return make();
      const { work, ends } = made;
      if (mender === null) {
        const opening = repairOpening(briefing, planStory(plan, ends, session.fence), feedback.text);
        mender = await startAgent(session, ground, {
          conversationId: 'repair',
          work,
          opening,
          task: 'maybe',
        });
        await mender.agent.workUntilFinish(null);
      } else await mender.agent.workUntilFinish(feedback);
      return { summary: unreviewed, work };
    },
    turnsLeft: () => mender?.agent.turnsLeft() ?? session.job.limits.turns,
    byProducts: async () => (await mender?.commands.byProducts()) ?? [],
    async review({ diff }) {
      if (made === null || made.ends.some(({ state }) => state !== 'done')) return null;
      session.emit({ type: 'phase', phase: 'verifying' });
      reviews += 1;
      const { ask, fence, signal } = session;
      const story = `${briefing}\n\n${planStory(plan, made.ends, fence)}`;
      const asked = { ask, conversationId: `review-${reviews}`, fence, briefing: story, diff, signal };
      try {
        const { summary, verification } = await reviewWhole(asked);
        progress.summary = summary;
        progress.verification = verification;
        return verification.verdict ? null : `A review of the whole says:\n${verification.feedback}`;
      } catch (error) {
        signal.throwIfAborted();
        // The work is done and proven; only this opinion of it is missing.
        session.emit({ type: 'note', text: `The whole was not reviewed: ${toProblem(error).message}` });
        return null;
      }
    },
  };
}

async function doAll(
  session: Session,
  ground: Ground,
  { plan, briefing }: { readonly plan: Plan; readonly briefing: string },
  progress: Progress,
): Promise<ScheduleEnd> {
  const { job, emit, signal } = session;
  const { repository } = ground;
  const outputs = new Map<number, string>();
  const leftBehind = new Map<number, string>();
  const results = new Map<number, SubtaskResult>();
  const end = await runSchedule({
    after: plan.after,
    apart: keepApart(plan, ground.files),
    parallel: Math.min(job.limits.parallel, SUBTASKS_PER_CORE * availableParallelism()),
    base: repository.baseSha,
    signal,
    async work(index, onTop, redo) {
      const state = redo ? 'redo' : 'started';
      const known = job.resume?.worked.find((each) => each.subtask === index && each.redo === redo);
      if (known !== undefined) {
        emit({ type: 'subtask.state', subtask: index, state, detail: 'It was worked out before.' });
        return {
          commit: await repository.commitChange(known.change, onTop, signal),
          output: known.output,
        };
      }
      const detail = redo ? 'It did not merge with what was there by then.' : '';
      emit({ type: 'subtask.state', subtask: index, state, detail });
      const onFailure = (diff: string): void => void leftBehind.set(index, diff);
      const work = await doSubtask(session, ground, {
        plan,
        index,
        onTop,
        redo,
        outputs,
        briefing,
        onFailure,
      });
      const { gitDir } = repository;
      const tree = await repository.treeOf(work.commit, signal);
      const { diff: change } = await readChange({ gitDir, baseSha: onTop }, tree, signal);
      emit({ type: 'subtask.worked', subtask: index, redo, output: work.output, change });
      return work;
    },
    merge: (_, onTop, commit) => mergeOnTop(repository, onTop, commit, signal),
    ended(index, how, head) {
      progress.head = head;
      if (how.state === 'done') outputs.set(index, how.output);
      const result = resultOf(index, how, leftBehind.get(index) ?? '');
      results.set(index, result);
      progress.subtasks = [...results.values()].sort((a, b) => a.index - b.index);
      emit({ type: 'subtask.state', subtask: index, state: how.state, detail: result.output });
    },
  });
  if (!end.ends.some(({ state }) => state === 'done')) throw subtasksFailed(end.ends);
  return end;
}

function resultOf(index: number, end: SubtaskEnd, diff: string): SubtaskResult {
  switch (end.state) {
    case 'done':
      return { index, state: 'done', output: end.output, problem: null, diff: '' };
    case 'failed':
      return { index, state: 'failed', output: end.problem.message, problem: end.problem, diff };
    case 'skipped': {
      const output = `It waits for subtask ${end.becauseOf}, which was not done.`;
      return { index, state: 'skipped', output, problem: null, diff: '' };
    }
  }
}

/** @throws PtcError `subtasks-failed` when not all of them were done */
export function assertAllDone(subtasks: readonly SubtaskResult[]): void {
  const ends = subtasks.map(({ index, problem, state }): SubtaskEnd => {
    if (state === 'done') return { state, output: '' };
    return problem === null ? { state: 'skipped', becauseOf: index } : { state: 'failed', problem };
  });
  if (ends.some(({ state }) => state !== 'done')) throw subtasksFailed(ends);
}

function subtasksFailed(ends: readonly SubtaskEnd[]): PtcError {
  const failed = ends.flatMap((end, index) =>
    end.state === 'failed' ? [`subtask ${index}: ${end.problem.message}`] : [],
  );
  const skipped = ends.filter(({ state }) => state === 'skipped').length;
  const rest = skipped === 0 ? '' : ` ${skipped} more waited for them and were not begun.`;
  return new PtcError({
    code: 'subtasks-failed',
    message: `${failed.length} of ${ends.length} subtasks failed: ${failed.join(' ')}${rest}`,
    remedy: 'Look at what was done, and ask for the rest: `/ptc build <words>`.',
    retryable: false,
  });
}
