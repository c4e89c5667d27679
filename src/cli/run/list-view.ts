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

/** What the list is drawn from, and whoever draws a part of it. */
interface Board {
  progress: Progress;
  /** Beside what the runner does: what was spent, and what only we know. */
  readonly beside: { costUsd: number; note: string };
  readonly watchers: Set<() => void>;
}

/** The run as a list on a terminal: its stages, and the subtasks of a plan below the work. */
export function listView(): LiveView {
  const board: Board = { progress: NO_PROGRESS, beside: { costUsd: 0, note: '' }, watchers: new Set() };
  const changed = (): void => {
    for (const look of board.watchers) look();
  };
  const list = new Listr(
    STAGES.map((stage) => stageTask(board, stage)),
    {
      exitOnError: false,
      registerSignalListeners: false,
      rendererOptions: { collapseSubtasks: false, collapseErrors: false, showErrorMessage: false },
    },
  );
  const running = list.run().catch(() => {});
  return {
    saw: (event: RunnerEvent) => {
      board.progress = advance(board.progress, event);
      changed();
    },
    spent: (costUsd) => {
      board.beside.costUsd = costUsd;
      changed();
    },
    note: (note) => {
      board.beside.note = note;
      changed();
    },
    stop: async () => {
      board.progress = { ...board.progress, ended: true };
      changed();
      await running;
    },
  };
}

/** Resolves when `done` holds or the run has ended; `show` is called at every change until then. */
function until(
  board: Board,
  done: (now: Progress) => boolean,
  show: (now: Progress) => void,
): Promise<Progress> {
  return new Promise((resolve) => {
    const look = (): void => {
      const { progress } = board;
      show(progress);
      if (!done(progress) && !progress.ended) return;
      board.watchers.delete(look);
      resolve(progress);
    };
    board.watchers.add(look);
    look();
  });
}

const stageTask = (board: Board, stage: Stage): ListrTask => ({
  title: TITLES[stage],
  task: async (_context, task) => {
    const isOver = (now: Progress): boolean => STAGES.indexOf(now.stage) > STAGES.indexOf(stage);
    const show = (now: Progress): void => {
      task.title = titleOf(stage, now);
      task.output = statusOf(board);
    };
    if (stage !== 'work') {
      const now = await until(board, isOver, show);
      if (stage === 'plan' && now.plan === null) task.skip('Plan: none needed');
      return undefined;
    }
    const now = await until(board, (now) => now.plan !== null || isOver(now), show);
    const goals = now.plan?.subtasks.map(({ goal }) => goal) ?? [];
    // Below a list there is no room for what else is to be said.
    void until(board, isOver, () => (task.title = [TITLES.work, costOf(board)].filter(Boolean).join(' · ')));
    return goals.length === 0 || isOver(now) ? undefined : subtaskList(board, task, goals);
  },
});

const subtaskList = (board: Board, task: Shown, goals: readonly string[]) =>
  task.newListr(
    goals.map((goal, index) => subtaskTask(board, index, `${index} ${plainLine(goal).slice(0, GOAL_WIDTH)}`)),
    { concurrent: true, exitOnError: false },
  );

const subtaskTask = (board: Board, index: number, title: string): ListrTask => ({
  title,
  task: async (_context, task) => {
    const stateOf = (now: Progress) => now.subtasks[index] ?? 'waiting';
    const now = await until(
      board,
      (now) => ['done', 'failed', 'skipped'].includes(stateOf(now)),
      (now) => (task.title = `${title} (${stateOf(now)})`),
    );
    if (stateOf(now) === 'failed') throw new Error(`${title} failed`);
    if (stateOf(now) === 'skipped') task.skip(`${title} (skipped: one that it waits for failed)`);
  },
});

const statusOf = (board: Board): string =>
  [board.beside.note, board.progress.doing, costOf(board)].filter((part) => part !== '').join(' · ');

const costOf = ({ beside: { costUsd } }: Board): string =>
  costUsd > 0 ? `$${costUsd.toFixed(4)} so far` : '';

const titleOf = (stage: Stage, { proofs }: Progress): string =>
  stage === 'prove' && proofs > 1 ? `${TITLES[stage]} (attempt ${proofs})` : TITLES[stage];
