import {
  Listr,
  type ListrTask,
  type ListrTaskWrapper,
  type DefaultRenderer,
  type SimpleRenderer,
} from 'listr2';
import { type RunnerEvent } from '../../protocol/runner-event.ts';
import { plainLine } from '../terminal.ts';
import { type LiveView } from './live-view.ts';
import { advance, NO_PROGRESS, type Progress, type Stage, STAGES } from './progress.ts';

type Shown = ListrTaskWrapper<unknown, typeof DefaultRenderer, typeof SimpleRenderer>;

const TITLES: Readonly<Record<Stage, string>> = {
  clone: 'Clone the repository',
  plan: 'Plan',
  work: 'Write the change',
  prove: 'Prove it in a fresh checkout',
  finish: 'Hand it back',
};
const GOAL_WIDTH = 70;

/** The run as a list on a terminal: its stages, and the subtasks of a plan below the work. */
export function listView(): LiveView {
  let progress = NO_PROGRESS;
  let costUsd = 0;
  let note = '';
  const watchers = new Set<() => void>();
  const changed = (): void => {
    for (const look of watchers) look();
  };
  /** Resolves when `done` holds of the progress; `show` is called at every change until then. */
  const until = (done: (now: Progress) => boolean, show: (now: Progress) => void): Promise<Progress> =>
    new Promise((resolve) => {
      const look = (): void => {
        show(progress);
        if (!done(progress) && !progress.ended) return;
        watchers.delete(look);
        resolve(progress);
      };
      watchers.add(look);
      look();
    });

  const status = ({ doing }: Progress): string =>
    [note, doing, costUsd > 0 ? `$${costUsd.toFixed(4)} so far` : '']
      .filter((part) => part !== '')
      .join(' · ');

  const stageTask = (stage: Stage): ListrTask => ({
    title: TITLES[stage],
    task: async (_context, task) => {
      const isOver = (now: Progress): boolean => STAGES.indexOf(now.stage) > STAGES.indexOf(stage);
      const show = (now: Progress): void => {
        task.title = titleOf(stage, now);
        task.output = status(now);
      };
      if (stage !== 'work') {
        const now = await until(isOver, show);
        if (stage === 'plan' && now.plan === null) task.skip('Plan: none needed');
        return undefined;
      }
      const now = await until((now) => now.plan !== null || isOver(now), show);
      return now.plan === null || isOver(now)
        ? undefined
        : subtaskList(
            task,
            now.plan.subtasks.map(({ goal }) => goal),
          );
    },
  });

  const subtaskList = (task: Shown, goals: readonly string[]) =>
    task.newListr(
      goals.map((goal, index) => ({
        title: `${index} ${plainLine(goal).slice(0, GOAL_WIDTH)}`,
        task: async (_context, own) => {
          const title = own.title ?? '';
          const state = (now: Progress) => now.subtasks[index] ?? 'waiting';
          const now = await until(
            (now) => ['done', 'failed', 'skipped'].includes(state(now)),
            (now) => (own.title = `${title} (${state(now)})`),
          );
          if (state(now) === 'failed') throw new Error(`${title} failed`);
          if (state(now) === 'skipped') own.skip(`${title} (skipped: one that it waits for failed)`);
        },
      })),
      { concurrent: true, exitOnError: false },
    );

  const list = new Listr(STAGES.map(stageTask), {
    exitOnError: false,
    registerSignalListeners: false,
    rendererOptions: { collapseSubtasks: false, collapseErrors: false, showErrorMessage: false },
  });
  const running = list.run().catch(() => {});
  return {
    saw: (event: RunnerEvent) => {
      progress = advance(progress, event);
      changed();
    },
    spent: (usd) => {
      costUsd = usd;
      changed();
    },
    note: (text) => {
      note = text;
      changed();
    },
    stop: async () => {
      progress = { ...progress, ended: true };
      changed();
      await running;
    },
  };
}

const titleOf = (stage: Stage, { proofs }: Progress): string =>
  stage === 'prove' && proofs > 1 ? `${TITLES[stage]} (attempt ${proofs})` : TITLES[stage];
